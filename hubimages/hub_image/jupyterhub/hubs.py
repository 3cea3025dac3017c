"""Which JupyterHub each hub runs: that of its hub image, if its contents are known, or else that of its chart."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages.contents import Facts
from hubimages.errors import BadInputError, HubImagesError, NoAnswerError
from hubimages.hub_image.dependencies import CHART, Dependency, Reader
from hubimages.hub_image.hubs import data_of, deployed_charts, hub_images, tracked_files
from hubimages.hub_image.jupyterhub.charts import jupyterhub_of_chart
from hubimages.hub_image.layout import Layout
from hubimages.hub_image.lock import entries
from hubimages.hub_image.plain import chart_versions
from hubimages.hub_image.reading import chartpress_files, layout_of, work_tree_reader
from hubimages.hub_image.versions import is_range
from hubimages.image_ref import ImageRef
from hubimages.references import Inventory
from hubimages.repository.git import Repo

ABOUT = rf"(chart|helm|name|repo).*{CHART}|{CHART}/{CHART}"
LOCKS = {"Chart.yaml": "Chart.lock", "requirements.yaml": "requirements.lock"}


@dataclass(frozen=True)
class ChartOfHub:
    """The version of the jupyterhub chart that a hub deploys, where that is written, and the Helm repository."""

    version: str
    place: str  # file and line
    address: str = ""

    @property
    def folder(self) -> str:
        """Return the folder of the file."""
        return posixpath.dirname(self.place.rpartition(":")[0])


@dataclass(frozen=True)
class RunsJupyterHub:
    """The version of JupyterHub that a hub runs, and what says so."""

    version: str
    because: str


def charts_of_hubs(repo: Repo, inventory: Inventory) -> dict[str, ChartOfHub]:
    """Return the chart of every hub for which the repository says it."""
    files, read = tracked_files(repo), work_tree_reader(repo)
    deployed = deployed_charts(files, read, layout_if_any(files, read), inventory.hubs)
    found = {hub: chart_of(chart.dependency, read) for hub, chart in deployed.items() if chart.dependency is not None}
    left = [hub for hub in inventory.hubs if hub not in found]
    if left:
        found |= plain_charts(files_about_charts(repo), read, left, inventory)
    return found


def files_about_charts(repo: Repo) -> list[str]:
    """Return the files that may ask for a version of the chart; git finds them faster than a YAML parser."""
    names = repo.answer("grep", "-lzE", "-e", ABOUT)
    return [name for name in names.split("\0") if name]


def layout_if_any(files: Sequence[str], read: Reader) -> Layout:
    """Return what chartpress.yaml says; nothing if there is none that can be read."""
    try:
        return layout_of(chartpress_files(files), read)
    except BadInputError:
        return Layout(())


def chart_of(dependency: Dependency, read: Reader) -> ChartOfHub:
    """Return the chart of a dependency. For a range it is the version in the lock file."""
    version = dependency.version.scalar.value
    place = dependency.version.file
    if is_range(version):
        lock = posixpath.join(posixpath.dirname(place), LOCKS.get(posixpath.basename(place), "Chart.lock"))
        locked = [str(entry.get("version")) for entry in entries(data_of(read(lock))) if entry.get("name") == CHART]
        if locked:
            return ChartOfHub(locked[0], f"{lock}:1", dependency.repository)
    return ChartOfHub(version, str(dependency.version), dependency.repository)


def plain_charts(
    files: Sequence[str], read: Reader, hubs: Sequence[str], inventory: Inventory
) -> dict[str, ChartOfHub]:
    """Return the charts that files other than a Chart.yaml of a hub name: the only version, or that of its folder."""
    written = [ChartOfHub(version.value, str(version)) for version in chart_versions(files, read)]
    if len({chart.version for chart in written}) == 1:
        return dict.fromkeys(hubs, written[0])
    found = {}
    for hub in hubs:
        folders = {posixpath.dirname(each.file) for each in inventory.references if hub in each.read_by}
        near = [chart for chart in written if chart.folder and any(is_below(each, chart.folder) for each in folders)]
        deepest = max((len(chart.folder) for chart in near), default=0)
        nearest = [chart for chart in near if len(chart.folder) == deepest]
        if len({chart.version for chart in nearest}) == 1:
            found[hub] = nearest[0]
    return found


def is_below(folder: str, above: str) -> bool:
    """Return True if a folder is another one, or below it."""
    return folder == above or folder.startswith(f"{above}/")


def hub_image_of_each(repo: Repo, inventory: Inventory) -> dict[str, ImageRef]:
    """Return the hub image of every hub whose values name one with its tag."""
    files, read = tracked_files(repo), work_tree_reader(repo)
    layout = layout_if_any(files, read)
    return {
        hub: used.reference.image
        for used in hub_images(inventory, layout)
        if used.reference.image and (used.reference.tag or used.reference.digest)
        for hub in used.hubs
    }


@dataclass(frozen=True)
class JupyterHubs:
    """The JupyterHub of each hub, and why that of the others is not known."""

    of: Mapping[str, RunsJupyterHub]
    unknown: Mapping[str, str]
    no_answer: bool = False  # of a Helm repository


@dataclass(frozen=True)
class Versions:
    """What says which JupyterHub hubs run: their charts, and the hub images whose contents are known."""

    charts: Mapping[str, ChartOfHub]
    images: Mapping[str, ImageRef]
    facts: Mapping[ImageRef, Facts]

    def in_hub_image(self, hub: str) -> str:
        """Return the JupyterHub in the hub image of a hub; empty if that is not known."""
        known = self.facts.get(self.images[hub]) if hub in self.images else None
        return known.versions().get("JupyterHub", "") if known else ""


def jupyterhubs(repo: Repo, inventory: Inventory, versions: Versions, *, online: bool = False) -> JupyterHubs:
    """Return the JupyterHub of each hub.

    With `online`, Helm repositories are asked for charts that are not known on this machine.
    """
    answers: dict[ChartOfHub, str | HubImagesError] = {}
    of, unknown = {}, {}
    for hub in inventory.hubs:
        chart = versions.charts.get(hub)
        inside = versions.in_hub_image(hub)
        if inside:
            of[hub] = RunsJupyterHub(inside, f"the hub image {versions.images[hub]}")
            continue
        if chart is None:
            unknown[hub] = "no file says which version of the jupyterhub chart it deploys"
            continue
        if chart not in answers:
            answers[chart] = looked_up(repo, chart, online=online)
        answer = answers[chart]
        if isinstance(answer, str) and answer:
            of[hub] = RunsJupyterHub(answer, f"the chart {chart.version}, {chart.place}")
        else:
            why = str(answer) or "it is newer than this hubimages and not on this machine"
            unknown[hub] = f"which JupyterHub the chart {chart.version} ({chart.place}) runs: {why}"
    return JupyterHubs(of, unknown, any(isinstance(answer, NoAnswerError) for answer in answers.values()))


def looked_up(repo: Repo, chart: ChartOfHub, *, online: bool) -> str | HubImagesError:
    """Return the JupyterHub of a chart, empty if it is not known, or the error of the Helm repository."""
    if is_range(chart.version):
        return BadInputError("it is a range, and no lock file says the version")
    assert repo.work_tree is not None
    folder = Path(repo.work_tree, chart.folder, "charts")
    try:
        return jupyterhub_of_chart(chart.version, chart.address, [folder], online=online)
    except HubImagesError as error:
        return error
