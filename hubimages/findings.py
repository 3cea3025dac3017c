"""What a check found, in the form that every check gives: as text for people, as JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubimages.errors import NoAnswerError

FOUND = 1


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code that stays the same, what is wrong, and the remedy. `line` counts from 1."""

    code: str
    message: str
    remedy: str = ""
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        text = ": ".join(filter(None, (self.message, self.remedy)))
        return f"{place}: {text}" if place else text


def exit_code(findings: bool, no_answer: bool) -> int:
    """1 when something was found, 75 when nothing was but somebody gave no answer, 0 otherwise."""
    if findings:
        return FOUND
    return NoAnswerError.exit_code if no_answer else 0


def as_json(findings: list[Finding], not_checked: list[str], facts: Mapping[str, Any] | None = None) -> str:
    """The report of a check as one JSON object; `facts` are further keys of it."""
    shown = [
        {"code": one.code, "file": one.file, "line": one.line, "message": one.message, "remedy": one.remedy}
        for one in findings
    ]
    whole = {"version": 1, **(facts or {}), "findings": shown, "not_checked": not_checked}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def as_annotations(findings: Sequence[Finding], not_checked: Sequence[str], *, unsure: bool) -> str:
    """Return workflow commands, which GitHub Actions shows beside the lines of a pull request; empty without any.

    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    lines = [
        f"::error file={_property(each.file or '')},line={each.line or 1},title={_property(each.code)}::"
        + _data(f"{each.message}\n{each.remedy}")
        for each in findings
    ]
    kind = "warning" if unsure else "notice"
    return "\n".join([*lines, *(f"::{kind} title=not checked::{_data(text)}" for text in not_checked)])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
