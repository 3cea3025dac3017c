"""What a check found, in the form that every check gives: as text for people, as JSON for programs.

A finding has one of two grades. An error does not work; a warning is risk, advice or taste. Errors make a check exit
with 1, warnings only with `--strict`; a warning of pure style (`style=True`) never does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from hubimages.errors import NoAnswerError

FOUND = 1
Grade = Literal["error", "warning"]
ERROR: Grade = "error"
WARNING: Grade = "warning"


class Graded(Protocol):
    """Anything with a grade: `Finding`, or a job's own kind of finding."""

    @property
    def grade(self) -> Grade:
        """`error` or `warning`."""

    @property
    def style(self) -> bool:
        """Whether it is about style alone."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code that stays the same, what is wrong, and the remedy. `line` counts from 1."""

    code: str
    message: str
    remedy: str = ""
    file: str | None = None
    line: int | None = None
    grade: Grade = ERROR
    style: bool = False

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        text = ": ".join(filter(None, (self.message, self.remedy)))
        grade = "" if self.grade == ERROR else f"{self.grade} (style)" if self.style else self.grade
        return ": ".join(filter(None, (place, grade, text)))


def fails(findings: Iterable[Graded], *, strict: bool = False) -> bool:
    """Return True if a check with these findings fails: errors do, with `strict` also warnings that are not style."""
    return any(one.grade == ERROR or (strict and not one.style) for one in findings)


def exit_code(failed: bool, no_answer: bool) -> int:
    """1 for a check that failed (see `fails`), 75 for one that somebody gave no answer to, 0 otherwise."""
    if failed:
        return FOUND
    return NoAnswerError.exit_code if no_answer else 0


def grade_as_json(finding: Graded) -> dict[str, Any]:
    """The keys `grade` and, for style alone, `style` of a finding in JSON."""
    return {"grade": finding.grade, **({"style": True} if finding.style else {})}


def as_json(findings: list[Finding], not_checked: list[str], facts: Mapping[str, Any] | None = None) -> str:
    """The report of a check as one JSON object; `facts` are further keys of it."""
    shown = [
        {
            "code": one.code, "file": one.file, "line": one.line, "message": one.message, "remedy": one.remedy,
            **grade_as_json(one),
        }
        for one in findings
    ]  # fmt: skip
    whole = {"version": 1, **(facts or {}), "findings": shown, "not_checked": not_checked}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def as_annotations(findings: Sequence[Finding], not_checked: Sequence[str], *, unsure: bool) -> str:
    """Return workflow commands, which GitHub Actions shows beside the lines of a pull request; empty without any.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    lines = [
        f"::{each.grade} file={_property(each.file or '')},line={each.line or 1},title={_property(each.code)}::"
        + _data(f"{each.message}\n{each.remedy}")
        for each in findings
    ]
    kind = "warning" if unsure else "notice"
    return "\n".join([*lines, *(f"::{kind} title=not checked::{_data(text)}" for text in not_checked)])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
