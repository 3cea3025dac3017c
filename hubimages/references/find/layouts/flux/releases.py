"""Flux: a HelmRelease is a release, with what each kustomization that takes it in changes.

`valuesFrom` counts in its order, `values` override all of it:
https://fluxcd.io/flux/components/helm/helmreleases/#values
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from hubimages.references.find.layouts import kustomize, nodes
from hubimages.references.find.layouts.flux import substituted
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View, join
from hubimages.references.reference import NotRead, Path
from hubimages.yaml_text import MappingNode, Node

SIGN = "HelmRelease"
CONFIG_MAPS = "ConfigMap"
VALUES = "values.yaml"  # the key of a ConfigMap, where no other is given


def hubs(view: View) -> Iterator[Hub]:
    """Yield the hubs, and other releases, of all HelmReleases."""
    releases = list(view.marked(SIGN, ("HelmRelease",)))
    maps = {
        nodes.text(document, "metadata", "name"): (file, number)
        for file, number, document in (view.marked(CONFIG_MAPS, ("ConfigMap",)) if releases else ())
    }
    tops = kustomize.roots(view) if releases else []
    known = substituted.settings(view, maps) if releases else {}
    read: list[Layer] = []
    for file, number, document in releases:
        spec = nodes.at(document, "spec")
        if nodes.at(spec, "chart") is None and nodes.at(spec, "chartRef") is None:
            continue  # a patch
        name = nodes.text(document, "metadata", "name") or PurePosixPath(file).stem
        using = [top for top in tops if any(file in files for _, files in kustomize.chain(view, top))]
        for top in using or [""]:
            chain = list(kustomize.chain(view, top)) if top else []
            own = list(_layers(view, file, number, document, (), chain, maps))
            for each, root, patch_number, patch in _patches(view, chain, name):
                own += _layers(view, each, patch_number, patch, root, chain, maps)
            chart = nodes.text(spec, "chart", "spec", "chart") or nodes.text(spec, "chartRef", "name")
            chart_file = join("", f"{chart.removeprefix('./')}/Chart.yaml")
            local = chart_file if chart_file in view.known else None
            layers = (*view.chart_layers(local), *_in_order(own))
            set_elsewhere = [*substituted.layers(view, layers, known)] if known else []
            read += set_elsewhere
            layers = (*layers, *set_elsewhere)
            folder = str(PurePosixPath(top).parent) if len(using) > 1 else ""
            shown = f"{folder}/{name}" if folder not in ("", ".") else name
            is_hub = view.named(chart.rstrip("/"), local, layers)
            yield Hub(shown, layers, is_hub=is_hub, layout=f"Flux ({file})")
    view.not_read += substituted.unread(view, dict.fromkeys(file for file, _, _ in releases), known, read)


def _in_order(layers: list[tuple[bool, Layer]]) -> Iterator[Layer]:
    """Yield what `valuesFrom` gives, then what `values` give."""
    for inline in (False, True):
        yield from dict.fromkeys(layer for is_inline, layer in layers if is_inline is inline)


def _layers(
    view: View,
    file: str,
    number: int,
    document: Node,
    root: Path,
    chain: list[tuple[str, tuple[str, ...]]],
    maps: dict[str, tuple[str, int]],
) -> Iterator[tuple[bool, Layer]]:
    """Yield the layers of one HelmRelease, or of a patch for one; True with those that are inline."""
    spec = nodes.at(document, "spec")
    for source in nodes.items(spec, "valuesFrom"):
        name, key = nodes.text(source, "name"), nodes.text(source, "valuesKey") or VALUES
        target = nodes.text(source, "targetPath")
        found = _config_map(view, name, key, chain, maps) if nodes.text(source, "kind") == "ConfigMap" else None
        if found is not None and not target:
            yield False, found
        elif found is not None and found.root:
            yield False, replace(found, sets=nodes.path_of(target))
        else:
            what = f"{nodes.text(source, 'kind')} {name}, {key}"
            view.not_read.append(NotRead(file, source.line, f"values that are not in this repository ({what})"))
    if nodes.at(spec, "values") is not None:
        yield True, Layer(file, root=(*root, "spec", "values"), document=number)


def _config_map(
    view: View, name: str, key: str, chain: list[tuple[str, tuple[str, ...]]], maps: dict[str, tuple[str, int]]
) -> Layer | None:
    """Return the values in a ConfigMap, or in the file from which kustomize makes it."""
    if name in maps:
        file, number = maps[name]
        return Layer(file, root=("data", key), document=number)
    for kustomization in [each for each, _ in reversed(chain)] or kustomize.all_of(view):
        folder = str(PurePosixPath(kustomization).parent)
        for generator in nodes.items(view.first(kustomization), "configMapGenerator"):
            for given in nodes.texts(generator, "files"):
                given_key, equals, path = given.partition("=")
                path = path if equals else given
                if nodes.text(generator, "name") == name and (given_key if equals else PurePosixPath(path).name) == key:
                    whole = join(folder, path)
                    return Layer(whole) if whole in view.known else None
    return None


def _patches(view: View, chain: list[tuple[str, tuple[str, ...]]], name: str) -> Iterator[tuple[str, Path, int, Node]]:
    """Yield the patches for a HelmRelease: file, path of the patch in it, document, and the patch."""
    for kustomization, _ in chain:
        for file, root, _entry in kustomize.patches_of(view, kustomization):
            if root:
                patch = view.values.top(Layer(file, root=root))
                if isinstance(patch, MappingNode) and nodes.text(patch, "kind") == SIGN:
                    yield file, root, 0, patch
                continue
            for number, document in enumerate(view.documents(file)):
                same = nodes.text(document, "metadata", "name") in (name, "")
                if nodes.text(document, "kind") == SIGN and same:
                    yield file, (), number, document
