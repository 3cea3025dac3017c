"""Clusters, as 2i2c has them: a `cluster.yaml` lists the hubs of a cluster, each with its chart and values files."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View, join
from hubimages.references.reference import NotRead
from hubimages.yaml_text import MappingNode, ScalarNode, SequenceNode

CLUSTER = ("cluster.yaml", "cluster.yml")
LAYOUT = "cluster.yaml"


def hubs(view: View) -> Iterator[Hub]:
    """Yield the hubs of all clusters, and the support chart of each as a release."""
    for file in view.files:
        if file.rpartition("/")[2] in CLUSTER:
            yield from _of_cluster(view, file)


def _of_cluster(view: View, file: str) -> Iterator[Hub]:
    top = view.first(file)
    if not isinstance(top, MappingNode):
        return
    cluster = nodes.text(top, "name") or PurePosixPath(file).parent.name
    listed = nodes.at(top, "hubs")
    if listed is not None and not isinstance(listed, SequenceNode) and not isinstance(listed, ScalarNode):
        view.not_read.append(NotRead(file, listed.line, "hubs that are not a list"))
    for entry in nodes.items(top, "hubs"):
        name = nodes.text(entry, "name")
        if not name:
            view.not_read.append(NotRead(file, entry.line, "hub without a name"))
        else:
            chart = view.charts.get(nodes.text(entry, "helm_chart"))
            yield Hub(f"{cluster}/{name}", _layers(view, file, entry, chart), layout=LAYOUT)
    support = nodes.at(top, "support")
    if isinstance(support, MappingNode):
        chart = view.charts.get(nodes.text(support, "helm_chart") or "support")
        name = nodes.text(support, "name") or "support"
        yield Hub(f"{cluster}/{name}", _layers(view, file, support, chart), is_hub=False, layout=LAYOUT)


def _layers(view: View, file: str, entry: object, chart: str | None) -> tuple[Layer, ...]:
    """Return the values of the chart, then those of the values files."""
    assert isinstance(entry, MappingNode)
    folder = file.rpartition("/")[0]
    layers = [*view.chart_layers(chart)]
    for path in nodes.texts(entry, "helm_chart_values_files"):
        if path:
            layers += view.values_file(join(folder, path), file, entry.line)
    return tuple(layers)
