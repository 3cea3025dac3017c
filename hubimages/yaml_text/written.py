"""Where a path is written: the mappings and sequences on the way to it, none of them through an alias."""

from dataclasses import dataclass

from hubimages.errors import BadInputError, RefusedError
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode, SequenceNode, is_merge, key_text
from hubimages.yaml_text.tree import Path


@dataclass(frozen=True)
class Place:
    """A node, with what it stands in."""

    node: Node
    index: int  # of the pair or the item in the parent; of the document at the top
    key: Node | None  # that leads to it
    parent: "Place | None"

    @property
    def is_empty(self) -> bool:
        """Nothing is written there: `key:` alone."""
        return isinstance(self.node, ScalarNode) and self.node.start == self.node.end


def shown(path: Path) -> str:
    """`hub.services.0.name`, for messages."""
    return ".".join(str(step) for step in path) or "the top of the file"


def written(documents: list[Node], path: Path, document: int) -> Place:
    """The place at a path. Raises BadInputError where nothing is, RefusedError where an alias or a merge key leads."""
    if document >= len(documents):
        raise BadInputError(f"there is no document {document} in the file")
    place = Place(documents[document], document, None, None)
    for number, step in enumerate(path):
        here = shown(path[:number])
        node = place.node
        if isinstance(node, AliasNode):
            raise RefusedError(f"line {node.line}: {here} is the alias *{node.name}; edit line {node.target.line}")
        below = _step(place, step)
        if below is None:
            if isinstance(node, MappingNode) and any(is_merge(key) for key, _ in node.pairs):
                raise RefusedError(
                    f"line {node.line}: {shown(path)} is not written there; it may come from a merge key"
                )
            raise BadInputError(f"there is no {shown(path[: number + 1])} in the file")
        place = below
    return place


def _step(place: Place, step: str | int) -> Place | None:
    node = place.node
    if isinstance(node, MappingNode):
        for index in range(len(node.pairs) - 1, -1, -1):  # the last of duplicates is the one that counts
            key, value = node.pairs[index]
            if key_text(key) == str(step) and not is_merge(key):
                return Place(value, index, key, place)
    elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.items):
        return Place(node.items[step], step, None, place)
    return None
