"""Put other texts in the place of scalars: nothing else in the text changes, which is checked before it is returned."""

from collections.abc import Iterator, Mapping

from hubimages.errors import RefusedError
from hubimages.yaml_text.compose import BREAKS, compose_documents
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode
from hubimages.yaml_text.quoting import as_text
from hubimages.yaml_text.scalars import Scalar
from hubimages.yaml_text.tree import YAML, read

NOT_TEXT = tuple(f"{YAML}{kind}" for kind in ("int", "float", "bool", "null", "binary", "timestamp"))


def replace(text: str, new: Mapping[Scalar, str]) -> str:
    """`text` with the value of every scalar given (as `scalars(text)` found it) replaced.

    Quotes stay as they are where that is right, and are put where Helm or another reader would take the new value for
    a number, boolean, date or nothing. Anchor and tag stay. The result has been parsed again: it differs in these
    scalars only, and each reads as the new text. Raises RefusedError where that cannot be had, for a scalar that is
    tagged `!!int` for instance, and UnreadableYamlError.
    """
    changed = text
    for scalar in sorted(new, key=lambda scalar: scalar.start, reverse=True):
        if scalar.tag in NOT_TEXT:
            raise RefusedError(f"line {scalar.line}: the value is tagged {_short(scalar.tag)}, so it would be no text")
        changed = changed[: scalar.start] + _written(text, scalar, new[scalar]) + changed[scalar.end :]
    verify(text, changed, {(scalar.document, scalar.start): value for scalar, value in new.items()})
    return changed


def verify(before: str, after: str, new: Mapping[tuple[int, int], str]) -> None:
    """Raise RefusedError unless `after` differs from `before` in the values of these scalars (by start) only."""
    old_nodes, new_nodes = list(flattened(compose_documents(before))), list(flattened(compose_documents(after)))
    left = dict(new)
    if len(old_nodes) != len(new_nodes):
        raise RefusedError("the edit would change the structure of the file; edit it by hand")
    for (document, old), (_, now) in zip(old_nodes, new_nodes, strict=True):
        wanted = left.pop((document, old.start), None) if isinstance(old, ScalarNode) else None
        if wanted is None:
            same = essence(old) == essence(now)
        else:
            same = isinstance(now, ScalarNode) and now.value == wanted and read(now) == wanted
            same = same and (now.tag, now.anchor) == (old.tag, old.anchor)  # type: ignore[union-attr]
        if not same:
            raise RefusedError(f"line {old.line}: the edit would not read as it is meant; edit it by hand")
    if left:
        raise RefusedError("a scalar is not where it was: the text has changed since it was read")


def flattened(documents: list[Node]) -> Iterator[tuple[int, Node]]:
    """Every node that is written, with its document, in order."""
    for number, top in enumerate(documents):
        stack = [top]
        while stack:
            node = stack.pop()
            yield number, node
            if isinstance(node, MappingNode):
                stack.extend(part for pair in reversed(node.pairs) for part in reversed(pair))
            elif not isinstance(node, ScalarNode | AliasNode):
                stack.extend(reversed(node.items))


def essence(node: Node) -> tuple[object, ...]:
    """What makes a node what it is, wherever it stands."""
    if isinstance(node, ScalarNode):
        return node.value, node.style, node.tag, node.anchor
    if isinstance(node, AliasNode):
        return ("*", node.name)
    children = len(node.pairs) if isinstance(node, MappingNode) else len(node.items)
    return type(node), children, node.tag, node.anchor


def _written(text: str, scalar: Scalar, value: str) -> str:
    before = text[scalar.start - 1 : scalar.start]
    space = " " if scalar.start == scalar.end and before not in ("", " ", "\t", *BREAKS) else ""
    if scalar.style in ("literal", "folded"):
        block = _block(text[scalar.start : scalar.end], scalar.value.rstrip("\n"), value)
        if block is not None:
            return block
    style = scalar.style if scalar.style in ("single", "double") else "plain"
    return space + as_text(value, style=style, flow=scalar.flow, key=scalar.is_key)


def _block(span: str, old: str, value: str) -> str | None:
    """A block scalar of one line with another line in it; None where it has more, or could not hold the value."""
    head, *lines = span.splitlines(keepends=True)
    if len(lines) != 1 or not lines[0].endswith(old) or not value.isprintable() or value != value.strip() or not value:
        return None
    indicators, space, comment = head.partition(" ")
    indicators = indicators.rstrip("\r\n").rstrip("+-")
    ends = head[len(head.rstrip(BREAKS)) :]
    indent = lines[0].removesuffix(old)
    return f"{indicators}-{(space + comment).rstrip(BREAKS)}{ends}{indent}{value}"


def _short(tag: str | None) -> str:
    return "!!" + (tag or "").removeprefix(YAML)
