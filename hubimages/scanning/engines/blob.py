"""Examine one blob with all engines of this process."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hubimages.scanning.engines import encrypted, rosters
from hubimages.scanning.engines.text import Engine, Hit, Text
from hubimages.scanning.engines.tokens import tokens

BEGINNING = 8000  # bytes, in which git looks for a NUL to tell a binary file
ARCHIVE = re.compile(rb"PK\x03\x04|\x1f\x8b|BZh|\xfd7zXZ\0|7z\xbc\xaf|\x28\xb5\x2f\xfd")


@dataclass(frozen=True)
class Verdict:
    """What is in a blob."""

    hits: tuple[Hit, ...] = ()
    state: str = ""  # "encrypted", "decrypted": SOPS's metadata around plain values; "archive", which is not unpacked


def examine(content: bytes, name: str, salt: bytes, engines: Sequence[Engine]) -> Verdict:
    """Return what is in a blob or message. `name`: a path of it, which says the kind of file."""
    state = encrypted.state(content)
    if state == "encrypted":
        return Verdict(state=state)
    text = decoded(content)
    if text is not None:
        read = Text(text, name, salt)
        found = [hit for engine in (tokens, rosters.rosters, *engines) for hit in engine(read)]
        return Verdict(one_a_line(found), state)
    cells = rosters.workbook(content) if name.lower().endswith((".xlsx", ".xlsm")) else ""
    if cells:
        return Verdict(
            one_a_line([hit for engine in (tokens, rosters.rosters) for hit in engine(Text(cells, "cells.csv", salt))])
        )
    binary = Text(content.decode("latin-1"), name, salt)
    return Verdict(one_a_line(list(tokens(binary))), "archive" if ARCHIVE.match(content) else state)


def decoded(content: bytes) -> str | None:
    """Return the text of a blob, None if it is binary. UTF-16, as Windows tools write it, is text."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if b"\0" in content[:BEGINNING]:
        return None
    return content.decode(errors="replace")


def one_a_line(hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """Return the hits, of those on one line only the first: several engines know the same secret by several names."""
    first: dict[int, Hit] = {}
    for hit in hits:
        first.setdefault(hit.line, hit)
    return tuple(first[line] for line in sorted(first))
