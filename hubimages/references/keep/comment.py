"""Find these comments in a text, and the lines that each is about.

A comment is about the line it stands on, or else about the next line that is no comment; and about everything indented
below that line, so that one above a hub, a profile or `image:` is about all of it. Above an empty line at the top of a
file it is about the whole file.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from hubimages.references.keep.rule import FOLLOW, KEEP, Rule, rule_of

SIGN = re.compile(rb"#[ \t]*[hH][uU][bB]-?[iI][mM][aA][gG][eE]")  # begins with a literal, which is fast
COMMENT = re.compile(
    r"(?:^#|(?<![ \t#])(?>[ \t#]*?[ \t]#))[ \t#]*+hub-?images?[ \t]*(?P<colon>:?)[ \t]*(?P<rule>.*)$", re.IGNORECASE
)
EMPTY = re.compile(r"[ \t\r]*(?:#.*)?")
NAMED = re.compile(
    r"[ \t]*(?:-[ \t]+)?(?:name:[ \t]*[\"']?(?P<value>[\w./-]+)[\"']?|[\"']?(?P<key>[\w./-]+)[\"']?:)[ \t\r]*(?:#.*)?"
)


@dataclass(frozen=True)
class Comment:
    """A rule, where it stands, the first and last line it is about (from 1), and the name in the first of them."""

    file: str
    line: int
    rule: Rule
    first: int
    last: int
    name: str = ""

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


def comments(file: str, text: str) -> Iterator[Comment]:
    """Yield the comments of a file, also those that are misspelt."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        matched = COMMENT.search(line)
        if matched is None or not _is_meant(matched["colon"], matched["rule"]):
            continue
        rule = rule_of(matched["rule"])
        alone = EMPTY.fullmatch(line) is not None
        if alone and _is_head(lines, number):
            yield Comment(file, number + 1, rule, 1, len(lines))
            continue
        start = next((at for at in range(number, len(lines)) if not EMPTY.fullmatch(lines[at])), number)
        named = NAMED.fullmatch(lines[start])
        name = (named["value"] or named["key"]) if named else ""
        yield Comment(file, number + 1, rule, start + 1, _last(lines, start) + 1, name)


def _is_meant(colon: str, rest: str) -> bool:
    """Return True for a rule; without the colon only if the next word looks like one, since prose has the name, too."""
    word = re.split(r"[^A-Za-z]", rest.strip(), maxsplit=1)[0].lower()
    return bool(colon) or bool(get_close_matches(word, (KEEP, FOLLOW), 1, 0.7))


def _is_head(lines: Sequence[str], number: int) -> bool:
    """Return True if nothing but comments is above, and an empty line or the start of a document below."""
    if any(not EMPTY.fullmatch(line) and not line.startswith("---") for line in lines[:number]):
        return False
    after = next((line for line in lines[number + 1 :] if not line.lstrip().startswith("#")), "")
    return not after.strip() or after.startswith("---")


def _last(lines: Sequence[str], start: int) -> int:
    """Return the last line that is indented below a line; a list may stand below its key without an indent."""
    indent = _indent(lines[start])
    is_entry = lines[start].lstrip().startswith("- ")
    last = start
    for at in range(start + 1, len(lines)):
        if EMPTY.fullmatch(lines[at]):
            continue
        inner = _indent(lines[at])
        if inner < indent or (inner == indent and (is_entry or not lines[at].lstrip().startswith("-"))):
            break
        last = at
    return last


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
