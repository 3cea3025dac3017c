"""Assemble the charts of a hub for Helm: the repository's own chart and those that it depends on."""

import glob
import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hubimages import yaml_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.imagebuilding.archive import unpack
from hubimages.imagebuilding.chart_repository import NAME, REPOSITORIES, fetch
from hubimages.imagebuilding.hubs import BASEHUB, CHARTS, PLAIN, Hub

VERSION = re.compile(r"^version:.*$", re.MULTILINE)


@dataclass(frozen=True)
class ChartSources:
    """Where charts come from: first the folder (with `NAME/` or `NAME-VERSION.tgz`), then their repository."""

    folder: Path | None = None
    offline: bool = False
    repositories: dict[str, str] = field(default_factory=lambda: dict(REPOSITORIES))
    versions: Mapping[str, str] = field(default_factory=dict)  # for plain files, which name none


@dataclass(frozen=True)
class ReadyChart:
    """A chart that Helm can load. `section` is the part of the values for it; empty for all values."""

    path: Path
    section: str = ""


@dataclass(frozen=True)
class ReadyCharts:
    """The charts of a layout that can be rendered, and the missing ones, with lines for the report."""

    charts: tuple[ReadyChart, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def prepare(hub: Hub, sources: ChartSources, work: Path) -> ReadyCharts:
    """Put the charts of the hub's layout below `work`. A chart that is not available is left out, with a note."""
    notes: list[str] = []
    missing: list[str] = []
    if hub.chart == PLAIN:
        made = []
        for name in ("jupyterhub", "binderhub-service"):
            version = sources.versions.get(name, "")
            if _put(name, version, sources.repositories.get(name, ""), work / name, sources, notes):
                made.append(ReadyChart(work / name, name))
            else:
                missing.append(name)
        return ReadyCharts(tuple(made), tuple(missing), tuple(notes))
    own = _own_chart(hub, sources)
    if own is None:
        where = f"{CHARTS}/{BASEHUB}"
        return ReadyCharts((), (BASEHUB,), (f"no chart {where} in the repository: nothing was rendered",))
    target = work / BASEHUB
    check_links(own, hub.root)
    override = hub.root / hub.chart_override if hub.chart_override else None
    shutil.copytree(own, target, ignore=shutil.ignore_patterns("charts", "Chart.lock"), dirs_exist_ok=True)
    if override is not None and override.is_file():
        shutil.copy(override, target / "Chart.yaml")
    _add_schema(target)
    for dependency in _dependencies(target, own):
        name, version = str(dependency["name"]), str(dependency.get("version", ""))
        place = target / "charts" / name
        if not _put(name, version, str(dependency.get("repository", "")), place, sources, notes, own / "charts"):
            missing.append(name)
            _stub(place, name, version)
    return ReadyCharts((ReadyChart(target),), tuple(missing), tuple(notes))


def _dependencies(chart: Path, own: Path) -> list[dict[str, Any]]:
    """Return the charts that a chart depends on. Raises BadInputError for what is no name: it goes into paths."""
    listed = _metadata(chart).get("dependencies") or []
    for each in listed if isinstance(listed, list) else [listed]:
        if not isinstance(each, dict) or not NAME.fullmatch(str(each.get("name"))):
            raise BadInputError(f"{own / 'Chart.yaml'}: {str(each)[:100]!r} is not a dependency with a chart's name")
    return list(listed)


def check_links(folder: Path, root: Path) -> None:
    """Raise BadInputError for a link below the folder that leads out of the root, or to a folder that has it in it."""
    top, waiting, seen = root.resolve(), [folder.resolve()], set[Path]()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        for above, folders, files in os.walk(here):
            for place in (Path(above, name) for name in (*folders, *files)):
                if not place.is_symlink():
                    continue
                there = Path(os.path.realpath(place))
                if not there.is_relative_to(top) or place.is_relative_to(there):
                    raise BadInputError(f"{place} is a link to {there}, which no chart of {root} can have in it")
                if there.is_dir() and there not in seen:
                    waiting.append(there)


def _own_chart(hub: Hub, sources: ChartSources) -> Path | None:
    places = [hub.root / CHARTS / BASEHUB] + ([sources.folder / BASEHUB] if sources.folder else [])
    return next((place for place in places if (place / "Chart.yaml").is_file()), None)


def _put(
    name: str, version: str, repository: str, target: Path, sources: ChartSources, notes: list[str],
    beside: Path | None = None,
) -> bool:  # fmt: skip
    """Put a chart at `target`. Return False if it is not available."""
    for folder in (sources.folder, beside):
        if folder is None:
            continue
        if (folder / name / "Chart.yaml").is_file():
            shutil.copytree(folder / name, target, dirs_exist_ok=True)
            _add_schema(target)
            _set_version(target, name, version, notes)
            return True
        archives = sorted(folder.glob(f"{name}-{glob.escape(version)}.tgz" if version else f"{name}-[0-9]*.tgz"))
        if archives:
            unpack(archives[-1], target)
            return True
    if sources.offline:
        notes.append(f"chart {name} {version} is not available offline".replace("  ", " "))
        return False
    try:
        unpack(fetch(name, version, repository), target)
    except (NoAnswerError, BadInputError) as error:
        notes.append(f"chart {name}: {error}")
        return False
    if not version:
        newest = _metadata(target).get("version", "")
        notes.append(f"chart {name}: used {newest}, the newest (choose another with --chart-version={name}=VERSION)")
    return True


def _set_version(chart: Path, name: str, version: str, notes: list[str]) -> None:
    """Set the wanted version in a chart from a folder; with another one, Helm ignores `condition`."""
    file = chart / "Chart.yaml"
    text = file.read_text("utf-8")
    given = str(_metadata(chart).get("version", ""))
    if version and given != version:
        file.write_text(VERSION.sub(f"version: {json.dumps(version)}", text, count=1), "utf-8")
        notes.append(f"chart {name} {version}: used version {given} from the folder instead")


def _stub(target: Path, name: str, version: str) -> None:
    target.mkdir(parents=True, exist_ok=True)
    text = f"apiVersion: v2\nname: {json.dumps(name)}\nversion: {json.dumps(version or '0.0.0')}\n"
    (target / "Chart.yaml").write_text(text, "utf-8")


def _add_schema(chart: Path) -> None:
    """Convert values.schema.yaml to values.schema.json, as publishing the charts does."""
    source, made = chart / "values.schema.yaml", chart / "values.schema.json"
    if source.is_file() and not made.is_file():
        try:
            text = json.dumps(_load(source), default=str)
        except (TypeError, ValueError) as error:
            raise BadInputError(f"{source} has what no JSON can have: {error}") from error
        made.write_text(text, "utf-8")


def _metadata(chart: Path) -> dict[str, Any]:
    found = _load(chart / "Chart.yaml")
    return found if isinstance(found, dict) else {}


def _load(file: Path) -> Any:
    try:
        return yaml_text.load(file.read_text("utf-8"))
    except (yaml_text.UnreadableYamlError, UnicodeDecodeError) as error:
        raise BadInputError(f"{file} is not YAML: {error}") from None
