"""What a check has found, for a person, for other programs, and as annotations in GitHub Actions."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from hubimages.errors import LoginError, NoAnswerError

FOUND = 1


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a code that stays the same, where (line from 1), what, and what to do about it."""

    code: str
    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} [{self.code}]\n    {self.remedy}"


@dataclass(frozen=True)
class Report:
    """What was found, and what could not be checked; `good` is what is said where nothing was found."""

    findings: Sequence[Finding]
    not_checked: Sequence[str]
    good: str
    no_answer: bool = False  # a registry or server did not say
    hidden: bool = False  # a registry wants a login first

    @property
    def exit_code(self) -> int:
        """What is wrong goes before what nobody knows."""
        if self.findings:
            return FOUND
        if self.no_answer:
            return NoAnswerError.exit_code
        return LoginError.exit_code if self.hidden else 0

    def __str__(self) -> str:
        lines = [str(finding) for finding in self.findings] or [self.good]
        return "\n".join([*lines, *(f"not checked: {text}" for text in self.not_checked)])

    def as_json(self) -> str:
        """As docs/reference.md describes it."""
        return json.dumps(
            {
                "version": 1,
                "findings": [asdict(finding) for finding in self.findings],
                "not_checked": list(self.not_checked),
            },
            indent=2,
        )

    def as_annotations(self) -> str:
        """Workflow commands, which GitHub Actions shows beside the lines of a pull request.

        https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
        """
        lines = [
            f"::error file={_property(finding.file)},line={finding.line},title={_property(finding.code)}::"
            + _data(f"{finding.message}\n{finding.remedy}")
            for finding in self.findings
        ]
        kind = "warning" if self.no_answer or self.hidden else "notice"
        lines += [f"::{kind} title=not checked::{_data(text)}" for text in self.not_checked]
        return "\n".join(lines or [self.good])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
