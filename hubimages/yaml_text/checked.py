"""Parse again and check that an edit of the structure changed what it should and nothing else."""

from typing import Any, cast

from hubimages.errors import RefusedError
from hubimages.yaml_text.composing import compose_documents
from hubimages.yaml_text.nodes import MappingNode, Node, ScalarNode, SequenceNode, key_text
from hubimages.yaml_text.replacing import essence, flattened
from hubimages.yaml_text.tree import Path, data
from hubimages.yaml_text.unreadable import UnreadableYamlError
from hubimages.yaml_text.written import written


def check_inserted(before: str, after: str, path: Path, document: int, index: int, key: str | None, value: Any) -> None:
    """Raise RefusedError unless `after` is `before` with this value at `index` of the node at `path`."""
    documents = _parsed(after)
    new = _take(written(documents, path, document).node, index, key)
    if new is None or data(new) != plain(value):
        raise RefusedError("Helm would read the added value differently. Edit the file by hand")
    old = compose_documents(before)
    check_same(old, documents, filled=written(old, path, document).node if old else None)


def check_removed(before: str, after: str, path: Path, document: int) -> None:
    """Raise RefusedError unless `after` is `before` without the node at `path`, which has a parent."""
    old = compose_documents(before)
    place = written(old, path, document)
    assert place.parent is not None
    parent = place.parent.node
    del (parent.pairs if isinstance(parent, MappingNode) else cast("SequenceNode", parent).items)[place.index]
    check_same(old, _parsed(after), filled=None)


def check_same(old: list[Node], new: list[Node], *, filled: Node | None) -> None:
    """Raise RefusedError unless both are equal, but for `filled`, in `old`, which had no value and may be empty now."""
    if not old:  # the text had no document and has one now
        return
    before, after = list(flattened(old)), list(flattened(new))
    alike = len(before) == len(after) and all(
        essence(one) == essence(other) or (one is filled and _is_filled(one, other))
        for (_, one), (_, other) in zip(before, after, strict=True)
    )
    if not alike:
        raise RefusedError("the edit would change something else in the file. Edit it by hand")


def _is_filled(one: Node, other: Node) -> bool:
    """Return True if a key without a value has become a mapping or sequence, with the tag and anchor that it had."""
    return (
        isinstance(one, ScalarNode)
        and isinstance(other, MappingNode | SequenceNode)
        and (one.tag, one.anchor) == (other.tag, other.anchor)
    )


def plain(value: Any) -> Any:
    """Return the data without ruamel.yaml's classes; keys are text."""
    if isinstance(value, dict):
        return {plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def plain_key(key: Any) -> str:
    """Return a key as Helm writes it."""
    return str(key).lower() if isinstance(key, bool) else str(key)


def _parsed(text: str) -> list[Node]:
    try:
        return compose_documents(text)
    except UnreadableYamlError as error:
        raise RefusedError(f"the edit would make the file unreadable ({error}). Edit it by hand") from error


def _take(node: Node, index: int, key: str | None) -> Node | None:
    """Remove the new pair or item and return its value."""
    if key is not None and isinstance(node, MappingNode) and index < len(node.pairs):
        name, value = node.pairs.pop(index)
        return value if key_text(name) == key else None
    if key is None and isinstance(node, SequenceNode) and index < len(node.items):
        return node.items.pop(index)
    return None
