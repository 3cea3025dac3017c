"""Argo CD: an Application is a release; an ApplicationSet makes one for each element of its generators.

What overrides what: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-value-precedence
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from hubimages.references.find.layouts import kustomize, nodes
from hubimages.references.find.layouts.argocd.generators import SIGN, Parameters, parameters_of
from hubimages.references.find.layouts.argocd.image_updater import of_resources, owners
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import YAML, View, filled, join
from hubimages.references.reference import NotRead, Path
from hubimages.yaml_text import MappingNode, Node


def hubs(view: View) -> Iterator[Hub]:
    """Yield the hubs, and other releases, of all Applications and ApplicationSets."""
    for file, number, document in view.marked(SIGN, ("Application", "ApplicationSet")):
        if nodes.text(document, "kind") == "Application":
            yield from _application(view, file, number, document, (), {})
            continue
        for parameters in parameters_of(view, file, document):
            yield from _application(view, file, number, document, ("spec", "template"), parameters)


def _application(
    view: View, file: str, number: int, document: Node, root: Path, parameters: Parameters
) -> Iterator[Hub]:
    name = filled(nodes.text(document, *root, "metadata", "name"), parameters)
    if "{{" in name or not name:
        name = PurePosixPath(file).name.partition(".")[0]
    spec = (*root, "spec")
    count = len(nodes.items(document, *spec, "sources"))
    sources: list[Path] = [(*spec, "sources", each) for each in range(count)] or [(*spec, "source")]
    layers: list[Layer] = []
    is_hub = False
    for source in sources:
        chart = filled(nodes.text(document, *source, "chart"), parameters)
        path = filled(nodes.text(document, *source, "path"), parameters).strip("/")
        chart_file = join(path, "Chart.yaml") if path or not chart else ""
        chart_file = chart_file if chart_file in view.known else ""
        below = [*view.chart_layers(chart_file or None), *_helm(view, file, number, document, source, path, parameters)]
        below += _written_back(view, path, name) if chart_file else ()
        if path and not chart_file and not chart:
            below += kustomize.layers_of(view, path) or _manifests(view, path)
        is_hub = is_hub or view.named(
            chart or (PurePosixPath(path).name if chart_file else ""), chart_file or None, below
        )
        layers += below
    is_hub = is_hub or any(kustomize.runs_hub(view, layer) for layer in layers if layer.document is None)
    if layers:
        owned = (*owners(document, root, file), *of_resources(view, name))
        yield Hub(name, tuple(dict.fromkeys(layers)), is_hub=is_hub, layout=f"Argo CD ({file})", owners=owned)


def _helm(
    view: View, file: str, number: int, document: Node, source: Path, path: str, parameters: Parameters
) -> Iterator[Layer]:
    """Yield the layers of a source's `helm`, in the order in which they override each other."""
    helm = (*source, "helm")
    node = nodes.at(document, *helm)
    if not isinstance(node, MappingNode):
        return
    for given in nodes.texts(node, "valueFiles"):
        value_file = filled(given, parameters)
        if "://" in value_file:
            view.not_read.append(NotRead(file, node.line, f"values file that is not in this repository ({value_file})"))
        elif value_file.startswith("$"):  # of another source; that of this repository, if it has such a file
            yield from view.values_file(join("", value_file.partition("/")[2]), file, node.line)
        else:
            whole = join("" if value_file.startswith("/") else path, value_file.lstrip("/"))
            ignored = nodes.text(node, "ignoreMissingValueFiles") == "true" and whole not in view.known
            yield from () if ignored else view.values_file(whole, file, node.line)
    if nodes.at(node, "valuesObject") is not None:
        yield Layer(file, root=(*helm, "valuesObject"), document=number)
    elif nodes.at(node, "values") is not None:
        yield Layer(file, root=(*helm, "values"), document=number)
    yield from _parameters(file, number, node, helm)


def _parameters(file: str, number: int, helm: Node | None, root: Path) -> Iterator[Layer]:
    for each, parameter in enumerate(nodes.items(helm, "parameters")):
        name = nodes.text(parameter, "name")
        if name:
            yield Layer(
                file, root=(*root, "parameters", each, "value"), document=number, sets=nodes.path_of(name)
            )  # fmt: skip


def _written_back(view: View, folder: str, name: str) -> Iterator[Layer]:
    """Yield the parameters that Argo CD reads beside a chart; Image Updater writes them.

    https://argo-cd.readthedocs.io/en/stable/user-guide/parameters/#store-overrides-in-git
    """
    for path in (join(folder, ".argocd-source.yaml"), join(folder, f".argocd-source-{name}.yaml")):
        if path in view.known:
            yield from _parameters(path, 0, nodes.at(view.first(path), "helm"), ("helm",))


def _manifests(view: View, folder: str) -> list[Layer]:
    """Return the manifests that are directly in a folder."""
    return [
        Layer(file, document=None) for file in view.files if file.rpartition("/")[0] == folder and file.endswith(YAML)
    ]
