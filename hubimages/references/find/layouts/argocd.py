"""Argo CD: an Application is a release; an ApplicationSet makes one for each element of its generators.

What overrides what: https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-value-precedence
"""

import fnmatch
import itertools
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from hubimages.references.find.layouts import kustomize, nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import YAML, View, filled, join
from hubimages.references.reference import NotRead, Path
from hubimages.yaml_text import MappingNode, Node

SIGN = "argoproj.io"
Parameters = Mapping[str, str]


def hubs(view: View) -> Iterator[Hub]:
    """Yield the hubs, and other releases, of all Applications and ApplicationSets."""
    for file, number, document in view.marked(SIGN, ("Application", "ApplicationSet")):
        if nodes.text(document, "kind") == "Application":
            yield from _application(view, file, number, document, (), {})
            continue
        for parameters in _elements(view, file, document):
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
        if path and not chart_file and not chart:
            below += kustomize.layers_of(view, path) or _manifests(view, path)
        is_hub = is_hub or view.named(
            chart or (PurePosixPath(path).name if chart_file else ""), chart_file or None, below
        )
        layers += below
    is_hub = is_hub or any(kustomize.runs_hub(view, layer) for layer in layers if layer.document is None)
    if layers:
        yield Hub(name, tuple(dict.fromkeys(layers)), is_hub=is_hub, layout=f"Argo CD ({file})")


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
    for each, parameter in enumerate(nodes.items(node, "parameters")):
        name = nodes.text(parameter, "name")
        if name:
            root = (*helm, "parameters", each)
            yield Layer(file, root=root, document=number, sets=nodes.path_of(name))


def _manifests(view: View, folder: str) -> list[Layer]:
    """Return the manifests that are directly in a folder."""
    return [
        Layer(file, document=None) for file in view.files if file.rpartition("/")[0] == folder and file.endswith(YAML)
    ]


def _elements(view: View, file: str, document: Node) -> Iterator[Parameters]:
    """Yield the parameters of each Application of an ApplicationSet."""
    for generator in nodes.items(document, "spec", "generators"):
        yield from _generated(view, file, generator)


def _generated(view: View, file: str, generator: Node) -> list[Parameters]:
    (kind, body), *_ = nodes.keys(generator).items() or [("nothing", None)]
    if kind == "list":
        return [dict(nodes.flat(element)) for element in nodes.items(body, "elements")]
    if kind == "git":
        return [*_directories(view, body), *_files(view, body)]
    if kind == "matrix":
        both = [_generated(view, file, each) for each in nodes.items(body, "generators")]
        return [{key: value for part in parts for key, value in part.items()} for parts in itertools.product(*both)]
    line = generator.line
    view.not_read.append(NotRead(file, line, f"ApplicationSet whose hubs are not in the repository (generator {kind})"))
    return [{}]


def _directories(view: View, body: Node | None) -> Iterator[Parameters]:
    folders = sorted({str(parent) for file in view.files for parent in PurePosixPath(file).parents} - {"."})
    excluded = [nodes.text(each, "path") for each in nodes.items(body, "directories") if nodes.text(each, "exclude")]
    for entry in nodes.items(body, "directories"):
        pattern = nodes.text(entry, "path")
        for folder in folders:
            if nodes.text(entry, "exclude") or folder.count("/") != pattern.count("/"):
                continue
            if fnmatch.fnmatchcase(folder, pattern) and not any(fnmatch.fnmatchcase(folder, each) for each in excluded):
                yield _path_parameters(folder)


def _files(view: View, body: Node | None) -> Iterator[Parameters]:
    for entry in nodes.items(body, "files"):
        pattern = nodes.text(entry, "path").replace("**/", "*")
        for file in fnmatch.filter(view.files, pattern):
            yield {**dict(nodes.flat(view.first(file))), **_path_parameters(file.rpartition("/")[0])}


def _path_parameters(folder: str) -> Parameters:
    base = folder.rpartition("/")[2]
    segments = {f"path[{number}]": part for number, part in enumerate(folder.split("/"))}
    return {"path": folder, "path.path": folder, "path.basename": base, "path.basenameNormalized": base, **segments}
