"""What is read in a repository about an answer, and where."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Found:
    """A value for an answer, and the place that has it. `line` counts from 1; 0 means the whole file."""

    key: str
    value: str
    file: str
    line: int = 0
    note: str = ""

    @property
    def place(self) -> str:
        """The place as `file:line`."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True)
class Guess:
    """An answer and where it was read: places in the repository, or the rule that gives it without one."""

    key: str
    value: str
    read: tuple[str, ...]


@dataclass(frozen=True)
class Unclear:
    """An answer that a person has to give. `recommended` is what --yes takes; "" if only the person can know."""

    key: str
    reason: str
    recommended: str = ""

    @property
    def question(self) -> str:
        """The question, with the flag that answers it."""
        return f"{self.key}: {self.reason}"


def by_value(found: Iterable[Found], key: str) -> dict[str, list[Found]]:
    """Return what was found about an answer by its value, in the order of reading."""
    values: dict[str, list[Found]] = {}
    for each in found:
        if each.key == key:
            values.setdefault(each.value, []).append(each)
    return values
