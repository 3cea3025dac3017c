"""A finding: what is wrong, where, why it matters, and the remedy."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from hubimages.findings import ERROR, WARNING, Grade
from hubimages.imagebuilding.check.rendered import Rendered
from hubimages.imagebuilding.hubs import Hub
from hubimages.imagebuilding.layer import FileLine, Layer
from hubimages.imagebuilding.values import Values

LAYERS = {
    "schema": "values against the charts' schemas, rendered with Helm",
    "manifests": "rendered objects against Kubernetes",
    "options": "option names and types of BinderHub and KubeSpawner",
    "form": "every choice of the form through KubeSpawner",
    "rules": "what must agree between hub, BinderHub and registry",
}


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `code` is fixed, for scripts; `hubs` are the hubs that have it.

    `change`: the remedy as values to set, by path (keys and numbers); None removes a value. Words in capitals are for
    the reader to fill in.
    """

    code: str
    place: FileLine
    message: str
    why: str
    remedy: str
    layer: str = "rules"
    hubs: tuple[str, ...] = field(default=())
    grade: Grade = ERROR
    style: bool = False
    change: Mapping[Any, Any] = field(default_factory=dict, compare=False)

    def __str__(self) -> str:
        where = f"{self.place.file}:{self.place.line}"
        grade = f"{self.grade} (style)" if self.style else self.grade
        return f"{where}: {grade}: {self.code}: {self.message}\n  why: {self.why}\n  fix: {self.remedy}"


@dataclass(frozen=True)
class Subject:
    """The subject of a check: a hub with its merged values, and what Helm rendered from them."""

    hub: Hub
    values: Values
    not_read: tuple[str, ...] = ()  # files with values that could not be evaluated here
    rendered: Rendered = field(default_factory=Rendered)
    prefixes: tuple[tuple[str, str, FileLine], ...] = ()  # hub, image_prefix and its place, of all hubs
    unlisted: tuple[Layer, ...] = ()  # files with passwords that the hub lacks, read as if the hub listed them
    today: date = field(default_factory=date.today)


def warning(finding: Finding, *, style: bool = False) -> Finding:
    """Return the finding as a warning: it works, but is a risk or, with `style`, a matter of taste."""
    return replace(finding, grade=WARNING, style=style)


Rule = Callable[[Subject], Iterator[Finding]]


def joined(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings sorted by file and line; the same finding in several hubs once."""
    together: dict[Finding, list[str]] = {}
    for finding in findings:
        known = together.setdefault(replace(finding, hubs=()), [])
        known.extend(hub for hub in finding.hubs if hub not in known)
    made = [replace(finding, hubs=tuple(hubs)) for finding, hubs in together.items()]
    return tuple(sorted(made, key=lambda found: (found.place, found.code, found.message)))
