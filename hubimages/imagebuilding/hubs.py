"""Find hubs and their values files: on 2i2c's layout, or in plain values files."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError
from hubimages.imagebuilding.layer import FileLine, Layer, opaque_layer, read_layer
from hubimages.imagebuilding.values import Values, merge
from hubimages.repository.file_edit import read_text
from hubimages.yaml_text import Path as KeyPath

CLUSTERS = "config/clusters"
CLUSTER_FILE = "cluster.yaml"
CHARTS = "helm-charts"
BASEHUB, DASKHUB, PLAIN = "basehub", "daskhub", "plain"
UMBRELLA_KEYS = ("jupyterhub", "binderhub-service", BASEHUB)
DASK_KEYS = ("gateway", "traefik", "controller")
BINDERHUB_SERVICE_KEYS = ("buildPodsRegistryCredentials", "buildPodsDockerConfig", "dockerApi", "config")


@dataclass(frozen=True)
class Hub:
    """A hub and its values files, in the order for Helm; all paths are relative to `root`.

    `chart` is basehub, daskhub or plain (Zero to JupyterHub and binderhub-service without a chart around them).
    """

    root: Path
    cluster: str
    name: str
    chart: str
    files: tuple[str, ...]
    place: FileLine  # of the hub's entry in cluster.yaml, or of the first values file
    domain: str = ""
    provider: str = ""
    listed: tuple[FileLine, ...] = field(default=(), compare=False)  # where cluster.yaml lists each of the files
    chart_override: str = ""  # the Chart.yaml, relative to `root`, that replaces the chart's own for this hub

    @property
    def label(self) -> str:
        """`CLUSTER/HUB`, or the file."""
        return f"{self.cluster}/{self.name}" if self.cluster else self.name

    @property
    def prefix(self) -> KeyPath:
        """The keys above the values of basehub in this hub's files: `basehub` in daskhub's, else none."""
        return (BASEHUB,) if self.chart == DASKHUB else ()

    @property
    def yaml_files(self) -> tuple[str, ...]:
        """The YAML files; the others are Jsonnet, evaluated on deployment."""
        return tuple(file for file in self.files if not file.endswith(".jsonnet"))

    @property
    def default_files(self) -> tuple[str, ...]:
        """The values.yaml of the repository's own charts; the nearest first."""
        charts = {BASEHUB: [BASEHUB], DASKHUB: [DASKHUB, BASEHUB]}.get(self.chart, [])
        files = [f"{CHARTS}/{chart}/values.yaml" for chart in charts]
        return tuple(file for file in files if (self.root / file).is_file())


def find_hubs(root: Path) -> tuple[Hub, ...]:
    """Return all hubs of a deployment repository. Raises BadInputError if it has none or a cluster file is invalid."""
    return tuple(hub for cluster in find_clusters(root) for hub in cluster_hubs(root, cluster))


def find_clusters(root: Path) -> tuple[str, ...]:
    """Return the names of all clusters: directories in config/clusters with a cluster.yaml. Raises BadInputError."""
    found = tuple(sorted(file.parent.name for file in (root / CLUSTERS).glob(f"*/{CLUSTER_FILE}")))
    if not found:
        raise BadInputError(
            f"no {CLUSTERS}/*/{CLUSTER_FILE} in {root}. Name the deployment repository with --repo, "
            "or a plain values file with --values"
        )
    return found


def find_hub(root: Path, cluster: str, name: str) -> Hub:
    """Return one hub. Raises BadInputError, with the nearest name or all, if the cluster or hub does not exist."""
    hubs = {hub.name: hub for hub in cluster_hubs(root, check_cluster(root, cluster))}
    if name not in hubs:
        raise BadInputError(
            f"no hub {name!r} in {cluster_file(cluster)}{did_you_mean(name, hubs)}; it has {', '.join(hubs) or 'none'}"
        )
    return hubs[name]


def check_cluster(root: Path, cluster: str) -> str:
    """Return the cluster's name. Raises BadInputError, with the nearest name, if it does not exist."""
    known = find_clusters(root)
    if cluster not in known:
        hint = did_you_mean(cluster, known) or f"; it has {', '.join(known)}"
        raise BadInputError(f"no cluster {cluster!r} in {CLUSTERS}{hint}")
    return cluster


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `: did you mean 'x'?` if a known name is similar, else an empty text."""
    near = difflib.get_close_matches(name, [str(one) for one in known], n=1)
    return f": did you mean {near[0]!r}?" if near else ""


def cluster_file(cluster: str) -> str:
    """Return the path of a cluster's list of hubs."""
    return f"{CLUSTERS}/{cluster}/{CLUSTER_FILE}"


def cluster_hubs(root: Path, cluster: str) -> tuple[Hub, ...]:
    """Return the hubs of a cluster.yaml in its order. Raises BadInputError."""
    file = cluster_file(cluster)
    listing = read_layer(read_text(root, file), file)
    hubs = listing.data.get("hubs")
    if hubs is None:
        return ()
    if not isinstance(hubs, list) or not all(isinstance(hub, dict) and "name" in hub for hub in hubs):
        raise BadInputError(f"{file}:{listing.places['hubs',].line}: `hubs` must be a list of hubs, each with a `name`")
    return tuple(_hub(root, cluster, listing, number, spec) for number, spec in enumerate(hubs))


def _hub(root: Path, cluster: str, listing: Layer, number: int, spec: dict[str, Any]) -> Hub:
    key = "helm_chart_values_files"
    names = spec.get(key) or []
    place = listing.places["hubs", number]
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise BadInputError(f"{place.file}:{place.line}: `{key}` must be a list of files")
    folder = Path(CLUSTERS, cluster)
    return Hub(
        root=root,
        cluster=cluster,
        name=str(spec["name"]),
        chart=str(spec.get("helm_chart") or BASEHUB),
        files=tuple(_relative(folder, name) for name in names),
        place=place,
        domain=str(spec.get("domain") or ""),
        provider=str(listing.data.get("provider") or ""),
        listed=tuple(listing.places["hubs", number, key, one] for one in range(len(names))),
        chart_override=_override(folder, spec.get("chart_override")),
    )


def _override(folder: Path, given: object) -> str:
    """Return the path of a chart_override: beside cluster.yaml, or relative to the repository if it has a /."""
    if not isinstance(given, str) or not given:
        return ""
    return _relative(Path(), given) if "/" in given else _relative(folder, given)


def _relative(folder: Path, name: str) -> str:
    """Return a path relative to the repository, without `..`."""
    parts: list[str] = []
    for part in (folder / name).parts:
        if part == ".." and parts:
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def plain_hub(files: Sequence[Path]) -> Hub:
    """Return the hub of plain values files, in a repository or not. Raises BadInputError if a file is missing."""
    for file in files:
        if not file.is_file():
            raise BadInputError(f"values file {file} does not exist")
    parent = files[0].resolve().parent
    root = parent if all(file.resolve().is_relative_to(parent) for file in files) else Path("/")
    names = tuple(str(file.resolve().relative_to(root)) for file in files)
    return Hub(root, "", files[0].name, PLAIN, names, FileLine(names[0], 1))


def read_values(hub: Hub, *, with_defaults: bool = True) -> Values:
    """Return the hub's merged values, with those of the repository's own charts, as Values describes them.

    Raises BadInputError for a missing file, and for invalid YAML, with its line.
    """
    return merge(read_layers(hub), read_defaults(hub) if with_defaults else ())


def read_layers(hub: Hub) -> Iterator[Layer]:
    """Yield each of the hub's YAML files as a layer of Values."""
    for number, file in enumerate(hub.files):
        if file.endswith(".jsonnet"):
            continue
        if not (hub.root / file).is_file():
            at = hub.listed[number] if hub.listed else hub.place
            raise BadInputError(f"{at.file}:{at.line}: lists {file}, which does not exist")
        yield read_file(hub, file)


def read_file(hub: Hub, file: str) -> Layer:
    """Return one values file of a hub; a layer without values if it is encrypted as a whole. Raises BadInputError."""
    with (hub.root / file).open("rb") as content:
        opaque = opaque_layer(content.read(64), file)
    return opaque or read_hub_layer(hub, file, read_text(hub.root, file))


def read_hub_layer(hub: Hub, file: str, text: str) -> Layer:
    """Return one values file of a hub as a layer of Values. Raises BadInputError."""
    if hub.chart == DASKHUB:
        return read_layer(text, file, skip=BASEHUB)
    layer = read_layer(text, file)
    if hub.chart != PLAIN or not layer.data or any(key in layer.data for key in UMBRELLA_KEYS):
        return layer
    below = "binderhub-service" if any(key in layer.data for key in BINDERHUB_SERVICE_KEYS) else "jupyterhub"
    if not any(key in layer.data for key in ("hub", "singleuser")) and any(key in layer.data for key in DASK_KEYS):
        below = "dask-gateway"
    return read_layer(text, file, below=(below,))


def read_defaults(hub: Hub) -> Iterator[Layer]:
    """Yield the values.yaml of the repository's own charts, the nearest first."""
    for file in hub.default_files:
        skip = BASEHUB if hub.chart == DASKHUB and file == f"{CHARTS}/{DASKHUB}/values.yaml" else None
        yield replace(read_layer(read_text(hub.root, file), file, skip=skip), of_chart=True)
