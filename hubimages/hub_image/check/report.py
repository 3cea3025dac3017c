"""Report the check of the hub image as text, as JSON, and as annotations of GitHub Actions."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubimages import findings
from hubimages.errors import LoginError
from hubimages.findings import Finding


@dataclass(frozen=True)
class Report:
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
        """Return workflow commands, which GitHub Actions shows beside the lines of a pull request.

        https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
        """
        lines = [
            f"::{finding.grade} file={_property(finding.file or '')},line={finding.line},"
            f"title={_property(finding.code)}::" + _data(f"{finding.message}\n{finding.remedy}")
            for finding in self.findings
        ]
        kind = "warning" if self.no_answer or self.hidden else "notice"
        lines += [f"::{kind} title=not checked::{_data(text)}" for text in self.not_checked]
        return "\n".join(lines or [self.good])


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
