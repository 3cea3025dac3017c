"""The documents of a text, with look-up by path."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hubimages.yaml_text.composing import compose_documents
from hubimages.yaml_text.meaning import Plain, read_plain
from hubimages.yaml_text.nodes import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Visits,
    effective,
    key_text,
    pair_of,
    resolved,
)
from hubimages.yaml_text.unreadable import UnreadableYamlError

Path = tuple[str | int, ...]  # keys as text, positions in sequences as numbers
YAML = "tag:yaml.org,2002:"


@dataclass(frozen=True)
class Tree:
    """The documents of a text."""

    text: str
    documents: tuple[Node, ...]

    def find(self, path: Sequence[str | int], document: int = 0) -> Node | None:
        """Return the node at a path, or None. Follows aliases and applies merge keys as Helm does."""
        pair = self.find_pair(path, document)
        return pair[1] if pair else None

    def find_key(self, path: Sequence[str | int], document: int = 0) -> Node | None:
        """Return the key of the node at a path; None if there is no node, or for an item of a sequence."""
        pair = self.find_pair(path, document)
        return pair[0] if pair else None

    def find_pair(self, path: Sequence[str | int], document: int = 0) -> tuple[Node | None, Node] | None:
        """Return key and value at a path."""
        if document >= len(self.documents):
            return None
        key: Node | None = None
        node: Node = self.documents[document]
        for step in path:
            node = resolved(node)
            if isinstance(node, MappingNode):
                pair = pair_of(node, str(step))
                if pair is None:
                    return None
                key, node = pair
            elif isinstance(node, SequenceNode) and isinstance(step, int) and 0 <= step < len(node.items):
                key, node = None, node.items[step]
            else:
                return None
        return key, resolved(node)

    def data(self, document: int = 0) -> Any:
        """Return a document as Helm reads it: dictionaries with text keys, lists, text, numbers, booleans, None."""
        return data(self.documents[document]) if document < len(self.documents) else None

    def duplicates(self) -> Iterator[tuple[Path, Node, Node]]:
        """Yield duplicate keys: the path, the first key and the later one, which counts in Helm."""
        for document in self.documents:
            yield from _duplicates(document, ())


def compose(text: str) -> Tree:
    """Return the tree of a text. Raises UnreadableYamlError."""
    return Tree(text, tuple(compose_documents(text)))


def data(node: Node) -> Any:
    """Return what Helm reads at a node. Raises UnreadableYamlError if Helm fails, for example on `!!int abc`."""
    here = resolved(node)
    return read(here) if isinstance(here, ScalarNode) else _data(here, Visits())


def _data(node: Node, visits: Visits) -> Any:
    visits.count(node)
    node = resolved(node)
    if isinstance(node, ScalarNode):
        return read(node)
    if isinstance(node, SequenceNode):
        return [_data(item, visits) for item in node.items]
    return {_json_key(key): _data(value, visits) for key, value in effective(node).values()}


def read(node: ScalarNode) -> Plain:
    """Return what Helm reads in a scalar."""
    if node.tag is None:
        return read_plain(node.value) if node.style == "plain" else node.value
    kind = node.tag.removeprefix(YAML)
    if kind == node.tag or kind in ("str", "timestamp"):
        return node.value
    if kind == "binary":
        return _decoded(node)
    value = read_plain(node.value)
    if kind == "float" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind in ("int", "float", "bool", "null") and kind != _kind(value):
        raise UnreadableYamlError(node.line, f"{node.value!r} is tagged !!{kind}")
    return value if kind in ("int", "float", "bool", "null") else node.value


def _decoded(node: ScalarNode) -> str:
    import base64

    try:
        return base64.b64decode(node.value).decode("utf-8", "replace")
    except ValueError:
        raise UnreadableYamlError(node.line, "!!binary without base64 data") from None


def _kind(value: Plain) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float", str: "str"}[type(value)]


def _json_key(key: Node) -> str:
    node = resolved(key)
    if not isinstance(node, ScalarNode):
        raise UnreadableYamlError(node.line, "a mapping or sequence as key")
    value = read(node)
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        raise UnreadableYamlError(node.line, "null as key")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _duplicates(node: Node, path: Path) -> Iterator[tuple[Path, Node, Node]]:
    if isinstance(node, SequenceNode):
        for number, item in enumerate(node.items):
            yield from _duplicates(item, (*path, number))
    elif isinstance(node, MappingNode):
        seen: dict[str, Node] = {}
        for key, value in node.pairs:
            name = key_text(key)
            if name in seen:
                yield (*path, name), seen[name], key
            seen.setdefault(name, key)
            yield from _duplicates(value, (*path, name))
