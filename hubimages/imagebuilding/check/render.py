"""Validate values against the charts' schemas and render them, with Helm itself."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hubimages import yaml_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.imagebuilding.charts import ReadyChart, ReadyCharts
from hubimages.imagebuilding.check.finding import Finding
from hubimages.imagebuilding.check.helm import Answer, Helm
from hubimages.imagebuilding.check.rendered import Manifest, Rendered
from hubimages.imagebuilding.hubs import Hub
from hubimages.imagebuilding.layer import Encrypted
from hubimages.imagebuilding.values import Values
from hubimages.yaml_text import Path

if TYPE_CHECKING:
    from concurrent.futures import Future

NUMBER = re.compile(r"[0-9]{1,9}")
CHARTS_PART = re.compile(r"charts/([^/]+)/")
CHART_LINE = re.compile(r"^([\w.-]+):$")
AT_LINE = re.compile(r"^- at '([^']*)': (.*)$")
QUOTED = re.compile(r"'([^']+)'")
STAND_INS: dict[str, Any] = {"bool": True, "int": 1, "float": 1.0}


def ask(hub: Hub, values: Values, ready: ReadyCharts, helm: Helm) -> "tuple[Future[Answer], ...]":
    """Ask Helm to render each of the hub's charts, and return the answers to come."""
    name = hub.name if hub.cluster else "hub"
    return tuple(
        helm.render(chart.path, plain(values.mapping(chart.section) if chart.section else values.data), name)
        for chart in ready.charts
    )


def rendered(
    hub: Hub, values: Values, ready: ReadyCharts, answers: "Sequence[Future[Answer]]"
) -> tuple[Rendered, tuple[Finding, ...]]:
    """Return all objects, and findings for what Helm refused. Raises NotInstalledError, and NoAnswerError if templates
    need a missing chart.
    """
    manifests: list[Manifest] = []
    findings: list[Finding] = []
    for chart, answer in zip(ready.charts, answers, strict=True):
        given = answer.result()
        refused = list(_refused(given.refused, values, chart, hub)) if given.refused else []
        if ready.missing and any(finding.code == "template" for finding in refused):
            raise NoAnswerError(f"templates need charts that are not available: {', '.join(ready.missing)}")
        manifests.extend(_objects(given.texts, chart))
        findings.extend(refused)
    return Rendered(tuple(manifests)), tuple(findings)


def plain(value: Any) -> Any:
    """Return the data for Helm, with stand-ins of the same type for encrypted values."""
    if isinstance(value, Encrypted):
        return STAND_INS.get(value.kind, "a" * 64)  # stays a text in templates without quotes
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def _objects(texts: Mapping[str, str], chart: ReadyChart) -> Iterator[Manifest]:
    for template, text in texts.items():
        if template.endswith((".yaml", ".yml")) and text.strip():
            parts = CHARTS_PART.findall(template)
            yield from _parsed(parts[-1] if parts else chart.section, template, text)


@functools.lru_cache(maxsize=4096)
def _parsed(section: str, template: str, text: str) -> tuple[Manifest, ...]:
    """Return the objects of a rendered template. Of many hubs, more than half of the texts are equal."""
    try:
        found = yaml_text.load_all(text)
    except yaml_text.UnreadableYamlError as error:
        raise BadInputError(f"the chart renders {template} to what is no YAML: {error}") from error
    return tuple(Manifest(section, template, data) for data in found if isinstance(data, dict) and data)


def _refused(text: str, values: Values, chart: ReadyChart, hub: Hub) -> Iterator[Finding]:
    """Parse Helm's message: yield a finding for each value that a schema refuses, or one for a template."""
    section: Path = (chart.section,) if chart.section else ()
    below = section
    found: list[tuple[Path, str]] = []
    for line in text.splitlines():
        titled, at = CHART_LINE.match(line), AT_LINE.match(line)
        if titled:
            name = titled[1]
            below = (name,) if name in values.data and not section else section
        elif at:
            path = tuple(int(part) if NUMBER.fullmatch(part) else part for part in at[1].split("/") if part)
            found.extend(((*below, *path), said) for said in _each(at[2]))
        elif found and line.strip():
            path, said = found[-1]
            found[-1] = (path, f"{said} {line.strip()}")
    for path, said in found:
        named = QUOTED.search(said) if "additional propert" in said else None
        full = (*path, named[1]) if named else path
        yield Finding(
            "schema", values.place(*full), f"{dotted(full)}: {said}",
            "Helm refuses to deploy these values", "use a key and type from the chart's documentation", "schema",
        )  # fmt: skip
    if not found:
        yield Finding(
            "template", hub.place, " ".join(text.split())[:400], "Helm cannot render this hub",
            "correct the value that this template uses", "schema",
        )  # fmt: skip


def _each(said: str) -> Iterator[str]:
    names = QUOTED.findall(said) if said.startswith("additional propert") else []
    yield from (f"additional property {name!r} not allowed" for name in names) if names else (said,)


def dotted(path: Path) -> str:
    """Return a path as people write it: a.b.0.c."""
    return ".".join(map(str, path)) or "the values"


__all__ = ["ask", "dotted", "plain", "rendered"]
