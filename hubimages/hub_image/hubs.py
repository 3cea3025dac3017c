"""Which chart each hub deploys, and which hub image it runs, in every place that takes effect.

A hub's chart is known where a file says so: `helm_chart` and `chart_override` in a cluster.yaml, as 2i2c's deployer
reads them (https://infrastructure.2i2c.org), and a chart called `hub` for hubploy. Elsewhere all hubs deploy the one
chart that there is. Which images take effect is what `references` finds.
"""

import functools
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.hub_image.dependencies import Dependency, Reader, read_dependencies
from hubimages.hub_image.layout import Image, Layout
from hubimages.hub_image.published import is_hub_image
from hubimages.references import Inventory, Reference
from hubimages.repository.git import Repo

CLUSTER = ("cluster.yaml", "cluster.yml")
DEEPEST = 5  # charts that stand on charts


@dataclass(frozen=True)
class DeployedChart:
    """The chart of a hub: its Chart.yaml, and its jupyterhub dependency (None if there is none, or several)."""

    file: str
    dependency: Dependency | None
    overrides: bool = False  # whether the hub has it instead of the chart of the others


@dataclass(frozen=True)
class HubImages:
    """A place that names a hub image, and the hubs that run it from there."""

    reference: Reference
    hubs: tuple[str, ...]
    image: Image | None  # None for an image that is not built here

    @property
    def place(self) -> str:
        """Return file and line."""
        return f"{self.reference.file}:{self.reference.line}"


def tracked_files(repo: Repo) -> list[str]:
    """Return the files that git tracks."""
    return repo.read("ls-files", "-z").decode(errors="surrogateescape").split("\0")[:-1]


def deployed_charts(
    files: Sequence[str], read: Reader, layout: Layout, hubs: Sequence[str]
) -> dict[str, DeployedChart]:
    """Return the chart of every hub whose chart is known."""
    charts = {posixpath.basename(posixpath.dirname(file)): file for file in files if is_chart_file(file)}
    dependencies = functools.cache(lambda chart: dependency_of(chart, read))  # most hubs have the same chart
    found: dict[str, DeployedChart] = {}
    for file in files:
        if file.rpartition("/")[2] in CLUSTER:
            found |= dict(charts_of_cluster(file, read, charts, dependencies))
    depending = [chart for chart in layout.charts if chart.dependencies]
    if len(depending) == 1:
        chart = depending[0]
        alone = DeployedChart(chart.chart_file, chart.dependencies[0] if len(chart.dependencies) == 1 else None)
        found = {**dict.fromkeys(hubs, alone), **found}
    return found


def is_chart_file(file: str) -> bool:
    return file.rpartition("/")[2] == "Chart.yaml"  # asked of thousands: posixpath.basename takes five times as long


def charts_of_cluster(
    file: str, read: Reader, charts: Mapping[str, str], dependencies: Callable[[str], Dependency | None]
) -> Iterator[tuple[str, DeployedChart]]:
    """Yield the hubs of a cluster.yaml with their charts."""
    cluster = data_of(read(file))
    if not isinstance(cluster, dict) or not isinstance(cluster.get("hubs"), list):
        return
    folder = posixpath.dirname(file)
    name = str(cluster.get("name") or posixpath.basename(folder))
    for hub in cluster["hubs"]:
        if not isinstance(hub, dict) or not hub.get("name"):
            continue
        own = str(hub.get("chart_override") or "")
        override = own if "/" in own else posixpath.join(folder, own) if own else ""
        chart = override or charts.get(str(hub.get("helm_chart")), "")
        if chart and read(chart) is not None:
            yield f"{name}/{hub['name']}", DeployedChart(chart, dependencies(chart), bool(override))


def dependency_of(chart_file: str, read: Reader, depth: int = 0) -> Dependency | None:
    """Return the one jupyterhub dependency of a chart, or of a chart in the repository that it depends on."""
    directory = posixpath.dirname(chart_file)
    try:
        own, _ = read_dependencies(directory, chart_file, read)
    except BadInputError:
        return None
    if own or depth > DEEPEST:
        return own[0] if len(own) == 1 else None
    for entry in (data_of(read(chart_file)) or {}).get("dependencies") or []:
        address = str(entry.get("repository") or "") if isinstance(entry, dict) else ""
        if address.startswith("file://"):
            below = posixpath.normpath(posixpath.join(directory, address.removeprefix("file://"), "Chart.yaml"))
            if read(below) is not None and (found := dependency_of(below, read, depth + 1)):
                return found
    return None


def data_of(text: str | None) -> Any:
    """Return the data of a YAML file; None if there is none that can be read."""
    try:
        return yaml_text.compose(text).data() if text else None
    except BadInputError:
        return None


def hub_images(inventory: Inventory, layout: Layout) -> list[HubImages]:
    """Return every place that takes effect and names a hub image: one built here, the published one, or another."""
    known = {image.repository: image for image in layout.images if image.is_hub}
    found = []
    for reference in inventory.references:
        image = known.get(reference.repository)
        if image is None and not (is_hub_key(reference) or is_hub_image(reference.repository)):
            continue
        if reference.hubs and reference.name and reference.path:
            found.append(HubImages(reference, reference.hubs, image))
    return found


def is_hub_key(reference: Reference) -> bool:
    """Return True for `hub.image` of the jupyterhub chart's values, below whatever section."""
    path = reference.path[:-1] if reference.path[-1:] in (("name",), ("tag",), ("repository",)) else reference.path
    return path[-2:] == ("hub", "image")


def some(names: Sequence[str], shown: int = 5) -> str:
    """Return `a, b and 3 more`."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
