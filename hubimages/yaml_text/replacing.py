"""Replace scalars. Checks that nothing else in the text changes before it returns."""

import re
from collections.abc import Iterator, Mapping

from hubimages.errors import RefusedError
from hubimages.yaml_text.composing import BREAKS, Reader
from hubimages.yaml_text.finding import Scalar
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode
from hubimages.yaml_text.quoting import as_text, plain_reads_as_text
from hubimages.yaml_text.tree import YAML, read
from hubimages.yaml_text.unreadable import UnreadableYamlError

NOT_TEXT = tuple(f"{YAML}{kind}" for kind in ("int", "float", "bool", "null", "binary", "timestamp"))


def replace(text: str, new: Mapping[Scalar, str]) -> str:
    """Return `text` with the values of the given scalars (from `scalars(text)`) replaced.

    Keeps the quotes, and adds them if Helm or another reader would take the new value for a number, boolean, date or
    null. Keeps anchor and tag. Parses the result again: only these scalars differ, and each reads as the new text.
    Raises RefusedError if that is impossible, for example for a scalar with the tag `!!int`, and UnreadableYamlError.
    """
    changed = text
    wanted: dict[int, str] = {}
    for scalar in sorted(new, key=lambda scalar: scalar.start, reverse=True):
        value = new[scalar]
        if scalar.tag in NOT_TEXT:
            raise RefusedError(f"line {scalar.line}: the value is tagged {_short(scalar.tag)}, so it would be no text")
        if value == scalar.value and (scalar.style != "plain" or plain_reads_as_text(value)):
            continue  # it has this value already
        wanted[scalar.start] = value
        changed = changed[: scalar.start] + _written(text, scalar, value) + changed[scalar.end :]
    check_replaced(text, changed, wanted)
    return changed


def check_replaced(before: str, after: str, wanted: dict[int, str]) -> None:
    """Raise RefusedError unless `after` differs from `before` only in the values of these scalars (by start).

    Reads both event by event, without a tree, since this takes half of an edit's time.
    """
    one, other = Reader(before, keep=True), Reader(after)
    try:
        one.read(lambda _: other.read(lambda _: _compare(one, other, wanted)))
    except UnreadableYamlError as error:
        raise RefusedError(f"the edit would make the file unreadable ({error}); edit it by hand") from error
    if wanted:
        raise RefusedError("a scalar is not where it was: the text has changed since it was read")


def _compare(one: Reader, other: Reader, wanted: dict[int, str]) -> None:
    """Remove from `wanted` what has changed as intended."""
    yaml, next_old, next_new = one.yaml, one.events(), other.events()
    scalar_event, end = yaml.ScalarEvent, yaml.StreamEndEvent
    named = (yaml.MappingStartEvent, yaml.SequenceStartEvent, yaml.AliasEvent)
    while True:
        old, now = next_old(), next_new()
        kind = type(old)
        if kind is not type(now):
            raise RefusedError(f"line {old.start_mark.line + 1}: the edit would change the structure of the file")
        if kind is scalar_event:
            if old.value == now.value and old.style == now.style and old.anchor == now.anchor and old.tag == now.tag:
                continue
            was, is_now = one.scalar(old, flow=False), other.scalar(now, flow=False)
            same = (was.tag, was.anchor) == (is_now.tag, is_now.anchor) and read(is_now) == is_now.value
            if not same or wanted.pop(was.start, None) != is_now.value:
                raise RefusedError(f"line {was.line}: the edit would not read as it is meant; edit it by hand")
        elif kind is end:
            return
        elif isinstance(old, named) and (old.anchor, getattr(old, "tag", None)) != (
            now.anchor,
            getattr(now, "tag", None),
        ):
            raise RefusedError(f"line {old.start_mark.line + 1}: the edit would change the structure of the file")


def flattened(documents: list[Node]) -> Iterator[tuple[int, Node]]:
    """Yield every node in the text, with its document, in order."""
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
    """Return what identifies a node apart from its position."""
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
    if style == "plain" and scalar.flow and _fits_in_flow(scalar.value, value):
        return space + value
    return space + as_text(value, style=style, flow=scalar.flow, key=scalar.is_key)


def _fits_in_flow(old: str, value: str) -> bool:
    """Return True if `value` needs no quotes inside `[]` or `{}`, where `old` has none although it has a colon.

    Every reader of the file takes such a colon, as long as no space or indicator follows it.
    """
    if ":" not in old or any(char in ",[]{}?" for char in value) or re.search(r":(?![\w./-])|::", value):
        return False
    return plain_reads_as_text(value)


def _block(span: str, old: str, value: str) -> str | None:
    """Return a block scalar of one line with its line replaced; None if it has more lines or cannot hold the value."""
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
