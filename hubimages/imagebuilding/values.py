"""Merge values as Helm does, and keep the place of each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hubimages.imagebuilding.layer import Encrypted, FileLine, Layer
from hubimages.yaml_text import Path


@dataclass(frozen=True)
class Values:
    """The values that Helm passes to templates, with `jupyterhub`, `binderhub-service` and `dask-gateway` at the top
    for every layout.

    `places` has the place of every path that comes from a file; `layers` are the files, later ones override earlier.
    """

    data: dict[str, Any]
    places: Mapping[Path, FileLine]
    layers: tuple[Layer, ...] = ()

    def get(self, *path: str | int, default: Any = None) -> Any:
        """Return the value at a path; `default` if it is missing or null."""
        value: Any = self.data
        for step in path:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return default
        return default if value is None else value

    def mapping(self, *path: str | int) -> dict[str, Any]:
        """Return the mapping at a path; an empty one if there is none."""
        value = self.get(*path)
        return value if isinstance(value, dict) else {}

    def sequence(self, *path: str | int) -> list[Any]:
        """Return the list at a path; an empty one if there is none."""
        value = self.get(*path)
        return value if isinstance(value, list) else []

    def text(self, *path: str | int) -> str:
        """Return the text at a path; empty if there is none. Encrypted text is "(encrypted)"."""
        value = self.get(*path)
        return value if isinstance(value, str) else ""

    def is_encrypted(self, *path: str | int) -> bool:
        """Return True if the value at the path is encrypted."""
        return isinstance(self.get(*path), Encrypted)

    def place(self, *path: str | int) -> FileLine:
        """Return the place of the value at a path. For a missing value: the nearest mapping above it in one of the
        hub's own files, where it can be added, or else the first line of the last file.
        """
        found = self.places.get(path)
        if found is not None:
            return found
        for length in range(len(path) - 1, 0, -1):
            for layer in reversed(self.layers):
                if path[:length] in layer.places and not layer.of_chart and not layer.encrypted:
                    return layer.places[path[:length]]
        for length in range(len(path) - 1, 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return FileLine(self.layers[-1].file if self.layers else "", 1)

    def all_places(self, *path: str | int) -> Iterator[tuple[Layer, FileLine]]:
        """Yield every file that has a value at a path, in the order for Helm."""
        for layer in self.layers:
            place = layer.places.get(path)
            if place is not None:
                yield layer, place


def merge(layers: Iterable[Layer], defaults: Iterable[Layer] = ()) -> Values:
    """Return the values of the files, later ones over earlier ones, over those of the charts.

    As `helm upgrade --values a --values b` does: mappings are merged, anything else is replaced; a null removes the
    *charts'* value (https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key), and a mapping in
    a later file replaces the null.
    """
    given = tuple(layers)
    base = tuple(defaults)
    data: dict[str, Any] = {}
    places: dict[Path, FileLine] = {}
    for layer in given:
        _put_on_top(data, places, layer.data, layer.places, ())
    for layer in base:  # nearest first: a chart's own values override those of its sub-charts
        _put_below(data, places, layer.data, layer.places, ())
    return Values(data, places, (*reversed(base), *given))


def _put_on_top(
    data: dict[str, Any], places: dict[Path, FileLine], new: dict[str, Any], found: Mapping[Path, FileLine], path: Path
) -> None:
    """Helm's mergeMaps for files (pkg/cli/values/options.go)."""
    for key, value in new.items():
        below = (*path, key)
        old = data.get(key)
        if isinstance(value, dict) and isinstance(old, dict):
            if below in found:
                places[below] = found[below]
            _put_on_top(old, places, value, found, below)
        else:
            data[key] = _copy(value)
            _forget(places, below)
            _take(places, found, below, value)


def _put_below(
    data: dict[str, Any], places: dict[Path, FileLine], new: dict[str, Any], found: Mapping[Path, FileLine], path: Path
) -> None:
    """Helm's coalesceTables for the defaults of charts (pkg/chartutil/coalesce.go)."""
    for key, value in new.items():
        below = (*path, key)
        if key not in data:
            data[key] = _copy(value)
            _take(places, found, below, value)
        elif isinstance(value, dict) and isinstance(data[key], dict):
            _put_below(data[key], places, value, found, below)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return list(value) if isinstance(value, list) else value


def _forget(places: dict[Path, FileLine], path: Path) -> None:
    if path in places:
        for known in [known for known in places if known[: len(path)] == path]:
            del places[known]


def _take(places: dict[Path, FileLine], found: Mapping[Path, FileLine], path: Path, value: Any) -> None:
    """Copy the places of a value and of everything in it."""
    if path in found:
        places[path] = found[path]
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        _take(places, found, (*path, key), item)
