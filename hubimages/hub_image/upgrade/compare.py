"""What a new version of the chart changes for the hubs of this repository, by Helm itself.

Both versions are rendered with each hub's values. The result names kinds, names, images and the paths of fields that
change; never a value, and of Secrets only that they come or go. Each side is rendered twice, and what differs by
itself (generated tokens) is left out, as are labels and checksums that change with every version.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubimages import yaml_text
from hubimages.hub_image.upgrade.values import HubValues
from hubimages.signals import Threads

ALWAYS_CHANGES = re.compile(
    r"(?:^|\.)(?:labels|matchLabels|annotations)\.(?:helm\.sh/chart|chart|app\.kubernetes\.io/version|checksum/.*)$"
    r"|^data\.checksum_"
)
# What the chart hands to JupyterHub as it is, in a Secret.
OPAQUE = {("singleuser", "profileList"), ("custom",), ("hub", "config"), ("hub", "extraConfig")}
THREADS = 2  # Helm renders in its own code
SHOWN = 4  # paths of an object; hubs of a line
REFUSED = re.compile(r"^- at '(?P<path>[^']*)': (?P<what>.*)$", re.MULTILINE)
ADDITIONAL = re.compile(r"additional propert\w+ (?P<names>.*) not allowed")
NAMES = re.compile(r"'([^']+)'")

Object = tuple[str, str]  # kind and name
Fields = dict[str, Any]  # dotted path to scalar


@dataclass(frozen=True)
class Rendered:
    """The objects that a chart makes of some values; or the paths that its schema refuses."""

    objects: Mapping[Object, Fields]
    refused: tuple[str, ...] = ()
    failed: str = ""


def changes(old: Path, new: Path, hubs: Sequence[HubValues], sdk: Any) -> list[str]:
    """Return one line for each thing that the new chart changes or refuses, with the hubs that it concerns.

    Hubs whose values have the same keys, kinds and switches get the same objects, so one of them is rendered; each
    hub's values are held against the new chart's schema.
    """
    groups: dict[str, list[HubValues]] = {}
    for hub in hubs:
        groups.setdefault(shape(hub.values), []).append(hub)
    alike = list(groups.values())
    with Threads(THREADS) as workers:
        parts = workers.map(
            lambda part: compared_groups(old, new, part, sdk), [alike[n::THREADS] for n in range(THREADS)]
        )
        found = [entry for part in parts for entry in part]
    lines: dict[str, list[str]] = {}
    for line, names in found:
        lines.setdefault(line, []).extend(names)
    return [f"{line} ({whose(sorted(names), len(hubs))})" for line, names in sorted(lines.items())]


def compared_groups(
    old: Path, new: Path, groups: Sequence[Sequence[HubValues]], sdk: Any
) -> list[tuple[str, list[str]]]:
    """Return the lines of some groups of hubs, and the hubs of each."""
    found = []
    with sdk.Chart.load(str(old)) as before, sdk.Chart.load(str(new)) as after:
        for hubs in groups:
            refused: dict[str, list[str]] = {}
            for hub in hubs:
                for path in newly_refused(before, after, hub, sdk):
                    refused.setdefault(path, []).append(hub.hub)
            found += [(f"the new chart's schema refuses {path}", names) for path, names in refused.items()]
            good = next((hub for hub in hubs if not any(hub.hub in names for names in refused.values())), None)
            if good is not None:
                names = [hub.hub for hub in hubs]
                found += [(line, names) for line in compared(rendered(before, good, sdk), rendered(after, good, sdk))]
    return found


def newly_refused(before: Any, after: Any, hub: HubValues, sdk: Any) -> list[str]:
    """Return the paths of a hub's values that the new schema refuses, and the old one does not."""
    new = schema_errors(after, hub, sdk)
    return sorted(new - schema_errors(before, hub, sdk)) if new else []


def schema_errors(chart: Any, hub: HubValues, sdk: Any) -> set[str]:
    """Return the paths that a chart's schema refuses."""
    try:
        chart.validate_schema(hub.values)
    except sdk.HelmError as error:
        return set(refused_paths(str(error)))
    return set()


def shape(values: Any, path: tuple[str, ...] = ()) -> str:
    """Return what decides which objects the chart makes of values: keys, kinds and switches, and no other value."""
    if path in OPAQUE:
        return "..."
    if isinstance(values, dict):
        return "{" + ",".join(f"{key}:{shape(values[key], (*path, str(key)))}" for key in sorted(values, key=str)) + "}"
    if isinstance(values, list):
        return "[" + ",".join(sorted({shape(item, (*path, "")) for item in values})) + "]"
    return str(values) if isinstance(values, bool) or values is None else type(values).__name__


def whose(names: Sequence[str], hubs: int) -> str:
    """Return which hubs a line is about."""
    if len(names) == hubs and hubs > 1:
        return f"all {hubs} hubs"
    return listed(names)


def rendered(chart: Any, hub: HubValues, sdk: Any) -> Rendered:
    """Return what the chart makes of a hub's values, without what differs when it is rendered again."""
    try:
        once, again = (objects(chart.render(hub.values, name="hub", namespace="hub")) for _ in range(2))
    except sdk.HelmError as error:
        refused = tuple(refused_paths(str(error)))
        return Rendered({}, refused, "" if refused else first_line(str(error)))
    stable = {
        key: {path: value for path, value in fields.items() if again.get(key, {}).get(path) == value}
        for key, fields in once.items()
    }
    return Rendered(stable)


def first_line(text: str) -> str:
    """Return where a template failed, without what it said about values."""
    found = re.search(r"\(([\w./-]+\.(?:yaml|tpl):\d+)", text)
    return found[1] if found else "a template"


def refused_paths(text: str) -> Iterator[str]:
    """Yield the paths that a schema refuses, each with what is wrong but for any value."""
    for found in REFUSED.finditer(text):
        path = ".".join(part for part in found["path"].split("/") if part)
        extra = ADDITIONAL.search(found["what"])
        names = NAMES.findall(extra["names"]) if extra else []
        if names:
            yield from (".".join(filter(None, (path, name))) for name in names)
        else:
            yield path


def objects(texts: Mapping[str, str]) -> dict[Object, Fields]:
    """Return the objects of rendered templates, with the fields of each but for those of Secrets."""
    found: dict[Object, Fields] = {}
    for template, text in texts.items():
        if not template.endswith((".yaml", ".yml")) or not text.strip():
            continue
        for data in yaml_text.load_all(text):
            if isinstance(data, dict) and data.get("kind"):
                kind, name = str(data["kind"]), str(mapping(data.get("metadata")).get("name", ""))
                found[kind, name] = {} if kind == "Secret" else dict(fields(data))
    return found


def mapping(value: Any) -> dict[Any, Any]:
    """Return a mapping; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def fields(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every scalar with its path; items of a list that have names go by these."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            name = inner.get("name") if isinstance(inner, dict) else None
            yield from fields(inner, f"{path}[{name if isinstance(name, str) else number}]")
    else:
        yield path, value


def compared(old: Rendered, new: Rendered) -> Iterator[str]:
    """Yield one line for each difference."""
    if new.failed and not old.failed:
        yield f"the new chart cannot be rendered: {new.failed}"
    if old.refused or old.failed or new.refused or new.failed:
        return
    for kind, name in sorted(new.objects.keys() - old.objects.keys()):
        yield f"new: {kind} {name}"
    for kind, name in sorted(old.objects.keys() - new.objects.keys()):
        yield f"gone: {kind} {name}"
    yield from changed_fields(old.objects, new.objects)


def changed_fields(old: Mapping[Object, Fields], new: Mapping[Object, Fields]) -> Iterator[str]:
    """Yield the images that change, and the paths of other fields, each once with all objects that have it."""
    images: dict[str, list[str]] = {}
    paths: dict[str, list[str]] = {}
    for key in sorted(old.keys() & new.keys()):
        for path in sorted({*old[key], *new[key]}):
            before, after = old[key].get(path), new[key].get(path)
            if before == after or ALWAYS_CHANGES.search(path):
                continue
            if path.endswith(".image") and before and after:
                images.setdefault(f"image {before} becomes {after}", []).append(" ".join(key))
            else:
                paths.setdefault(path, []).append(" ".join(key))
    for image, objects_ in images.items():
        yield f"{image} in {listed(list(dict.fromkeys(objects_)))}"
    together: dict[tuple[str, ...], list[str]] = {}
    for path, objects_ in paths.items():
        together.setdefault(tuple(objects_), []).append(path)
    for names, fields_ in together.items():
        yield f"{listed(fields_)} change in {listed(names)}"


def listed(names: Sequence[str]) -> str:
    """Return `a, b and 3 more`."""
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
