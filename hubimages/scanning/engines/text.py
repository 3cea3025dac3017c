"""A text to search, and what is found in it."""

import bisect
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

LONGEST_LINE = 4096  # characters; a longer one is no line that a person wrote, and is read around what was found
AROUND = 400  # characters


@dataclass(frozen=True)
class Hit:
    """A place in a blob or a message. It never has the secret: `same` is a keyed hash of it."""

    kind: str
    line: int
    same: str = ""  # equal for the same secret


@dataclass(frozen=True)
class Text:
    """The text of a blob or message, under the name that says which kind of file it is."""

    text: str
    name: str
    salt: bytes = field(repr=False)

    @cached_property
    def starts(self) -> list[int]:
        """The offset of every line."""
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    @cached_property
    def lower(self) -> str:
        """The text in lower case, each character at its place: U+0130 alone would become two."""
        return self.text.replace("\u0130", "I").lower()

    def line_at(self, offset: int) -> int:
        """Return the number, from 1, of the line at an offset."""
        return bisect.bisect_right(self.starts, offset)

    def line(self, number: int) -> str:
        """Return a line without its end."""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, str]]]:
        return {}

    def lines_with(self, words: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Yield (number, line) for the lines that have one of the words, which are in lower case."""
        for word in words:
            if word not in self._places:
                self._places[word] = list(self.pieces(self._offsets(word)))
            yield from self._places[word]

    def _offsets(self, word: str) -> Iterator[int]:
        position = self.lower.find(word)
        while position >= 0:
            yield position
            position = self.lower.find(word, position + len(word))

    def pieces(self, offsets: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Yield (number, line) of the lines at offsets; of very long lines the part around each offset."""
        last, until = 0, -1
        for offset in offsets:
            if offset < until:
                continue
            number = self.line_at(offset)
            start = self.starts[number - 1]
            end = self.starts[number] if number < len(self.starts) else len(self.text)
            if end - start > LONGEST_LINE:
                until = min(end, offset + AROUND)
                yield number, self.text[max(start, offset - AROUND) : min(end, offset + 2 * AROUND)]
            elif number != last:
                until = end if offset >= until else until
                yield number, self.text[start:end].rstrip("\r\n")
            last = number

    def hit(self, kind: str, offset: int, secret: str) -> Hit:
        """Return a hit at an offset, with a keyed hash of the secret."""
        return Hit(kind, self.line_at(offset), keyed(self.salt, f"{kind}\0{secret}"))


def keyed(salt: bytes, text: str) -> str:
    """Return a hash that nobody without the salt can compare a guess with."""
    return hmac.new(salt, text.encode(errors="surrogateescape"), hashlib.sha256).hexdigest()[:32]


Engine = Callable[[Text], Iterator[Hit]]
"""Finds secrets in one text."""
