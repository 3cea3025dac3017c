"""What the check of the hub image tells: to a person, to other programs, and beside the lines in GitHub Actions."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubimages import findings
from hubimages.errors import LoginError
from hubimages.findings import Finding


@dataclass(frozen=True)
class Report:
    """What was found, and what could not be checked; `good` is what is said where nothing was found."""

    findings: Sequence[Finding]
    not_checked: Sequence[str]
    good: str
    no_answer: bool = False  # a registry did not answer
    hidden: bool = False  # a registry wants a login first

    @property
    def exit_code(self) -> int:
        """What is wrong goes before what nobody knows."""
        code = findings.exit_code(bool(self.findings), self.no_answer)
        return code or (LoginError.exit_code if self.hidden else 0)

    def __str__(self) -> str:
        lines = [f"{finding} [{finding.code}]" for finding in self.findings] or [self.good]
        return "\n".join([*lines, *(f"not checked: {text}" for text in self.not_checked)])

    def as_json(self) -> str:
        """As docs/hub-image.md describes it."""
        return findings.as_json(list(self.findings), list(self.not_checked))

    def as_annotations(self) -> str:
        """Return workflow commands, which GitHub Actions shows beside the lines of a pull request."""
        unsure = bool(self.no_answer or self.hidden)
        return findings.as_annotations(self.findings, self.not_checked, unsure=unsure) or self.good
