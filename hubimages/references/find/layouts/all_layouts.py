"""All hubs of a repository, by whatever says that there are any."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hubimages.references.find.layouts import (
    argocd,
    clusters,
    compose,
    flux,
    helmfile,
    hubploy,
    kustomize,
    listed,
    plain,
    scripts,
)
from hubimages.references.find.layouts.model import Hub
from hubimages.references.find.layouts.view import View

STATED = (clusters.hubs, hubploy.hubs, argocd.hubs, flux.hubs, helmfile.hubs)


def hubs(view: View, file: Path | None = None) -> tuple[Hub, ...]:
    """Return all hubs of a repository, sorted by name.

    A file that a person gives is all there is. Otherwise what the repository states goes before what scripts and
    kustomizations do, and that before a guess from the names of files.
    """
    if file is not None:
        return _named(listed.hubs(view, file))
    found = [hub for stated in STATED for hub in stated(view)]
    taken = frozenset(layer.file for hub in found for layer in hub.layers)
    for others in (kustomize.hubs, scripts.hubs, compose.hubs):
        for hub in others(view):
            inside = [layer.file in taken for layer in hub.layers]
            if not (any(inside) if hub.guess else all(inside)):
                found.append(hub)
    if not any(hub.is_hub for hub in found if hub.layout in (clusters.LAYOUT, hubploy.LAYOUT)):
        taken = frozenset(layer.file for hub in found for layer in hub.layers)
        found += plain.hubs(view, taken)
    return _named(found)


def _named(found: Iterable[Hub]) -> tuple[Hub, ...]:
    """Return the hubs sorted by name, each with a name of its own."""
    whole = list(dict.fromkeys(found))
    counts = Counter(hub.name for hub in whole)
    result: list[Hub] = []
    numbers = Counter[str]()
    for hub in whole:
        name = hub.name
        if counts[name] > 1:
            numbers[name] += 1
            others = [frozenset(other.layers) for other in whole if other.name == name and other is not hub]
            own = [layer for layer in hub.layers if not any(layer in other for other in others)] or hub.layers[-1:]
            where = own[0].file.rpartition("/")[0] if own else ""
            name = f"{where}/{name}" if where and not name.startswith(f"{where}/") else name
            name = f"{name}-{numbers[hub.name]}" if any(other.name == name for other in result) else name
        result.append(replace(hub, name=name) if name != hub.name else hub)
    return tuple(sorted(result, key=lambda hub: hub.name))
