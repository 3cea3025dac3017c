"""A finding: what is wrong, where, why it matters, and the remedy."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from hubimages.imagebuilding.check.rendered import Rendered
from hubimages.imagebuilding.hubs import Hub
from hubimages.imagebuilding.layer import Place
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
    """One thing that is wrong. `code` is fixed, for scripts; `hubs` are the hubs that have it."""

    code: str
    place: Place
    message: str
    why: str
    remedy: str
    layer: str = "rules"
    hubs: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        where = f"{self.place.file}:{self.place.line}"
        return f"{where}: {self.code}: {self.message}\n  why: {self.why}\n  remedy: {self.remedy}"


@dataclass(frozen=True)
class Subject:
    """The subject of a check: a hub with its merged values, and what Helm rendered from them."""

    hub: Hub
    values: Values
    not_read: tuple[str, ...] = ()  # files with values that could not be evaluated here
    rendered: Rendered = field(default_factory=Rendered)
    prefixes: tuple[tuple[str, str, Place], ...] = ()  # hub, image_prefix and its place, of all hubs
    today: date = field(default_factory=date.today)


Rule = Callable[[Subject], Iterator[Finding]]


def joined(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings sorted by file and line; the same finding in several hubs once."""
    together: dict[Finding, list[str]] = {}
    for finding in findings:
        known = together.setdefault(replace(finding, hubs=()), [])
        known.extend(hub for hub in finding.hubs if hub not in known)
    made = [replace(finding, hubs=tuple(hubs)) for finding, hubs in together.items()]
    return tuple(sorted(made, key=lambda found: (found.place, found.code, found.message)))
