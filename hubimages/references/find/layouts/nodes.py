"""Ask a YAML document for texts, lists and mappings, whatever else it may hold."""

import re
from collections.abc import Iterator

from hubimages.references.reference import Path
from hubimages.yaml_text import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    UnreadableYamlError,
    data,
    effective,
    pair_of,
    resolved,
)

NUMBER = re.compile(r"[0-9]{1,9}")


def at(node: Node | None, *steps: str | int) -> Node | None:
    """Return what is at a path below a node; None if nothing is."""
    for step in steps:
        if node is None:
            return None
        node = resolved(node)
        if isinstance(node, MappingNode):
            pair = _pair(node, str(step))
            node = pair[1] if pair else None
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            return None
    return resolved(node) if node is not None else None


def _pair(node: MappingNode, name: str) -> tuple[Node, Node] | None:
    try:
        return pair_of(node, name)
    except UnreadableYamlError:  # merge keys without end
        return None


def text(node: Node | None, *steps: str | int) -> str:
    """Return the text at a path as it is written; empty for anything else than a text or number."""
    here = at(node, *steps)
    return here.value if isinstance(here, ScalarNode) and data(here) is not None else ""


def items(node: Node | None, *steps: str | int) -> list[Node]:
    """Return the items of the sequence at a path."""
    here = at(node, *steps)
    return [resolved(item) for item in here.items] if isinstance(here, SequenceNode) else []


def texts(node: Node | None, *steps: str | int) -> list[str]:
    """Return the texts of the sequence at a path."""
    return [text(item) for item in items(node, *steps)]


def keys(node: Node | None, *steps: str | int) -> dict[str, Node]:
    """Return the values of the mapping at a path by their keys."""
    here = at(node, *steps)
    if not isinstance(here, MappingNode):
        return {}
    try:
        return {name: resolved(value) for name, (_, value) in effective(here).items()}
    except UnreadableYamlError:  # merge keys without end
        return {}


def flat(node: Node | None, above: str = "") -> Iterator[tuple[str, str]]:
    """Yield the scalars below a node by their dotted paths."""
    here = resolved(node) if node is not None else None
    if isinstance(here, ScalarNode):
        yield above, text(here)
    elif isinstance(here, MappingNode):
        for name, value in keys(here).items():
            yield from flat(value, f"{above}.{name}" if above else name)


def path_of(dotted: str) -> Path:
    """Return the values path of `a.b[0].c\\.d`, as `helm --set` reads it."""
    parts: list[str | int] = []
    word, position = "", 0
    while position < len(dotted):
        char = dotted[position]
        if char == "\\" and position + 1 < len(dotted):
            position += 1
            word += dotted[position]
        elif char in ".[":
            parts += [word] if word else []
            word = ""
        elif char == "]":
            parts += [int(word)] if NUMBER.fullmatch(word) else []
            word = ""
        else:
            word += char
        position += 1
    return tuple([*parts, word] if word else parts)
