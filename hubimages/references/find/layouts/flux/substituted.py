"""Variables that Flux substitutes after a build: where they are set, and which values of a release they are.

https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hubimages.references.find.image_keys import names_image
from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Layer
from hubimages.references.find.layouts.view import View
from hubimages.references.reference import NotRead, Path
from hubimages.yaml_text import MappingNode, Node, ScalarNode

SIGN = "postBuild"
IN_LINE = re.compile(r"^[ \t-]*[\"']?(?:\w*[iI]mage\w*|tag|newTag)[\"']?[ \t]*:[^#\n]*?\$\{(?P<name>\w+)")
WHOLE = re.compile(r"\$\{(?P<name>\w+)(?::?[-=][^{}]*)?\}")  # with or without a default


@dataclass(frozen=True)
class Setting:
    """A place that sets a variable."""

    file: str
    document: int
    root: Path
    line: int
    text: str


def settings(view: View, maps: Mapping[str, tuple[str, int]]) -> dict[str, list[Setting]]:
    """Return the places that set each variable: in the Kustomizations of Flux, and in ConfigMaps that they name."""
    found: dict[str, list[Setting]] = {}
    for file, number, document in view.marked(SIGN, ("Kustomization",)):
        given: list[tuple[str, int, Path]] = [(file, number, ("spec", SIGN, "substitute"))]
        for source in nodes.items(document, "spec", SIGN, "substituteFrom"):
            if nodes.text(source, "kind") == "ConfigMap" and nodes.text(source, "name") in maps:
                given.append((*maps[nodes.text(source, "name")], ("data",)))
        for there, each, root in given:
            for name, value in nodes.keys(view.documents(there)[each], *root).items():
                place = Setting(there, each, (*root, name), value.line, nodes.text(value))
                if place not in found.setdefault(name, []):
                    found[name].append(place)
    return found


def layers(view: View, of_release: Sequence[Layer], known: Mapping[str, Sequence[Setting]]) -> Iterator[Layer]:
    """Yield a layer for each name or tag of an image that is a variable as a whole, where one place sets it."""
    variables: dict[Path, str] = {}
    for layer in of_release:
        for path, value in _scalars(view.values.top(layer), ()):
            matched = WHOLE.fullmatch(value)
            variables[layer.whole((*layer.root, *path))] = matched["name"] if matched else ""
    for path, name in variables.items():
        if len(known.get(name, ())) == 1 and (names_image(str(path[-1])) or names_image(str(path[-2:][0]))):
            (place,) = known[name]
            yield Layer(place.file, root=place.root, document=place.document, sets=path)


def unread(
    view: View, files: Iterable[str], known: Mapping[str, Sequence[Setting]], read: Iterable[Layer]
) -> Iterator[NotRead]:
    """Yield each image or tag that is a variable and is not read, with the places that set it."""
    places = {(layer.file, layer.root) for layer in read}
    for file in files:
        for number, line in enumerate((view.text(file) or "").split("\n"), 1):
            matched = IN_LINE.match(line)
            if matched is None:
                continue
            given = known.get(matched["name"], ())
            if len(given) == 1 and (given[0].file, given[0].root) in places and WHOLE.search(line):
                continue
            said = ", ".join(f"{each.file}:{each.line} sets {each.text}" for each in given)
            said = said or "nothing in this repository sets it"
            yield NotRead(file, number, f"image or tag that Flux substitutes (${{{matched['name']}}}: {said})")


def _scalars(node: Node | None, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(node, ScalarNode):
        yield path, node.value
    elif isinstance(node, MappingNode):
        for name, value in nodes.keys(node).items():
            yield from _scalars(value, (*path, name))
