"""The plan of an adoption: the answers, what would change, and what a person has to know."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubimages.repository.git import Repo
from hubimages.update.adopting.guessing import Guesses
from hubimages.update.landing import Landing


@dataclass(frozen=True)
class Differs:
    """A file that stays the owner's where the template has one, and how many lines differ."""

    path: str
    why: str
    added: int = 0  # lines that only the owner's has
    removed: int = 0  # lines that only the template's has


@dataclass(frozen=True)
class Adoption:
    """What adopting a repository changes. Without a `commit` it is adopted already."""

    repo: Repo
    version: int = 0
    guesses: Guesses = field(default_factory=lambda: Guesses((), (), ()))
    head: str = ""
    branch: str = ""
    commit: str = ""
    tree: str = ""
    pack: bytes = field(default=b"", repr=False)
    diff: str = field(default="", repr=False)
    paths: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    superseded: Mapping[str, str] = field(default_factory=dict)
    added: tuple[str, ...] = ()
    stays: tuple[Differs, ...] = ()
    in_the_way: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether there is something to do."""
        return bool(self.commit)

    @property
    def landing(self) -> Landing:
        """The commit and its branch."""
        return Landing(
            self.repo, self.head, self.branch, self.commit, self.tree, self.pack, self.paths, self.overwritten
        )

    def as_json(self) -> str:
        """Return the plan or result as one JSON object."""
        report: dict[str, Any] = {
            "version": 1,
            "repository": str(self.repo.work_tree),
            "template_version": self.version,
            "branch": self.branch,
            "commit": self.commit,
            "answers": {each.key: {"value": each.value, "read": list(each.read)} for each in self.guesses.answers},
            "questions": [
                {"key": each.key, "reason": each.reason, "recommended": each.recommended}
                for each in self.guesses.unclear
            ],
            "superseded": [{"file": file, "reason": reason} for file, reason in self.superseded.items()],
            "added": list(self.added),
            "stays": [
                {"file": each.path, "why": each.why, "only_here": each.added, "only_in_template": each.removed}
                for each in self.stays
            ],
            "in_the_way": [{"file": path, "needed": needed} for path, needed in self.in_the_way],
            "notes": list(self.notes),
        }
        return json.dumps(report, indent=2, ensure_ascii=False)
