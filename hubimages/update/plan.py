"""The plan of an update: what would change, and what a person has to know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubimages.repository.git import Repo
from hubimages.update.landing import Landing
from hubimages.update.merging import Merge
from hubimages.update.record import Record


@dataclass(frozen=True)
class Update:
    """What an update changes. Without a `merge` there is nothing to do.

    `commit` goes on `head` where there is no conflict; otherwise it is the template's change, to be picked there.
    """

    repo: Repo
    record: Record
    version: int
    head: str
    branch: str
    brings: Mapping[int, str]
    answers: Mapping[str, tuple[str | None, str]]
    former_reference: str  # the image's name before and after
    reference: str
    warnings: tuple[str, ...]
    merge: Merge | None = None
    commit: str = ""
    pack: bytes = field(default=b"", repr=False)
    changed: tuple[str, ...] = ()
    diff: str = field(default="", repr=False)
    paths: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    pull_request: str = ""
    left_out: tuple[str, ...] = ()  # files that the pull request does not have, for want of a right

    @property
    def is_newer(self) -> bool:
        """Whether the template has something that the repository does not have."""
        return self.merge is not None

    @property
    def conflicts(self) -> bool:
        """Whether a person has to decide about files."""
        return self.merge is not None and bool(self.merge.conflicts)

    @property
    def landing(self) -> Landing:
        """The commit and its branch."""
        assert self.merge is not None
        tree = "" if self.conflicts else self.merge.tree
        return Landing(self.repo, self.head, self.branch, self.commit, tree, self.pack, self.paths, self.overwritten)

    @property
    def point_hubs(self) -> str:
        """The command that points hubs at the image's new name; "" if its name stays."""
        if self.reference == self.former_reference:
            return ""
        return f"hubimages point-hubs {self.reference}:TAG --instead-of={self.former_reference}"

    @property
    def title(self) -> str:
        """What the update is, for the beginning of a sentence."""
        if self.version == self.record.template_version:
            return f"The change within version {self.version} of the template"
        return f"The update from version {self.record.template_version} to {self.version} of the template"

    def as_json(self) -> str:
        """Return the plan or result as one JSON object."""
        merged = self.merge
        report: dict[str, Any] = {
            "version": 1,
            "repository": str(self.repo.work_tree),
            "from": {"template_version": self.record.template_version, "commit": self.record.commit},
            "to": {"template_version": self.version},
            "newer": self.is_newer,
            "branch": self.branch if merged else "",
            "commit": self.commit if merged and not self.conflicts else "",
            "changed": list(self.changed),
            "conflicts": [
                {"file": each.path, "kind": each.kind, "reason": each.reason}
                for each in (merged.conflicts if merged else ())
            ],
            "stays_deleted": list(merged.stays_deleted if merged else ()),
            "answers": {key: {"before": old, "after": new} for key, (old, new) in self.answers.items()},
            "changes": [{"template_version": number, "text": text} for number, text in self.brings.items()],
            "point_hubs": self.point_hubs,
            "pull_request": self.pull_request,
            "left_out": list(self.left_out),
            "warnings": list(self.warnings),
        }
        return json.dumps(report, indent=2, ensure_ascii=False)
