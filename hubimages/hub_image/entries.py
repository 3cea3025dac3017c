"""Read options of a YAML mapping as text; a value of another kind is bad input, with its file and line."""

from collections.abc import Mapping, Sequence

from hubimages.errors import BadInputError
from hubimages.yaml_text import MappingNode, Node, ScalarNode, SequenceNode, effective, resolved


def pairs(node: Node, file: str, what: str) -> dict[str, Node]:
    """Return the options of a mapping; none if it is empty. Raises BadInputError for another kind of value."""
    node = resolved(node)
    if isinstance(node, ScalarNode) and not text_of(node):
        return {}
    if not isinstance(node, MappingNode):
        raise BadInputError(f"{file}:{node.line}: {what} must be a mapping of options")
    return {name: resolved(value) for name, (_, value) in effective(node).items()}


def items(node: Node, file: str, what: str) -> Sequence[Node]:
    """Return the items of a list; none if it is empty. Raises BadInputError for another kind of value."""
    node = resolved(node)
    if isinstance(node, ScalarNode) and not text_of(node):
        return ()
    if not isinstance(node, SequenceNode):
        raise BadInputError(f"{file}:{node.line}: {what} must be a list")
    return [resolved(item) for item in node.items]


def text(options: Mapping[str, Node], name: str) -> str:
    """Return the option's text; empty if it is absent, null, or no scalar."""
    return text_of(options[name]) if name in options else ""


def text_of(node: Node) -> str:
    """Return a scalar's text as written; empty for null and for what is no scalar."""
    node = resolved(node)
    if not isinstance(node, ScalarNode) or (node.style == "plain" and node.value in ("", "~", "null", "Null", "NULL")):
        return ""
    return node.value
