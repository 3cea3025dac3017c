"""The state of a check: what it reads, and what it has found so far."""

from dataclasses import dataclass, field

from hubimages.findings import ERROR, Finding, Grade
from hubimages.hub_image.choice import command_name
from hubimages.hub_image.layout import Image, Layout
from hubimages.hub_image.values import ImageValue
from hubimages.image_ref import ImageRef
from hubimages.repository.git import Repo


@dataclass
class Check:
    """The state of a check."""

    repo: Repo
    layout: Layout
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    tags: dict[ImageRef, tuple[Image, ImageValue, int]] = field(default_factory=dict)
    compared: int = 0  # pairs of versions that could be compared
    agreeing: list[str] = field(default_factory=list)  # those of them that belong together, with their places
    no_answer: bool = False
    hidden: bool = False

    def add(self, code: str, file: str, line: int, message: str, remedy: str, grade: Grade = ERROR) -> None:
        """Add a finding, unless it is there already: two images can share a Dockerfile."""
        finding = Finding(code, message, remedy, file, line, grade)
        if finding not in self.findings:
            self.findings.append(finding)

    def name_of(self, image: Image) -> str:
        """Return the name that --image needs: with the chart's name if several charts have an image of that name."""
        return command_name(self.layout, image)

    def cannot_tell(self, text: str) -> None:
        """Add a sentence about what could not be checked."""
        if text not in self.not_checked:
            self.not_checked.append(text)


def read(repo: Repo, file: str) -> str | None:
    """Return the text of a file of the work tree; None if it does not exist."""
    assert repo.work_tree is not None
    path = repo.work_tree / file
    return path.read_bytes().decode(errors="replace") if path.is_file() else None
