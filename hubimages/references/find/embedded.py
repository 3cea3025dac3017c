"""Locate the text of a scalar in its file: values in the `helm.values` of Argo CD, files in a ConfigMap, programs."""

from bisect import bisect_right
from dataclasses import dataclass

from hubimages.yaml_text import ScalarNode

BLOCKS = ("literal", "folded")


@dataclass(frozen=True)
class Inside:
    """The text of a scalar, and the place of each of its lines in the file."""

    text: str
    offsets: tuple[int, ...]  # of each line in `text`
    places: tuple[int, ...]  # of the same lines in the file
    lines: tuple[int, ...]  # numbers of the same lines in the file

    def at(self, offset: int) -> int:
        """Return the place in the file of a character of the text."""
        number = bisect_right(self.offsets, offset) - 1
        return self.places[number] + offset - self.offsets[number]

    def line(self, number: int) -> int:
        """Return the line in the file of a line of the text; both count from 1."""
        return self.lines[min(number, len(self.lines)) - 1]

    def span(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the place in the file of a part of the text; None if it has several lines."""
        if "\n" in self.text[start:end]:
            return None
        first = self.at(start)
        return first, first + end - start


def inside_of(scalar: ScalarNode, text: str, around: Inside | None = None) -> Inside | None:
    """Return the text of a scalar with its place in the file; None if the file has it with escapes or folded lines.

    `text` is that in which the scalar is: the file, or with `around` the text of another scalar.
    """
    starts = _block(scalar, text) if scalar.style in BLOCKS else _one_line(scalar, text)
    if starts is None:
        return None
    offsets, offset = [], 0
    for line in scalar.value.split("\n"):
        offsets.append(offset)
        offset += len(line) + 1
    first = scalar.line + (1 if scalar.style in BLOCKS else 0)
    numbers = [first + number for number in range(len(starts))]
    if around is not None:
        starts, numbers = [around.at(start) for start in starts], [around.line(number) for number in numbers]
    return Inside(scalar.value, tuple(offsets), tuple(starts), tuple(numbers))


def _block(scalar: ScalarNode, text: str) -> list[int] | None:
    """Return where each line of a block scalar begins."""
    values = scalar.value.split("\n")
    if scalar.style == "folded" and len(scalar.value.rstrip("\n").split("\n")) > 1:
        return None
    starts, position = [], text.find("\n", scalar.start) + 1
    if not position:
        return None
    for value in values:
        after = text.find("\n", position)
        line = text[position : after if after >= 0 else len(text)].removesuffix("\r")
        if value and not line.endswith(value):
            return None
        starts.append(position + len(line) - len(value) if value else position)
        position = after + 1 if after >= 0 else len(text)
    return starts if len(starts) == len(values) else None


def _one_line(scalar: ScalarNode, text: str) -> list[int] | None:
    """Return where a scalar of one line begins that is written without escapes."""
    quotes = 0 if scalar.style == "plain" else 1
    written = text[scalar.start + quotes : scalar.end - quotes]
    return [scalar.start + quotes] if written == scalar.value and "\n" not in written else None
