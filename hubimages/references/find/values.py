"""The values that a layer of a hub holds, also those inside of the text of a scalar."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from hubimages.references.find.embedded import Inside, inside_of
from hubimages.references.find.image_keys import names_image
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.templates import is_template
from hubimages.references.image_text import is_placeholder, read_image, read_tag, why_no_tag
from hubimages.references.reference import Form, Path, Place, Reference
from hubimages.yaml_text import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Tree,
    UnreadableYamlError,
    compose,
    data,
    pair_of,
    resolved,
)

Resolved = MappingNode | SequenceNode | ScalarNode
Located = tuple[Node, Inside | None]  # the top of the values, and the text in which they are


class Values:
    """Finds the top of a layer, once for each."""

    def __init__(self, tree: Callable[[str], Tree | None]) -> None:
        self.tree = tree
        self.known: dict[Layer, Located | None] = {}

    def top(self, layer: Layer) -> Node | None:
        """Return the node of a layer's values; None if there is nothing."""
        found = self.located(layer)
        return found[0] if found else None

    def can_override(self, layer: Layer) -> bool:
        """Return True if a layer has anything that can override what earlier layers have."""
        return layer.sets is not None or (layer.document is not None and self.top(layer) is not None)

    def located(self, layer: Layer) -> Located | None:
        """Return the node of a layer's values, and the text of the scalar that they are in."""
        if layer not in self.known:
            self.known[layer] = self._find(layer)
        return self.known[layer]

    def _find(self, layer: Layer) -> Located | None:
        if layer.sets is not None and layer.document is None:  # in a program
            return None
        tree = self.tree(layer.file)
        document = layer.document or 0
        if tree is None or document >= len(tree.documents):
            return None
        text, node = tree.text, resolved(tree.documents[document])
        inside: Inside | None = None
        for step in (*layer.root, None):
            if isinstance(node, ScalarNode) and (node.style != "plain" or step is not None):
                if layer.sets is not None and step is None:
                    break
                inside = inside_of(node, text, inside)
                try:
                    inner = compose(node.value)
                except UnreadableYamlError:
                    return None
                if not inner.documents:
                    return None
                text, node = node.value, resolved(inner.documents[0])
            if step is None:
                break
            below = _below(node, step)
            if below is None:
                return None
            node = below
        return node, inside

    def place(self, layer: Layer, scalar: ScalarNode, path: Path) -> Place:
        """Return the place of a scalar of a layer; `path` is that in the file."""
        located = self.located(layer)
        inside = located[1] if located else None
        part = (0, len(scalar.value))
        span = inside.span(scalar.start, scalar.end) if inside else (scalar.start, scalar.end)
        start, end = span or (scalar.start, scalar.end)
        line = inside.line(scalar.line) if inside else scalar.line
        style = scalar.style if inside or is_template(layer.file) else ""
        return Place(
            layer.file, line, start, end, scalar.value, part, path=path, document=layer.document or 0, inside=style
        )


def references_of_paths(hubs: Iterable[Hub], known: Iterable[Reference], values: Values) -> Iterator[Reference]:
    """Yield the references that no key of a file says: single values that a hub puts at the path of an image."""
    seen = {place.scalar for each in known for place in (each.tag_place, each.name_place) if place}
    for layer in dict.fromkeys(layer for hub in hubs for layer in hub.layers if layer.sets):
        node = values.top(layer)
        if not isinstance(node, ScalarNode) or data(node) in (None, ""):
            continue
        place = values.place(layer, node, layer.root)
        *above, last = layer.sets or ("",)
        if place.scalar in seen or is_placeholder(node.value):
            continue
        seen.add(place.scalar)
        below_image = bool(above) and names_image(str(above[-1]))
        read = read_image(node.value)
        if below_image and last in ("tag", "newTag"):
            tagged = read_tag(node.value)
            invalid = why_no_tag(node.value)
            tag, digest = tagged or (node.value.strip(), "")
            yield Reference(
                Form.TAG_ONLY, layer.file, place.line, layer.root, "", "", tag, digest, place, invalid=invalid
            )  # fmt: skip
        elif read is not None and below_image and last in ("name", "repository"):
            image = read.image
            yield Reference(
                Form.NAME_ONLY, layer.file, place.line, layer.root, image.host, image.name, "", "", None, place
            )  # fmt: skip
        elif read is not None and names_image(str(last)):
            image = read.image
            yield Reference(
                Form.STRING, layer.file, place.line, layer.root, image.host, image.name, image.tag, image.digest,
                replace(place, part=read.part, lead=read.lead), replace(place, part=read.name_part),
            )  # fmt: skip


def _below(node: Resolved, step: str | int) -> Resolved | None:
    if isinstance(node, MappingNode):
        pair = pair_of(node, str(step))
        return resolved(pair[1]) if pair else None
    if isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
        return resolved(node.items[step])
    return None
