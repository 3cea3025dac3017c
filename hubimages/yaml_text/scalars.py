"""Find every scalar of a text, with its place in the text and its places in the data."""

from collections.abc import Iterator
from typing import NamedTuple

from hubimages.yaml_text.compose import compose_documents
from hubimages.yaml_text.nodes import (
    AliasNode,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    effective,
    key_text,
    resolved,
)
from hubimages.yaml_text.tree import Path
from hubimages.yaml_text.unreadable import UnreadableYamlError

MAX_PLACES = 200_000  # go-yaml refuses "excessive aliasing", too: a few lines can stand for billions of places


class Scalar(NamedTuple):
    """A scalar: its place in the data (document, path) and in the text (start, end, line)."""

    document: int
    path: Path  # of the place where it is written; a key has the path of what it leads to
    value: str  # the text as YAML reads it, whatever it then means: "1.10" for 1.10
    start: int  # code points from the beginning of the text, without anchor and tag
    end: int
    line: int  # from 1
    style: str  # "plain", "single", "double", "literal", "folded"
    tag: str | None
    anchor: str | None
    also: tuple[Path, ...]  # further places of the value: through aliases and merge keys
    is_key: bool
    flow: bool  # inside of [] or {}


def scalars(text: str, *, keys: bool = False) -> list[Scalar]:
    """Every scalar of all documents, in the order of the text; with `keys`, the keys of mappings, too.

    Raises UnreadableYamlError.
    """
    found: list[Scalar] = []
    for number, top in enumerate(compose_documents(text)):
        here: list[tuple[Path, ScalarNode, bool]] = []
        aliased = _walk(top, (), here, keys)
        places = _all_places(top) if aliased else {}
        for path, node, is_key in here:
            also: tuple[Path, ...] = ()
            if places and not is_key:
                also = tuple(place for place in places.get(id(node), ()) if place != path)
            found.append(
                Scalar(
                    number, path, node.value, node.start, node.end, node.line,
                    node.style, node.tag, node.anchor, also, is_key, node.flow,
                )
            )  # fmt: skip
    return found


def _walk(node: Node, path: Path, found: list[tuple[Path, ScalarNode, bool]], keys: bool) -> bool:
    """Collect the scalars below a node; whether there is an alias among it."""
    if isinstance(node, ScalarNode):
        found.append((path, node, False))
        return False
    if isinstance(node, AliasNode):
        return True
    aliased = False
    if isinstance(node, MappingNode):
        for key, value in node.pairs:
            name = key.value if type(key) is ScalarNode else key_text(key)
            below = (*path, name)
            if keys and isinstance(key, ScalarNode):
                found.append((below, key, True))
            if type(value) is ScalarNode:
                found.append((below, value, False))
            elif _walk(value, below, found, keys) or name == "<<":
                aliased = True
        return aliased
    for number, item in enumerate(node.items):
        if _walk(item, (*path, number), found, keys):
            aliased = True
    return aliased


def _all_places(top: Node) -> dict[int, list[Path]]:
    """Where every scalar counts in the data, by the node's id."""
    places: dict[int, list[Path]] = {}
    for count, (path, node) in enumerate(_places(top, ())):
        if count >= MAX_PLACES:
            raise UnreadableYamlError(top.line, "its aliases stand for too much")
        places.setdefault(id(node), []).append(path)
    return places


def _places(node: Node, path: Path) -> Iterator[tuple[Path, ScalarNode]]:
    node = resolved(node)
    if isinstance(node, ScalarNode):
        yield path, node
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(node.items):
            yield from _places(item, (*path, number))
    else:
        for name, (_, value) in effective(node).items():
            yield from _places(value, (*path, name))
