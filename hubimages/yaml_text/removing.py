"""Remove a key or an item: its lines, or its part of a line. No other byte changes."""

import re

from hubimages.errors import BadInputError
from hubimages.yaml_text.checked import check_removed
from hubimages.yaml_text.composing import BREAKS, compose_documents
from hubimages.yaml_text.insert import end_of_pair
from hubimages.yaml_text.layout import end_of_block, is_block, keeps_blank_lines, last_node, line_end_after, line_start
from hubimages.yaml_text.nodes import MappingNode, Node, SequenceNode
from hubimages.yaml_text.tree import Path
from hubimages.yaml_text.written import NodePlace, written

PROPERTIES = re.compile(f"(?:[ \t]+[&!][^ \t{BREAKS}]*)*")
SPACES = re.compile(f"[ {BREAKS}]*")
BLANK_LINES = re.compile(f"(?:[ \t]*[{BREAKS}])*")


def remove(text: str, path: Path, *, document: int = 0) -> str:
    """Return `text` without the key or item at `path`: its lines, with the comments on them.

    A mapping or sequence left empty becomes `{}` or `[]`: nothing would be null, which makes Helm drop a chart's
    default. Parses the result again. Raises BadInputError if there is nothing at the path, RefusedError if an alias
    leads there or needs the removed anchor, and UnreadableYamlError.
    """
    if not path:
        raise BadInputError("remove needs a path: the whole document cannot go")
    place = written(compose_documents(text), path, document)
    assert place.parent is not None
    changed = _without(text, place, place.parent)
    check_removed(text, changed, path, document)
    return changed


def _without(text: str, place: NodePlace, above: NodePlace) -> str:
    parent = above.node
    assert isinstance(parent, MappingNode | SequenceNode)
    if len(parent.pairs if isinstance(parent, MappingNode) else parent.items) == 1:
        return _emptied(text, above, parent)
    spans = _spans(text, parent)
    return _cut_out(text, parent, place.index, spans) if parent.flow else _lines_out(text, parent, place.index, spans)


def _cut_out(text: str, parent: MappingNode | SequenceNode, index: int, spans: list[tuple[int, int]]) -> str:
    """Return the text without a part of [] or {} and its comma."""
    start, end = spans[index]
    return text[: spans[index - 1][1]] + text[end:] if index else text[:start] + text[spans[1][0] :]


def _lines_out(text: str, parent: MappingNode | SequenceNode, index: int, spans: list[tuple[int, int]]) -> str:
    """Return the text without the lines of a pair or item."""
    start, end = spans[index]
    first = line_start(text, start)
    _, next_line = line_end_after(text, end)
    if text[first:start].strip(" "):  # after a dash: the next pair takes its place
        return text[:start] + text[_after(SPACES, text, next_line) :]
    above = last_node(_child(parent, index - 1)) if index else None
    if above and keeps_blank_lines(text, above):  # the lines below would become part of it
        return text[:first] + text[_after(BLANK_LINES, text, next_line) :]
    if (
        next_line == len(text) and text[-1] not in BREAKS and not (above and is_block(above))
    ):  # no line end, so keep none
        return text[: first - 2 if text[first - 2 : first] == "\r\n" else first - 1]
    return text[:first] + text[next_line:]


def _after(pattern: re.Pattern[str], text: str, offset: int) -> int:
    matched = pattern.match(text, offset)
    return matched.end() if matched else offset


def _child(parent: MappingNode | SequenceNode, index: int) -> Node:
    return parent.pairs[index][1] if isinstance(parent, MappingNode) else parent.items[index]


def _spans(text: str, parent: MappingNode | SequenceNode) -> list[tuple[int, int]]:
    """Return start and end of every pair, or of every item with its dash."""
    if isinstance(parent, MappingNode):
        starts = [key.start - len(_question_mark(text, key.start)) for key, _ in parent.pairs]
        return [(start, end_of_pair(text, parent, index)) for index, start in enumerate(starts)]
    if parent.flow:
        return [(item.start, item.end) for item in parent.items]
    spans = []
    start = parent.start
    for item in parent.items:
        end = end_of_block(text, item)
        spans.append((start, end))
        following = _next_dash(text, end)
        start = following if following is not None else end
    return spans


def _question_mark(text: str, start: int) -> str:
    """Return the `? ` before a key, or an empty text."""
    matched = re.search(r"\? *$", text[line_start(text, start) : start])
    return matched[0] if matched else ""


def _next_dash(text: str, offset: int) -> int | None:
    """Return the dash of the next item: the first line below that is not a comment."""
    _, place = line_end_after(text, offset)
    while place < len(text):
        end, following = line_end_after(text, place)
        line = text[place:end].lstrip(" ")
        if line and not line.startswith("#"):
            return end - len(line)
        place = following
    return None


def _emptied(text: str, above: NodePlace, parent: MappingNode | SequenceNode) -> str:
    """Return the text with {} or [] for a mapping or sequence, on the line of its key if possible."""
    empty = "{}" if isinstance(parent, MappingNode) else "[]"
    end = max(parent.end, end_of_block(text, parent))
    key = above.key
    first = line_start(text, parent.start)
    if parent.flow or key is None or text[first : parent.start].strip(" "):
        return text[: parent.start] + empty + text[end:]
    matched = PROPERTIES.match(text, text.find(":", key.end) + 1)
    assert matched is not None
    head = matched.end()
    _, next_line = line_end_after(text, end)
    return f"{text[:head]} {empty}{text[head:first]}{text[next_line:]}"
