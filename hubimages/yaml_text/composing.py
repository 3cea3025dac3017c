"""Compose the nodes of a text with their positions. Reads with libyaml if PyYAML has it.

Helm's go-yaml is a translation of libyaml: it has the same line ends (also U+0085, U+2028, U+2029) and errors. This
uses events instead of PyYAML's nodes, because those refuse a duplicate anchor and drop the names of anchors.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, Resolved, ScalarNode, SequenceNode
from hubimages.yaml_text.unreadable import UnreadableYamlError

Result = TypeVar("Result")
MAX_DEPTH = 300  # real configuration never has so many, and functions on trees recurse
BREAKS = "\r\n\u0085\u2028\u2029"
OTHER_BREAK = re.compile("\r(?!\n)|[\u0085\u2028\u2029]")
SPACE_OR_COMMENT = re.compile(f"(?:[ \t{BREAKS}]|(?<=[ \t{BREAKS}])#[^{BREAKS}]*)*")
PROPERTY = re.compile(f"[&!][^ \t{BREAKS}]*")
# The characters that YAML forbids: compiling the allowed ranges would take ten times as long.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
STYLES = {None: "plain", "": "plain", "'": "single", '"': "double", "|": "literal", ">": "folded"}
BLOCK = ("literal", "folded")
ON_LINES = {sign: style for sign, style in STYLES.items() if style not in BLOCK}
BYTE_ORDER_MARK = "\ufeff"


def compose_documents(text: str, *, keep: bool = False) -> list[Node]:
    """Return the top node of every document; for an empty document an empty scalar.

    A text without documents has none.

    Raises UnreadableYamlError, also for an alias that contains itself.
    """
    return Reader(text, keep=keep).read(_documents)


class Reader:
    """The events of a text and their positions.

    With `keep` the events stay in memory until the next text with `keep`: callers that find scalars mostly replace one
    right after.
    """

    def __init__(self, text: str, *, keep: bool = False) -> None:
        import yaml

        self.keep = keep
        self.text = text
        self.shift = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        odd = ("\r" in text or not text.isascii()) and OTHER_BREAK.search(text) is not None
        self.feeds = [match.start() for match in re.finditer("\n", text)] if odd else None
        self.yaml: Any = yaml

    def read(self, work: Callable[["Reader"], Result]) -> Result:
        """Return the result of `work` on the events. Raises UnreadableYamlError."""
        try:
            return work(self)
        except self.yaml.YAMLError as error:
            raise self._unreadable(error) from None
        except UnicodeEncodeError as error:
            raise UnreadableYamlError(self.line(error.start), "half a character (a lone surrogate)") from None

    def events(self) -> Callable[[], Any]:
        """Return a function that returns the next event."""
        if self.keep:
            return iter(_event_list(self.text)).__next__
        text = self.text[self.shift :]
        if not self.yaml.__with_libyaml__:
            return self.yaml.SafeLoader(text).get_event  # type: ignore[no-any-return]
        from yaml.cyaml import CParser

        return CParser(text).get_event  # type: ignore[no-any-return]

    def scalar(self, event: Any, *, flow: bool) -> ScalarNode:
        """Return the scalar of an event."""
        start, line = self.own_start(event)
        style = STYLES[event.style]
        end = event.end_mark.index + self.shift
        if style in BLOCK:
            end = _without_last_breaks(self.text, start, end)
        return ScalarNode(start, max(start, end), line, event.value, style, event.tag, event.anchor, flow)

    def own_start(self, event: Any) -> tuple[int, int]:
        """Return where a node starts after its anchor and tag, and the line."""
        mark = event.start_mark
        start = mark.index + self.shift
        if event.anchor is None and event.tag is None:
            return start, mark.line + 1 if self.feeds is None else self.line(start)
        begin, limit = start, event.end_mark.index + self.shift
        while start < limit:
            matched = PROPERTY.match(self.text, start, limit)
            if matched is None:
                break
            start = matched.end()
            after = SPACE_OR_COMMENT.match(self.text, start)
            if after is None or after.end() > limit:
                break
            start = after.end()
        line = self.line(start) if self.feeds is not None else mark.line + 1 + self.text.count("\n", begin, start)
        return start, line

    def alias(self, event: Any, anchors: dict[str, Resolved], parents: list[MappingNode | SequenceNode]) -> AliasNode:
        start, end = event.start_mark.index + self.shift, event.end_mark.index + self.shift
        line = event.start_mark.line + 1 if self.feeds is None else self.line(start)
        target = anchors.get(event.anchor)
        if target is None:
            raise UnreadableYamlError(line, f"unknown anchor {event.anchor!r}")
        if any(target is parent for parent in parents):
            raise UnreadableYamlError(line, f"anchor {event.anchor!r} contains itself")
        return AliasNode(start, end, line, event.anchor, target)

    def line(self, offset: int) -> int:
        if self.feeds is None:
            return self.text.count("\n", 0, offset) + 1
        return bisect_right(self.feeds, offset - 1) + 1

    def _unreadable(self, error: Any) -> UnreadableYamlError:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        if mark is not None:
            return UnreadableYamlError(self.line(mark.index + self.shift), str(error.problem or error.context))
        forbidden = FORBIDDEN.search(self.text)  # libyaml gives the position in bytes, PyYAML in characters
        return UnreadableYamlError(
            self.line(forbidden.start() if forbidden else 0), str(getattr(error, "reason", error))
        )


@lru_cache(maxsize=1)
def _event_list(text: str) -> list[Any]:
    reader = Reader(text)
    next_event, end = reader.events(), reader.yaml.StreamEndEvent
    found = []
    while True:
        event = next_event()
        found.append(event)
        if type(event) is end:
            return found


def _documents(reader: Reader) -> list[Node]:  # noqa: PLR0912, PLR0915 - one branch for each kind of event
    yaml, next_event = reader.yaml, reader.events()
    scalar_event, mapping_start, sequence_start = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
    mapping_end, sequence_end, alias_event = yaml.MappingEndEvent, yaml.SequenceEndEvent, yaml.AliasEvent
    shift, by_marks = reader.shift, reader.feeds is None
    roots: list[Node] = []
    anchors: dict[str, Resolved] = {}
    parents: list[tuple[MappingNode | SequenceNode, list[Node]]] = []  # the open nodes, each with its siblings
    children, flow = roots, False
    add = children.append
    styles = ON_LINES
    while True:
        event = next_event()
        kind = type(event)
        if kind is scalar_event:
            style = styles.get(event.style)
            if style and by_marks and event.tag is None and event.anchor is None:  # nearly all scalars: avoid calls
                mark = event.start_mark
                end = event.end_mark.index + shift
                add(ScalarNode(mark.index + shift, end, mark.line + 1, event.value, style, None, None, flow))
            else:
                scalar = reader.scalar(event, flow=flow)
                if event.anchor is not None:
                    anchors[event.anchor] = scalar
                add(scalar)
        elif kind is mapping_start or kind is sequence_start:
            if by_marks and event.tag is None and event.anchor is None:
                mark = event.start_mark
                start, line = mark.index + shift, mark.line + 1
            else:
                start, line = reader.own_start(event)
            flow = bool(event.flow_style)
            make = MappingNode if kind is mapping_start else SequenceNode
            opened = make(start, start, line, event.tag, event.anchor, flow)
            if event.anchor is not None:
                anchors[event.anchor] = opened
            if len(parents) >= MAX_DEPTH:
                raise UnreadableYamlError(line, f"nested deeper than {MAX_DEPTH} levels")
            parents.append((opened, children))
            add(opened)
            children = []
            add = children.append
        elif kind is mapping_end or kind is sequence_end:
            closed, siblings = parents.pop()
            if isinstance(closed, MappingNode):
                closed.pairs = list(zip(children[::2], children[1::2], strict=True))
            else:
                closed.items = children
            if flow:
                closed.end = event.end_mark.index + shift
            elif children:
                closed.end = max(closed.start, children[-1].end)
            children, flow = siblings, bool(parents) and parents[-1][0].flow
            add = children.append
        elif kind is alias_event:
            add(reader.alias(event, anchors, [parent for parent, _ in parents]))
        elif kind is yaml.DocumentStartEvent:
            anchors = {}
        elif kind is yaml.StreamEndEvent:
            return roots


def _without_last_breaks(text: str, start: int, end: int) -> int:
    """Return the end of a block scalar's last line that is not blank."""
    while end > start:
        line = end
        while line > start and text[line - 1] in " \t":
            line -= 1
        if line == start or text[line - 1] not in BREAKS:
            return end
        end = line - 1
    return end
