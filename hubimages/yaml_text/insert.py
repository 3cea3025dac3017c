"""Add keys to mappings and items to sequences, in the layout of their surroundings. No other byte changes."""

from typing import Any

from hubimages.errors import BadInputError, RefusedError
from hubimages.yaml_text.checked import check_inserted
from hubimages.yaml_text.composing import compose_documents
from hubimages.yaml_text.layout import (
    Indentation,
    block_lines,
    column,
    end_of_block,
    flow_text,
    indentation,
    is_block,
    is_first_in_line,
    last_node,
    line_end,
    line_end_after,
    line_start,
)
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode, SequenceNode, key_text
from hubimages.yaml_text.tree import Path
from hubimages.yaml_text.written import NodePlace, shown, written


def add_key(text: str, path: Path, key: str, value: Any, *, document: int = 0, after: str | None = None) -> str:
    """Return `text` with `key: value` at the end of the mapping at `path`, or after its key `after`.

    `value` is plain data (dictionaries, lists, text, numbers, booleans, None), or a tree of ruamel.yaml with comments.
    Quotes text so that Helm reads text. Starts a mapping if `path` is empty (`key:` or `{}`). Parses the result again.
    Raises BadInputError if there is no mapping, RefusedError if the key exists or the text cannot be changed cleanly,
    and UnreadableYamlError.
    """
    documents = compose_documents(text)
    if not documents and not path:
        documents = [_nothing(text)]
    place = written(documents, path, document)
    node = place.node
    style = indentation(text, documents)
    if isinstance(node, MappingNode) and node.pairs:
        names = [key_text(name) for name, _ in node.pairs]
        if key in names:
            raise RefusedError(f"line {node.pairs[names.index(key)][0].line}: {shown((*path, key))} exists already")
        if after is not None and after not in names:
            raise BadInputError(f"the file has no {shown((*path, after))}")
        index = len(names) if after is None else len(names) - names[::-1].index(after)
        if node.flow:
            changed = _after_in_flow(text, node, index, key, value)
        else:
            lines = block_lines({key: value}, style)
            changed = _after_line(text, end_of_pair(text, node, index - 1), lines, column(text, node.start))
    else:
        _check_begins(place, path, MappingNode, "mapping")
        index = 0
        changed = _begin(text, place, style, {key: value})
    check_inserted(text, changed, path, document, index, key, value)
    return changed


def add_item(text: str, path: Path, value: Any, *, document: int = 0, index: int | None = None) -> str:
    """Return `text` with `value` as the last item of the sequence at `path`, or before item `index`. See add_key."""
    documents = compose_documents(text)
    if not documents and not path:
        documents = [_nothing(text)]
    place = written(documents, path, document)
    node = place.node
    style = indentation(text, documents)
    if isinstance(node, SequenceNode) and node.items:
        count = len(node.items)
        index = count if index is None else index
        if not 0 <= index <= count:
            raise BadInputError(f"{shown(path)} has {count} items, so there is no position {index}")
        if node.flow:
            changed = _after_in_flow(text, node, index, None, value)
        elif index == 0:
            between = line_end(text) + " " * column(text, node.start)
            new = between.join(_item_lines(value, style)) + between
            changed = text[: node.start] + new + text[node.start :]
        else:
            end = end_of_block(text, node.items[index - 1])
            changed = _after_line(text, end, _item_lines(value, style), column(text, node.start))
    else:
        _check_begins(place, path, SequenceNode, "sequence")
        index = 0
        changed = _begin(text, place, style, [value])
    check_inserted(text, changed, path, document, index, None, value)
    return changed


def end_of_pair(text: str, mapping: MappingNode, index: int) -> int:
    """Return the end of a key and its value."""
    key, value = mapping.pairs[index]
    return max(key.end, end_of_block(text, value))


def _nothing(text: str) -> ScalarNode:
    """Return the empty scalar of a text without a document."""
    return ScalarNode(len(text), len(text), text.count("\n") + 1, "", "plain", None, None, False)


def _check_begins(place: NodePlace, path: Path, kind: type, name: str) -> None:
    """Check that a mapping or sequence can start here: the node is empty."""
    node = place.node
    if isinstance(node, AliasNode):
        raise RefusedError(f"line {node.line}: {shown(path)} is the alias *{node.name}. Edit line {node.target.line}")
    if not (place.is_empty or (isinstance(node, kind) and node.start != node.end)):
        raise BadInputError(f"line {node.line}: {shown(path)} is not a {name}")


def _item_lines(value: Any, style: Indentation) -> list[str]:
    """Return an item's lines, the first with its dash."""
    first, *others = block_lines(value, style)
    return [f"- {first}", *(f"  {line}" if line else line for line in others)]


def _after_line(text: str, offset: int, lines: list[str], indent: int) -> str:
    """Return the text with lines added after the line of an offset."""
    end, next_line = line_end_after(text, offset)
    ending = line_end(text)
    new = [" " * indent + line if line else line for line in lines]
    if end == next_line:  # the last line has no line end, and gets one only if a block scalar needs it
        return text + "".join(ending + line for line in new) + (ending if _ends_in_block(lines) else "")
    return text[:next_line] + "".join(line + ending for line in new) + text[next_line:]


def _ends_in_block(lines: list[str]) -> bool:
    return is_block(last_node(compose_documents("\n".join(lines) + "\n")[0]))


def _after_in_flow(text: str, node: MappingNode | SequenceNode, index: int, key: str | None, value: Any) -> str:
    """Return the text with another pair or item in [] or {}."""
    json = False
    ends: list[tuple[int, int]]
    if isinstance(node, MappingNode):
        last_key = node.pairs[-1][0]
        json = isinstance(last_key, ScalarNode) and last_key.style == "double"
        ends = [(name.start, end_of_pair(text, node, number)) for number, (name, _) in enumerate(node.pairs)]
        new = flow_text({key: value}, json=json)[1:-1]
    else:
        last = node.items[-1]
        json = isinstance(last, ScalarNode) and last.style == "double"
        ends = [(item.start, item.end) for item in node.items]
        new = flow_text(value, json=json)
    if index == 0:
        start = ends[0][0]
        between = line_end(text) + " " * column(text, start) if is_first_in_line(text, start) else " "
        return f"{text[:start]}{new},{between}{text[start:]}"
    start, end = ends[index - 1]
    between = line_end(text) + text[line_start(text, start) : start] if is_first_in_line(text, start) else " "
    return f"{text[:end]},{between}{new}{text[end:]}"


def _begin(text: str, place: NodePlace, style: Indentation, value: Any) -> str:
    """Return the text with a mapping or sequence in place of an empty node."""
    node, parent = place.node, place.parent
    if _flow(parent.node if parent else None):
        return text[: node.start] + flow_text(value) + text[node.end :]
    if parent is None:
        return _begin_document(text, node, block_lines(value, style))
    lines = block_lines(value, style)
    if node.start < node.end and is_first_in_line(text, node.start):  # {} on its own line
        return _with_first_line(text, node, text[: node.start], lines, column(text, node.start))
    before = text[: node.start].rstrip(" ")
    bare = not isinstance(node, AliasNode) and node.anchor is None and node.tag is None
    if place.key is None and bare:  # an item: `- key: value`
        return _with_first_line(text, node, f"{before} ", lines, column(text, len(before) - 1) + 2)
    if place.key is None:  # its anchor would become the key's
        rest = text[node.end :] if node.start < node.end else text[len(before) :]
        return _after_line(before + rest, len(before), lines, column(text, parent.node.start) + 2)
    deeper = style.dash if isinstance(value, list) else style.mapping
    rest = text[node.end :] if node.start < node.end else text[len(before) :]
    return _after_line(before + rest, len(before), lines, column(text, place.key.start) + deeper)


def _with_first_line(text: str, node: Node, before: str, lines: list[str], indent: int) -> str:
    """Return the text with the first line after `before`, keeping its comment, and the other lines below."""
    end, _ = line_end_after(text, node.end)
    rest = text[node.end : end] if text[node.end : end].strip() else ""
    ending = line_end(text)
    others = "".join(ending + " " * indent + line if line else ending for line in lines[1:])
    return f"{before}{lines[0]}{rest}{others}{text[end:]}"


def _begin_document(text: str, node: Node, lines: list[str]) -> str:
    """Return the text with content for an empty document."""
    ending = line_end(text)
    if node.start < node.end:
        return text[: node.start] + ending.join(lines) + text[node.end :]
    start = line_start(text, node.start)
    if text[start : node.start].strip():  # after `---`, or after a comment without a line end
        return _after_line(text, node.start, lines, 0)
    return text[:start] + "".join(line + ending for line in lines) + text[start:]


def _flow(node: Node | None) -> bool:
    return isinstance(node, MappingNode | SequenceNode) and node.flow
