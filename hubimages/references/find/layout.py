"""Find the hubs of a repository, and the values files of each hub in the order in which Helm merges them.

Three layouts are known: clusters (2i2c: a `cluster.yaml` lists its hubs with their values files), hubploy
(`deployments/HUB/hubploy.yaml` with `config/common.yaml` and one file each for staging and prod), and plain values
files. A layout that the repository states goes before one that is guessed from names.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from hubimages.references.reference import Path
from hubimages.yaml_text import MappingNode, Node, SequenceNode, Tree, Visits, data, effective, resolved

YAML = (".yaml", ".yml")
CLUSTER = ("cluster.yaml", "cluster.yml")
HUBPLOY = ("hubploy.yaml", "hubploy.yml")
SHARED = ("common", "base", "default", "defaults", "shared")  # files that the others in the directory override
HUB_KEYS = ("singleuser", "hub", "jupyterhub", "basehub", "daskhub", "binderhub", "prePuller")

# The keys that layouts need; the rest of a file is not read.
KEYS = frozenset(
    (*HUB_KEYS, "name", "hubs", "support", "helm_chart", "helm_chart_values_files", "dependencies", "repository",
     "alias", "sops")
)  # fmt: skip

ReadData = Callable[[str], Any]  # the data of a YAML file; None if it cannot be read


@dataclass(frozen=True)
class Layer:
    """A values file. Its values go below `prefix` if they belong to a subchart."""

    file: str
    prefix: Path = ()


@dataclass(frozen=True)
class Hub:
    """A hub, or another release (the support chart of a cluster). Later layers override earlier ones.

    The name is CLUSTER/HUB, HUB/staging, or HUB.
    """

    name: str
    layers: tuple[Layer, ...]
    is_hub: bool = True


def hubs(files: Sequence[str], read: ReadData, with_images: Container[str]) -> tuple[Hub, ...]:
    """Return all hubs of a repository, sorted by name. A plain values file is a hub if it is in `with_images`."""
    known = frozenset(files)
    of_charts = [file for file in files if file.endswith("Chart.yaml") and file.rpartition("/")[2] == "Chart.yaml"]
    charts = {PurePosixPath(file).parent.name: file for file in of_charts}
    charted = {str(PurePosixPath(file).parent) for file in of_charts}
    found: list[Hub] = []
    for file in files:
        name = file.rpartition("/")[2]
        if name in CLUSTER:
            found += _of_cluster(file, read(file), charts, known, read)
        elif name in HUBPLOY and "{" not in file:
            found += _of_deployment(file, files, charts, known, read)
    if not found:
        found += _plain([file for file in files if file in with_images], charted, read)
    return tuple(sorted(found, key=lambda hub: hub.name))


def data_of(tree: Tree) -> Any:
    """Return the keys of the first document that layouts need."""
    return _data(tree.documents[0], Visits()) if tree.documents else None


def _data(node: Node, visits: Visits) -> Any:
    visits.count(node)
    node = resolved(node)
    if isinstance(node, MappingNode):
        return {name: _data(value, visits) for name, (_, value) in effective(node).items() if name in KEYS}
    return [_data(item, visits) for item in node.items] if isinstance(node, SequenceNode) else data(node)


def _of_cluster(
    file: str, cluster_data: Any, charts: dict[str, str], known: frozenset[str], read: ReadData
) -> Iterator[Hub]:
    if not isinstance(cluster_data, dict):
        return
    folder = PurePosixPath(file).parent
    cluster = folder.name if isinstance(cluster_data.get("name"), dict | list | None) else str(cluster_data["name"])
    support = cluster_data.get("support")
    entries = [(entry, True) for entry in _list(cluster_data.get("hubs"))]
    if isinstance(support, dict):
        entries.append(({"name": "support", "helm_chart": "support", **support}, False))
    for entry, is_hub in entries:
        if isinstance(entry, dict) and isinstance(entry.get("name"), str):
            own = [join(folder, str(path)) for path in _list(entry.get("helm_chart_values_files"))]
            chart = _chart_layers(charts.get(str(entry.get("helm_chart"))), (), known, read)
            layers = (*chart, *(Layer(path) for path in own if path in known))
            yield Hub(f"{cluster}/{entry['name']}", layers, is_hub)


def _of_deployment(
    file: str, files: Iterable[str], charts: dict[str, str], known: frozenset[str], read: ReadData
) -> Iterator[Hub]:
    folder = PurePosixPath(file).parent
    config = folder / "config"
    own = [path for path in files if path.rpartition("/")[0] == str(config) and path.endswith(YAML)]
    common = [path for path in own if PurePosixPath(path).stem == "common"]
    chart = _chart_layers(charts.get("hub"), (), known, read)
    for path in sorted(set(own) - set(common)):
        secret = [str(folder / "secrets" / PurePosixPath(path).name)]
        names = (*common, path, *(each for each in secret if each in known), file)
        yield Hub(f"{folder.name}/{PurePosixPath(path).stem}", (*chart, *map(Layer, names)))
    if not set(own) - set(common):
        yield Hub(folder.name, (*chart, *map(Layer, (*common, file))))


def _plain(files: Sequence[str], charted: set[str], read: ReadData) -> Iterator[Hub]:
    """Yield a hub for each values file, on top of the shared files of its directory."""
    for file in files:
        path = PurePosixPath(file)
        in_chart = any(str(parent) in charted for parent in path.parents)
        stem = path.name.partition(".")[0]
        if not file.endswith(YAML) or in_chart or stem in SHARED or "{" in file or "/." in f"/{file}":
            continue
        says = read(file)
        if isinstance(says, dict) and "sops" not in says and any(isinstance(says.get(key), dict) for key in HUB_KEYS):
            shared = [
                other for other in files
                if PurePosixPath(other).parent == path.parent and PurePosixPath(other).name.partition(".")[0] in SHARED
                and other.endswith(YAML)
            ]  # fmt: skip
            name = str(path.parent / stem) if stem not in ("values", "config") else str(path.parent)
            yield Hub(stem if name == "." else name, tuple(map(Layer, (*shared, file))))


def _chart_layers(chart: str | None, prefix: Path, known: frozenset[str], read: ReadData) -> tuple[Layer, ...]:
    """Return the values of a chart in the repository, after those of the charts that it depends on."""
    if chart is None or len(prefix) > 5:
        return ()
    folder = PurePosixPath(chart).parent
    layers: list[Layer] = []
    says = read(chart)
    for entry in _list(says.get("dependencies")) if isinstance(says, dict) else []:
        if isinstance(entry, dict) and str(entry.get("repository", "")).startswith("file://"):
            below = join(folder, str(entry["repository"]).removeprefix("file://")) + "/Chart.yaml"
            if below in known:
                name = str(entry.get("alias") or entry.get("name"))
                layers += _chart_layers(below, (*prefix, name), known, read)
    values = str(folder / "values.yaml")
    return (*layers, Layer(values, prefix)) if values in known else tuple(layers)


def join(folder: PurePosixPath, path: str) -> str:
    """Return a path that is relative to a folder as a path from the top of the repository."""
    parts: list[str] = []
    for part in (folder / path).parts:
        if part == ".." and parts:
            parts.pop()
        elif part not in (".", ".."):
            parts.append(part)
    return "/".join(parts)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
