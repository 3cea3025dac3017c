"""Find every scalar of a text, with its position in the text and its paths in the data."""

import re
from typing import NamedTuple

from hubimages.yaml_text.composing import BLOCK, STYLES, Reader, compose_documents
from hubimages.yaml_text.nodes import (
    AliasNode,
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Visits,
    effective,
    is_merge,
    key_text,
    resolved,
)
from hubimages.yaml_text.tree import Path

ALIAS = re.compile(r"[\s,\[{:?-]\*[A-Za-z0-9]")
KEY, VALUE, OUTSIDE = -1, -2, -3


class Scalar(NamedTuple):
    """A scalar: where it is in the data (document, path) and in the text (start, end, line)."""

    document: int
    path: Path  # where it is written; a key has the path of its value
    value: str  # the text, whatever it means to YAML: "1.10" for 1.10
    start: int  # code points from the beginning of the text, without anchor and tag
    end: int
    line: int  # from 1
    style: str  # "plain", "single", "double", "literal", "folded"
    tag: str | None
    anchor: str | None
    also: tuple[Path, ...]  # more paths of the value, through aliases and merge keys
    is_key: bool
    flow: bool  # inside [] or {}


def scalars(text: str, *, keys: bool = False) -> list[Scalar]:
    """Return the scalars of all documents in the order of the text; with `keys`, also the keys of mappings.

    Raises UnreadableYamlError.
    """
    aliased = "<<" in text or ("*" in text and ALIAS.search(text) is not None)  # a false positive only costs time
    found = None if keys or aliased else Reader(text, keep=True).read(_read_directly)
    return _from_trees(text, compose_documents(text, keep=True), keys) if found is None else found


def _read_directly(reader: Reader) -> list[Scalar] | None:  # noqa: PLR0912 - one branch for each kind of event
    """Return the scalars without keys, in half the time of a tree; None for a text with aliases or merge keys."""
    yaml, next_event = reader.yaml, reader.events()
    scalar_event, mapping_start, sequence_start = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
    shift, by_marks = reader.shift, reader.feeds is None
    found: list[Scalar] = []
    parents: list[tuple[Path, int, bool]] = []  # of each open node: path, position, flow
    path: Path = ()
    document, position, flow = -1, OUTSIDE, False  # position: in a sequence, or KEY or VALUE in a mapping
    while True:
        event = next_event()
        kind = type(event)
        if kind is scalar_event:
            value = event.value
            if position == KEY:
                if value == "<<":
                    return None
                path, position = (*path, value), VALUE
                continue
            here = (*path, position) if position >= 0 else path
            style, tag, anchor = STYLES[event.style], event.tag, event.anchor
            if by_marks and tag is None and anchor is None and style not in BLOCK:  # nearly all scalars: avoid calls
                mark = event.start_mark
                start, end, line = mark.index + shift, event.end_mark.index + shift, mark.line + 1
            else:
                node = reader.scalar(event, flow=flow)
                start, end, line = node.start, node.end, node.line
            found.append(Scalar(document, here, value, start, end, line, style, tag, anchor, (), False, flow))
        elif kind is mapping_start or kind is sequence_start:
            if position == KEY:  # a mapping or sequence as key
                return None
            parents.append((path, position, flow))
            if position >= 0:
                path = (*path, position)
            position, flow = KEY if kind is mapping_start else 0, bool(event.flow_style)
            continue
        elif kind is yaml.AliasEvent:
            return None
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            path, position, flow = parents.pop()
        elif kind is yaml.DocumentStartEvent:
            document += 1
            continue
        elif kind is yaml.StreamEndEvent:
            return found
        else:
            continue
        if position >= 0:  # a value or item is complete
            position += 1
        elif position == VALUE:
            path, position = path[:-1], KEY


def _from_trees(text: str, documents: list[Node], keys: bool) -> list[Scalar]:
    """Return the scalars of trees, with the paths that aliases add."""
    found: list[Scalar] = []
    for number, top in enumerate(documents):
        here: list[tuple[Path, ScalarNode, bool]] = []
        aliased = _walk(top, (), here, keys)
        places = _other_places(text, top) if aliased else {}
        for path, node, is_key in here:
            also: tuple[Path, ...] = ()
            if id(node) in places and not is_key:
                also = tuple(place for place in places[id(node)] if place != path)
            found.append(
                Scalar(
                    number, path, node.value, node.start, node.end, node.line,
                    node.style, node.tag, node.anchor, also, is_key, node.flow,
                )
            )  # fmt: skip
    return found


def _walk(node: Node, path: Path, found: list[tuple[Path, ScalarNode, bool]], keys: bool) -> bool:
    """Collect the scalars below a node. Return True if there is an alias below it."""
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


def _other_places(text: str, top: Node) -> dict[int, list[Path]]:
    """Return the paths in the data of every scalar that an alias or a merge key adds a path to, by the node's id."""
    places: dict[int, list[Path]] = {}
    visits = Visits()

    def add(node: Node, path: Path, added: bool) -> None:
        visits.count(node)
        here = resolved(node)
        added = added or here is not node
        if isinstance(here, ScalarNode):
            if added:
                places.setdefault(id(here), []).append(path)
        elif not added and not any(sign in text[here.start : here.end] for sign in ("*", "<<")):
            return  # neither is below
        elif isinstance(here, SequenceNode):
            for number, item in enumerate(here.items):
                add(item, (*path, number), added)
        else:
            merges = any(is_merge(key) for key, _ in here.pairs)
            for name, (_, value) in effective(here).items():
                add(value, (*path, name), added or merges)

    add(top, (), False)
    return places
