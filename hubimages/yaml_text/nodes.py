"""The parts of a document as they are written, each with its place in the text.

`start` and `end` count code points from the beginning of the text, byte order mark included; they leave out the anchor
and the tag. `line` counts from 1, as git and editors do: by line feeds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hubimages.yaml_text.unreadable import UnreadableYamlError

MAX_PLACES = 200_000


@dataclass(slots=True, eq=False)
class ScalarNode:
    """A text, number, boolean or null. `value` is its text, whatever it means."""

    start: int
    end: int
    line: int
    value: str
    style: str  # "plain", "single", "double", "literal", "folded"
    tag: str | None  # as the author gave it, written out: "tag:yaml.org,2002:str"; None without
    anchor: str | None
    flow: bool  # inside of [] or {}


@dataclass(slots=True, eq=False)
class MappingNode:
    """Pairs of key and value, in order and with duplicates."""

    start: int
    end: int
    line: int
    tag: str | None
    anchor: str | None
    flow: bool  # written with {}
    pairs: list[tuple["Node", "Node"]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class SequenceNode:
    """Items in order."""

    start: int
    end: int
    line: int
    tag: str | None
    anchor: str | None
    flow: bool  # written with []
    items: list["Node"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class AliasNode:
    """`*name`, and what it stands for."""

    start: int
    end: int
    line: int
    name: str
    target: "ScalarNode | MappingNode | SequenceNode"


Node = ScalarNode | MappingNode | SequenceNode | AliasNode
Resolved = ScalarNode | MappingNode | SequenceNode


class Visits:
    """Counts the nodes that are visited over aliases: a few lines of them can stand for billions of places.

    go-yaml refuses "excessive aliasing", too.
    """

    def __init__(self) -> None:
        self.left = MAX_PLACES

    def count(self, node: Node) -> None:
        """Raises UnreadableYamlError where it is one too many."""
        self.left -= 1
        if self.left < 0:
            raise UnreadableYamlError(node.line, "its aliases stand for too much")


def resolved(node: Node) -> Resolved:
    """The node, or what an alias stands for."""
    return node.target if isinstance(node, AliasNode) else node


def is_merge(key: Node) -> bool:
    """Whether a key is `<<` without quotes, which merges mappings."""
    return isinstance(key, ScalarNode) and key.value == "<<" and key.style == "plain" and not _is_text(key.tag)


def merged(value: Node) -> Iterator[MappingNode]:
    """The mappings that a merge key's value names, in the order in which they are put on top of each other."""
    node = resolved(value)
    if isinstance(node, MappingNode):
        yield node
    elif isinstance(node, SequenceNode):
        for item in reversed(node.items):
            mapping = resolved(item)
            if isinstance(mapping, MappingNode):
                yield mapping


def effective(mapping: MappingNode) -> dict[str, tuple[Node, Node]]:
    """Key's text to key and value as Helm sees them: merges applied in the order written, the last of duplicates.

    go-yaml 2 lets a merge key override the keys above it, against the specification; so do we.
    """
    result: dict[str, tuple[Node, Node]] = {}
    _put_into(result, mapping, Visits())
    return result


def _put_into(result: dict[str, tuple[Node, Node]], mapping: MappingNode, visits: Visits) -> None:
    for key, value in mapping.pairs:
        if type(key) is ScalarNode and key.value != "<<":  # nearly every key
            result[key.value] = (key, value)
        elif is_merge(key):
            for other in merged(value):
                visits.count(key)
                _put_into(result, other, visits)
        else:
            result[key_text(key)] = (key, value)


def pair_of(mapping: MappingNode, name: str) -> tuple[Node, Node] | None:
    """What `effective` has for one key, without looking at all others."""
    for pair in reversed(mapping.pairs):
        key = pair[0]
        if type(key) is not ScalarNode or key.value == "<<":
            return effective(mapping).get(name)
        if key.value == name:
            return pair
    return None


def key_text(key: Node) -> str:
    """A key as text; "?" for one that is a mapping or sequence, which Helm refuses."""
    node = resolved(key)
    return node.value if isinstance(node, ScalarNode) else "?"


def _is_text(tag: str | None) -> bool:
    return tag == "tag:yaml.org,2002:str"
