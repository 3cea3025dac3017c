"""Split a Dockerfile into instructions, with every character's place in the text.

Read as BuildKit reads them (https://docs.docker.com/reference/dockerfile/): in any case, lines continued,
here-documents. PyPI's dockerfile-parse knows neither here-documents nor offsets, which an edit of one tag needs.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

ESCAPE = re.compile(r"#\s*escape\s*=\s*([\\`])\s*", re.IGNORECASE)
DIRECTIVE = re.compile(r"#\s*\w+\s*=")
KEYWORD = re.compile(r"\s*([A-Za-z]+)(?:\s+|$)")
HEREDOC = re.compile(r"(?:^|\s)\d*<<(-?)\s*([\"']?)([A-Za-z_]\w*)\2(?=\s|$|[;|&>)])")
WORD = re.compile(r"[A-Za-z_]\w*")
BYTE_ORDER_MARK = "\ufeff"
STARTS_WITH_HEREDOC = ("RUN", "COPY", "ADD")


class Letter(NamedTuple):
    """One character and where it comes from: the Dockerfile, or the value of a build argument."""

    character: str
    offset: int
    build_arg: str = ""


@dataclass(frozen=True)
class Instruction:
    """One instruction, its lines joined and its comments left out."""

    keyword: str
    arguments: Sequence[Letter]
    line: int


def instructions(text: str) -> Iterator[Instruction]:
    """Return all instructions in order."""
    lines = text.replace(BYTE_ORDER_MARK, " ", 1).split("\n")  # as long as before
    offsets = list(accumulate((len(line) + 1 for line in lines), initial=0))
    escape = escape_character(lines)
    number, ends = 0, Ends.of(lines)
    while number < len(lines):
        if not says_something(lines[number]):
            number += 1
            continue
        first = number
        letters: list[Letter] = []
        continued = True
        while continued and number < len(lines):
            if says_something(lines[number]):  # comments and empty lines may stand between continued lines
                line = lines[number].rstrip()
                continued = line.endswith(escape)
                kept = line.removesuffix(escape)
                letters += [Letter(character, offsets[number] + column) for column, character in enumerate(kept)]
            number += 1
        keyword = KEYWORD.match(spell(letters))
        if not keyword:
            continue
        instruction = Instruction(keyword[1].upper(), letters[keyword.end() :], first + 1)
        if instruction.keyword in STARTS_WITH_HEREDOC:
            number = after_heredocs(spell(instruction.arguments), ends, number)
        yield instruction


def says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def escape_character(lines: Sequence[str]) -> str:
    """Return the character that continues a line: a backslash, unless a directive at the top sets another."""
    for line in lines:
        if found := ESCAPE.fullmatch(line.strip()):
            return found[1]
        if not DIRECTIVE.match(line):
            break
    return "\\"


def after_heredocs(arguments: str, ends: "Ends", number: int) -> int:
    """Return the number of the first line after the here-documents that the arguments open."""
    for dash, _, name in HEREDOC.findall(arguments):
        places = ends.tabbed.get(name, ()) if dash else ends.exact.get(name, ())
        at = bisect_left(places, number)
        number = places[at] + 1 if at < len(places) else number
    return number


@dataclass(frozen=True)
class Ends:
    """The lines that can end a here-document, by their text: searched again and again, they would never end."""

    exact: Mapping[str, Sequence[int]]
    tabbed: Mapping[str, Sequence[int]]  # without the tabs at their beginning, for `<<-`

    @classmethod
    def of(cls, lines: Sequence[str]) -> "Ends":
        """Return the lines that are one word."""
        exact: dict[str, list[int]] = {}
        tabbed: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            if WORD.fullmatch(line.lstrip("\t")):
                exact.setdefault(line, []).append(number)
                tabbed.setdefault(line.lstrip("\t"), []).append(number)
        return cls(exact, tabbed)


def words(letters: Sequence[Letter]) -> list[list[Letter]]:
    """Return the words, separated by spaces outside of quotes."""
    result: list[list[Letter]] = []
    quote = ""
    inside = False
    for letter in letters:
        if letter.character.isspace() and not quote:
            inside = False
            continue
        if letter.character in "\"'" and quote in ("", letter.character):
            quote = "" if quote else letter.character
        if not inside:
            result.append([])
        inside = True
        result[-1].append(letter)
    return result


def unquoted(letters: Sequence[Letter]) -> list[Letter]:
    return [letter for letter in letters if letter.character not in "\"'"]


def spell(letters: Sequence[Letter]) -> str:
    return "".join(letter.character for letter in letters)
