"""The nodes of a document, each with its position in the text.

`start` and `end` count code points from the start of the text, with a byte order mark, and exclude anchor and tag.
`line` counts line feeds from 1, as git and editors do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hubimages.yaml_text.unreadable import UnreadableYamlError

MAX_PLACES = 200_000


@dataclass(slots=True, eq=False)
class ScalarNode:
    """A text, number, boolean or null. `value` is its text."""

    start: int
    end: int
    line: int
    value: str
    style: str  # "plain", "single", "double", "literal", "folded"
    tag: str | None  # resolved, for example "tag:yaml.org,2002:str"; None without a tag
    anchor: str | None
    flow: bool  # inside [] or {}


@dataclass(slots=True, eq=False)
class MappingNode:
    """A mapping: its pairs of key and value, in order, with duplicates."""

    start: int
    end: int
    line: int
    tag: str | None
    anchor: str | None
    flow: bool  # written with {}
    pairs: list[tuple["Node", "Node"]] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A sequence: its items in order."""

    start: int
    end: int
    line: int
    tag: str | None
    anchor: str | None
    flow: bool  # written with []
    items: list["Node"] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class AliasNode:
    """An alias `*name` and its target."""

    start: int
    end: int
    line: int
    name: str
    target: "ScalarNode | MappingNode | SequenceNode"


Node = ScalarNode | MappingNode | SequenceNode | AliasNode
Resolved = ScalarNode | MappingNode | SequenceNode


class Visits:
    """Counts the nodes visited through aliases, since a few lines can expand to billions of nodes.

    go-yaml refuses "excessive aliasing", too.
    """

    def __init__(self) -> None:
        self.left = MAX_PLACES

    def count(self, node: Node) -> None:
        """Count a node. Raises UnreadableYamlError above the limit."""
        self.left -= 1
        if self.left < 0:
            raise UnreadableYamlError(node.line, "its aliases expand to too many nodes")


def resolved(node: Node) -> Resolved:
    """Return the node, or the target of an alias."""
    return node.target if isinstance(node, AliasNode) else node


def is_merge(key: Node) -> bool:
    """Return True for the merge key: `<<` without quotes."""
    return isinstance(key, ScalarNode) and key.value == "<<" and key.style == "plain" and not _is_text(key.tag)


def merged(value: Node) -> Iterator[MappingNode]:
    """Return the mappings of a merge key's value, lowest precedence first."""
    node = resolved(value)
    if isinstance(node, MappingNode):
        yield node
    elif isinstance(node, SequenceNode):
        for item in reversed(node.items):
            mapping = resolved(item)
            if isinstance(mapping, MappingNode):
                yield mapping


def effective(mapping: MappingNode) -> dict[str, tuple[Node, Node]]:
    """Return key and value by the key's text, as Helm sees them: merges in the order written, the last of duplicates.

    Against the specification, go-yaml 2 lets a merge key override the keys above it, and so does this.
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
    """Return what `effective` has for one key, without reading the others."""
    for pair in reversed(mapping.pairs):
        key = pair[0]
        if type(key) is not ScalarNode or key.value == "<<":
            return effective(mapping).get(name)
        if key.value == name:
            return pair
    return None


def key_text(key: Node) -> str:
    """Return a key as text; "?" for a mapping or sequence, which Helm refuses."""
    node = resolved(key)
    return node.value if isinstance(node, ScalarNode) else "?"


def _is_text(tag: str | None) -> bool:
    return tag == "tag:yaml.org,2002:str"
