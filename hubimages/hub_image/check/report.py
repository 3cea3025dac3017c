"""Report the check of the hub image as text, as JSON, and as annotations of GitHub Actions."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubimages import findings
from hubimages.errors import LoginError
from hubimages.findings import Finding


@dataclass(frozen=True)
class HubImageReport:
    """The findings, and what could not be checked; `good` is the text if nothing was found."""

    findings: Sequence[Finding]
    not_checked: Sequence[str]
    good: str
    no_answer: bool = False  # a registry did not answer
    hidden: bool = False  # a registry wants a login first
    strict: bool = False  # warnings fail, too

    @property
    def exit_code(self) -> int:
        """Return the exit code: errors win over what is unknown."""
        code = findings.exit_code(findings.fails(self.findings, strict=self.strict), self.no_answer)
        return code or (LoginError.exit_code if self.hidden else 0)

    def __str__(self) -> str:
        lines = [f"{finding} [{finding.code}]" for finding in self.findings]
        if not any(finding.grade == findings.ERROR for finding in self.findings):
            lines.append(self.good)
        return "\n".join([*lines, *(f"not checked: {text}" for text in self.not_checked)])

    def as_json(self) -> str:
        """Return the JSON object that docs/hub-image.md describes."""
        return findings.as_json(list(self.findings), list(self.not_checked))

    def as_annotations(self) -> str:
        """Return workflow commands, which GitHub Actions shows beside the lines of a pull request."""
        unsure = bool(self.no_answer or self.hidden)
        return findings.as_annotations(self.findings, self.not_checked, unsure=unsure) or self.good
