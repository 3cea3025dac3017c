"""Kustomize: what a kustomization takes in, with the charts that it renders.

`valuesInline` overrides `valuesFile` unless `valuesMerge` says otherwise, and `additionalValuesFiles` override both:
https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_helmchartinflationgenerator_
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.kustomize import patches as overriding
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import YAML, View, join
from hubimages.yaml_text import Node

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
HUB_WORDS = ("jupyterhub", "k8s-hub", "singleuser", "DockerSpawner", "KubeSpawner")


def of_folder(view: View, folder: str) -> str | None:
    """Return the kustomization of a folder."""
    return next((path for path in (join(folder, name) for name in NAMES) if path in view.known), None)


def all_of(view: View) -> list[str]:
    """Return every kustomization of the repository."""
    return [file for file in view.files if file.rpartition("/")[2] in NAMES]


def bases(view: View, file: str) -> tuple[list[str], list[str]]:
    """Return the kustomizations that one takes in, and the files."""
    folder = str(PurePosixPath(file).parent)
    top = view.first(file)
    others, files = [], []
    for key in ("resources", "bases", "components", "crds"):
        for path in nodes.texts(top, key):
            if "://" in path or not path:
                continue
            whole = join(folder, path)
            below = of_folder(view, whole)
            if below:
                others.append(below)
            elif whole in view.known:
                files.append(whole)
    return others, files


def roots(view: View) -> list[str]:
    """Return the kustomizations that no other one takes in."""
    taken = {below for file in all_of(view) for below in bases(view, file)[0]}
    return [file for file in all_of(view) if file not in taken]


def chain(view: View, file: str, seen: frozenset[str] = frozenset()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each kustomization that one takes in with its files, itself last."""
    if file in seen:
        return
    others, files = bases(view, file)
    for other in others:
        yield from chain(view, other, seen | {file})
    yield file, tuple(files)


def patches_of(view: View, file: str) -> Iterator[tuple[str, tuple[str | int, ...], Node]]:
    """Yield the patches of a kustomization: file, path of the patch in it, and the patch's entry."""
    folder = str(PurePosixPath(file).parent)
    top = view.first(file)
    for key in ("patches", "patchesStrategicMerge", "patchesJson6902"):
        for number, entry in enumerate(nodes.items(top, key)):
            path = nodes.text(entry, "path") or nodes.text(entry)
            if path and "\n" not in path and join(folder, path) in view.known:
                yield join(folder, path), (), entry
            elif nodes.text(entry, "patch"):
                yield file, (key, number, "patch"), entry
            elif "\n" in nodes.text(entry):
                yield file, (key, number), entry


def charts(view: View, file: str) -> Iterator[tuple[str, tuple[Layer, ...], bool]]:
    """Yield name, layers, and whether it is a hub, for each chart that a kustomization renders."""
    folder = str(PurePosixPath(file).parent)
    for number, entry in enumerate(nodes.items(view.first(file), "helmCharts")):
        name = nodes.text(entry, "name")
        first, more = (
            [layer for path in given if path for layer in view.values_file(join(folder, path), file, entry.line)]
            for given in ([nodes.text(entry, "valuesFile")], nodes.texts(entry, "additionalValuesFiles"))
        )
        inline = [Layer(file, root=("helmCharts", number, "valuesInline"))] if nodes.at(entry, "valuesInline") else []
        merge = nodes.text(entry, "valuesMerge") if inline else ""
        base = inline if merge == "replace" else [*inline, *first] if merge == "merge" else [*first, *inline]
        layers = [*base, *more]
        chart = join(folder, f"{nodes.text(entry, 'chartHome') or 'charts'}/{name}/Chart.yaml")
        below = view.chart_layers(chart) if chart in view.known else ()
        is_hub = view.named(name, chart if chart in view.known else None, layers)
        yield nodes.text(entry, "releaseName") or name, (*below, *layers), is_hub


def layers_of(view: View, folder: str) -> list[Layer]:
    """Return all that the kustomization of a folder takes in: manifests, patches, and the values of its charts."""
    top = of_folder(view, folder)
    layers: list[Layer] = []
    objects: list[overriding.Object] = []
    hidden: overriding.Hidden = {}
    for file, files in chain(view, top) if top else ():
        given = list(patches_of(view, file))
        layers += (Layer(each, document=None) for each in files)
        layers += (layer for _, below, _ in charts(view, file) for layer in below)
        layers += (Layer(each, document=None) for each, _, _ in given if each != file)
        layers.append(Layer(file, document=None))
        objects += ((each, (), number, node) for each in files for number, node in enumerate(view.documents(each)))
        overriding.hide(view, file, given, objects, hidden)
    return [
        replace(each, hidden=frozenset(hidden[each.file])) if each.document is None and each.file in hidden else each
        for each in layers
    ]


def runs_hub(view: View, layer: Layer) -> bool:
    """Return True if a manifest names JupyterHub."""
    text = view.text(layer.file) if layer.file in view.with_images else None
    return text is not None and any(word in text for word in HUB_WORDS)


def hubs(view: View) -> Iterator[Hub]:
    """Yield a hub for each chart of a hub, by release and folder, and for manifests that run JupyterHub."""
    for root in roots(view):
        folder = str(PurePosixPath(root).parent)
        found = False
        for file, _ in chain(view, root):
            for name, layers, is_hub in charts(view, file):
                found = True
                own = root if file == root else file
                where = str(PurePosixPath(own).parent)
                shown = name if where == "." else f"{where}/{name}" if PurePosixPath(where).name != name else where
                yield Hub(shown, layers, is_hub=is_hub, layout=f"Kustomize ({file})")
        layers = tuple(dict.fromkeys(layers_of(view, folder)))
        if not found and any(
            layer.file.endswith((*YAML, "Kustomization")) and runs_hub(view, layer) for layer in layers
        ):
            yield Hub(folder if folder != "." else "kustomization", layers, layout=f"Kustomize ({root})", guess=True)
