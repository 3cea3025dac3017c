"""The layout of a text: line ends, columns, indentation. Writes new YAML like its surroundings."""

import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from hubimages.yaml_text.composing import BLOCK, BREAKS, BYTE_ORDER_MARK
from hubimages.yaml_text.nodes import AliasNode, MappingNode, Node, ScalarNode, SequenceNode
from hubimages.yaml_text.quoting import as_text, plain_reads_as_text

LINE_END = re.compile(f"\r\n|[{BREAKS}]")
BLANK_LINES_BELOW = re.compile(f"(?:(?:\r\n|[{BREAKS}])[ \t]*(?=[{BREAKS}]))*")
WIDTH = 1_000_000  # characters, so that new text is never folded


@dataclass(frozen=True)
class Indentation:
    """The indentation of a file: spaces before a nested key, and before the `-` of an item below a key."""

    mapping: int = 2
    dash: int = 2


def line_end_after(text: str, offset: int) -> tuple[int, int]:
    """Return where the line of an offset ends: before and after its line end, which may be empty at the end."""
    matched = LINE_END.search(text, offset)
    return (matched.start(), matched.end()) if matched else (len(text), len(text))


def line_start(text: str, offset: int) -> int:
    """Return where the line of an offset starts, after a byte order mark."""
    start = max(text.rfind(char, 0, offset) for char in BREAKS) + 1
    return 1 if start == 0 and text.startswith(BYTE_ORDER_MARK) else start


def column(text: str, offset: int) -> int:
    """Return the column of an offset, from 0."""
    return offset - line_start(text, offset)


def is_first_in_line(text: str, offset: int) -> bool:
    """Return True if there is only space before the offset in its line."""
    return not text[line_start(text, offset) : offset].strip(" ")


def line_end(text: str) -> str:
    """Return the first line end of the text; a line feed if it has none."""
    matched = re.search("\r\n|\r|\n", text)
    return matched[0] if matched else "\n"


def end_of_block(text: str, node: Node) -> int:
    """Return the end of a node in the text, after the blank lines that a block scalar with `+` keeps."""
    last = last_node(node)
    matched = BLANK_LINES_BELOW.match(text, last.end) if keeps_blank_lines(text, last) else None
    return matched.end() if matched else last.end


def keeps_blank_lines(text: str, node: Node) -> bool:
    """Return True for a block scalar with `+`."""
    header = text[node.start : line_end_after(text, node.start)[0]] if is_block(node) else ""
    return "+" in header.split("#", maxsplit=1)[0]


def last_node(node: Node) -> Node:
    """Return the last node inside a node."""
    while isinstance(node, MappingNode | SequenceNode) and not node.flow:
        node = node.pairs[-1][1] if isinstance(node, MappingNode) else node.items[-1]
    return node


def is_block(node: Node) -> bool:
    """Return True for a block scalar."""
    return isinstance(node, ScalarNode) and node.style in BLOCK


def indentation(text: str, documents: list[Node]) -> Indentation:
    """Return the text's most common indentation; two spaces if it has none."""
    mappings: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    stack = list(documents)
    while stack:
        node = stack.pop()
        if isinstance(node, SequenceNode):
            stack.extend(node.items)
        elif isinstance(node, MappingNode):
            stack.extend(part for pair in node.pairs for part in pair)
            for key, value in node.pairs:
                if isinstance(value, ScalarNode | AliasNode) or value.flow or value.line == key.line:
                    continue
                deeper = column(text, value.start) - column(text, key.start)
                (mappings if isinstance(value, MappingNode) else dashes)[deeper] += 1
    usual = Indentation()
    return Indentation(
        next((deeper for deeper, _ in mappings.most_common(1) if deeper > 0), usual.mapping),
        next((deeper for deeper, _ in dashes.most_common(1) if deeper >= 0), usual.dash),
    )


def block_lines(value: Any, style: Indentation) -> list[str]:
    """Return plain data, or ruamel.yaml data with comments, as lines of block style without line ends."""
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RoundTripRepresenter

    class Representer(RoundTripRepresenter):
        """Quotes text as Helm needs it, spells out null, and writes no anchors of its own."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def represent_text(representer: Any, text: str) -> Any:
        lines = text.split("\n")
        block = (
            len(lines) > 1 and text.isascii() and "".join(lines).isprintable() and lines[0].strip() == lines[0] != ""
        )
        quoted = "" if plain_reads_as_text(text, key=True) else '"'
        return representer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else quoted)

    def represent_none(representer: Any, _: None) -> Any:
        return representer.represent_scalar("tag:yaml.org,2002:null", "null")

    Representer.add_representer(str, represent_text)
    Representer.add_representer(type(None), represent_none)
    writer = YAML()
    writer.Representer = Representer
    writer.width = WIDTH
    writer.indent(mapping=style.mapping, sequence=style.dash + 2, offset=style.dash)
    stream = io.StringIO()
    writer.dump(value, stream)
    lines = stream.getvalue().removesuffix("\n").removesuffix("\n...").split("\n")
    margin = len(lines[0]) - len(lines[0].lstrip(" "))
    return [line[margin:] if not line[:margin].strip() else line for line in lines]


def flow_text(value: Any, *, json: bool = False) -> str:
    """Return plain data in one line, for inside [] or {}; with `json`, with every text in double quotes."""
    if isinstance(value, dict):
        pairs = [f"{flow_text(_key(key), json=json)}: {flow_text(item, json=json)}" for key, item in value.items()]
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow_text(item, json=json) for item in value) + "]"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return as_text(value, style="double" if json else "plain", flow=True)
    return str(value)


def _key(key: Any) -> Any:
    return key if isinstance(key, str) else str(key)
