"""Remove a key or an item: its whole lines go, or its part of a line; no other byte changes."""

import re

from hubimages.errors import BadInputError
from hubimages.yaml_text.checked import check_removed
from hubimages.yaml_text.compose import BREAKS, compose_documents
from hubimages.yaml_text.insert import end_of_pair
from hubimages.yaml_text.layout import end_of_block, line_end_after, line_start
from hubimages.yaml_text.nodes import MappingNode, SequenceNode
from hubimages.yaml_text.tree import Path
from hubimages.yaml_text.written import Place, written

SPACES = re.compile(f"[ {BREAKS}]*")


def remove(text: str, path: Path, *, document: int = 0) -> str:
    """`text` without the key or item at `path`: its whole lines, with the comments on them.

    What has only this one becomes `{}` or `[]`: nothing at all would be null, with which Helm removes a chart's
    default. The result has been parsed again. Raises BadInputError where there is nothing at the path, RefusedError
    where an alias is in the way or needs what would go, and UnreadableYamlError.
    """
    if not path:
        raise BadInputError("remove needs a path: the whole document cannot go")
    place = written(compose_documents(text), path, document)
    assert place.parent is not None
    changed = _without(text, place, place.parent)
    check_removed(text, changed, path, document)
    return changed


def _without(text: str, place: Place, above: Place) -> str:
    parent = above.node
    assert isinstance(parent, MappingNode | SequenceNode)
    spans = _spans(text, parent)
    start, end = spans[place.index]
    if len(spans) == 1:
        return _emptied(text, above, parent)
    if parent.flow:
        if place.index:
            return text[: spans[place.index - 1][1]] + text[end:]
        return text[:start] + text[spans[1][0] :]
    first = line_start(text, start)
    _, next_line = line_end_after(text, end)
    if text[first:start].strip(" "):  # behind a dash: what follows takes its place
        matched = SPACES.match(text, next_line)
        return text[:start] + text[matched.end() if matched else next_line :]
    if next_line == len(text) and text[-1] not in BREAKS:  # the last line has no end, and keeps none
        end_before = first - 2 if text[first - 2 : first] == "\r\n" else first - 1
        return text[:end_before]
    return text[:first] + text[next_line:]


def _spans(text: str, parent: MappingNode | SequenceNode) -> list[tuple[int, int]]:
    """Start and end of every pair, or of every item with its dash."""
    if isinstance(parent, MappingNode):
        return [(key.start, end_of_pair(text, parent, index)) for index, (key, _) in enumerate(parent.pairs)]
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


def _next_dash(text: str, offset: int) -> int | None:
    """The dash of the next item: the first thing in a line below that is no comment."""
    _, place = line_end_after(text, offset)
    while place < len(text):
        end, following = line_end_after(text, place)
        line = text[place:end].lstrip(" ")
        if line and not line.startswith("#"):
            return end - len(line)
        place = following
    return None


def _emptied(text: str, above: Place, parent: MappingNode | SequenceNode) -> str:
    """The text with {} or [] for a mapping or sequence: behind the key that leads to it, where that is possible."""
    empty = "{}" if isinstance(parent, MappingNode) else "[]"
    end = max(parent.end, end_of_block(text, parent))
    key = above.key
    first = line_start(text, parent.start)
    plain = parent.anchor is None and parent.tag is None
    if parent.flow or key is None or text[first : parent.start].strip(" ") or not plain:
        return text[: parent.start] + empty + text[end:]
    colon = text.find(":", key.end) + 1
    _, next_line = line_end_after(text, end)
    return f"{text[:colon]} {empty}{text[colon:first]}{text[next_line:]}"
