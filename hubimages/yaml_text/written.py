"""Find where a path is written: through mappings and sequences, but not through an alias."""

from dataclasses import dataclass

from hubimages.errors import BadInputError, RefusedError
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode, SequenceNode, is_merge, key_text
from hubimages.yaml_text.tree import Path


@dataclass(frozen=True)
class NodePlace:
    """A node and its parent."""

    node: Node
    index: int  # of the pair or item in its parent, or of the document
    key: Node | None  # of the node
    parent: "NodePlace | None"

    @property
    def is_empty(self) -> bool:
        """True for `key:` without a value."""
        return isinstance(self.node, ScalarNode) and self.node.start == self.node.end


def shown(path: Path) -> str:
    """Return the path for messages, for example `hub.services.0.name`."""
    return ".".join(str(step) for step in path) or "the top of the file"


def written(documents: list[Node], path: Path, document: int) -> NodePlace:
    """Return the place at a path.

    Raises BadInputError if there is none, RefusedError if an alias or a merge key leads there."""
    if document >= len(documents):
        raise BadInputError(f"there is no document {document} in the file")
    place = NodePlace(documents[document], document, None, None)
    for number, step in enumerate(path):
        here = shown(path[:number])
        node = place.node
        if isinstance(node, AliasNode):
            raise RefusedError(f"line {node.line}: {here} is the alias *{node.name}. Edit line {node.target.line}")
        below = _step(place, step)
        if below is None:
            if isinstance(node, MappingNode) and any(is_merge(key) for key, _ in node.pairs):
                raise RefusedError(
                    f"line {node.line}: {shown(path)} is not written there; it may come from a merge key"
                )
            raise BadInputError(f"there is no {shown(path[: number + 1])} in the file")
        place = below
    return place


def _step(place: NodePlace, step: str | int) -> NodePlace | None:
    node = place.node
    if isinstance(node, MappingNode):
        for index in range(len(node.pairs) - 1, -1, -1):  # the last of duplicates counts
            key, value = node.pairs[index]
            if key_text(key) == str(step) and not is_merge(key):
                return NodePlace(value, index, key, place)
    elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return NodePlace(node.items[step], step, None, place)
    return None
