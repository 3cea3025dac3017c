"""Guess hubs from values files, where nothing in the repository says which there are."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import HUB_CHARTS, YAML, View
from hubimages.yaml_text import MappingNode, Node

SHARED = ("common", "base", "default", "defaults", "shared")  # files that the others in the directory override
GENERAL = ("values", "config")  # a name that says nothing


def hubs(view: View, taken: frozenset[str]) -> Iterator[Hub]:
    """Yield a hub for each values file that no other layout has taken, on top of its chart and of what it shares."""
    files = [file for file in view.files if file in view.with_images and file.endswith(YAML) and file not in taken]
    sections = {_chart_of(folder): view.sections(_chart_of(folder), HUB_CHARTS) for folder in view.charted}
    for folder in sorted(view.charted):
        if view.hub_chart(_chart_of(folder)) and "{" not in folder:
            yield from _of_chart(view, folder, files)
    for file in files:
        path = PurePosixPath(file)
        in_chart = any(str(parent) in view.charted for parent in path.parents)
        stem = path.name.partition(".")[0]
        if in_chart or stem in SHARED or "{" in file or "/." in f"/{file}" or path.name == "Chart.yaml":
            continue
        top = view.first(file)
        chart = _fitting(sections, top)
        if not (chart or view.has_hub_keys(top)) or nodes.at(top, "sops") is not None:
            continue
        shared = [
            Layer(other) for other in files
            if PurePosixPath(other).parent == path.parent and PurePosixPath(other).name.partition(".")[0] in SHARED
        ]  # fmt: skip
        name = str(path.parent / stem) if stem not in GENERAL else str(path.parent)
        name = stem if name == "." else name
        yield Hub(name, (*view.chart_layers(chart), *shared, Layer(file)), layout="values file", guess=True)


def _of_chart(view: View, folder: str, files: Sequence[str]) -> Iterator[Hub]:
    """Yield a hub for each values file in the directory of a chart; for its values.yaml alone if there is no other."""
    chart = _chart_of(folder)
    layers = view.chart_layers(chart)
    here = [file for file in files if file.rpartition("/")[0] in (folder, f"{folder}/values", f"{folder}/environments")]
    own = [file for file in here if PurePosixPath(file).name not in ("values.yaml", "Chart.yaml", "requirements.yaml")]
    own = [file for file in own if view.is_for(file, chart)]
    for file in own:
        stem = PurePosixPath(file).name.partition(".")[0]
        short = stem.removeprefix("values-").removesuffix("-values").removeprefix("values_")
        if stem in GENERAL:
            short = PurePosixPath(file).name.split(".")[1]
        yield Hub(f"{folder}/{short}", (*layers, Layer(file)), layout="chart with a values file", guess=True)
    used = f"{folder}/values.yaml"
    if not own and used in files:
        yield Hub(folder, layers, layout="chart", guess=True)


def _fitting(sections: Mapping[str, Sequence[str]], top: Node | None) -> str | None:
    """Return the one chart in the repository whose hub dependency a values file has as a key."""
    fitting = [
        chart for chart, keys in sections.items() if any(isinstance(nodes.at(top, k), MappingNode) for k in keys)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _chart_of(folder: str) -> str:
    return f"{folder}/Chart.yaml" if folder != "." else "Chart.yaml"
