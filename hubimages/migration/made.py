"""The repositories that an earlier run made: what they were made from, and how they are brought up to date."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubimages import disk, extract, json_text
from hubimages.errors import ProgramFailedError, RefusedError
from hubimages.repository.git import Repo

RECORDS = ("commit-map", "extraction.json", extract.NOTE)
# Their hooks are for a person's own commits; and what is fetched is on this machine.
QUIETLY = {"core.hooksPath": "/dev/null", "fetch.writeCommitGraph": "false"}
FROM_HERE = {"GIT_ALLOW_PROTOCOL": "file"}


@dataclass(frozen=True)
class Made:
    """A repository that an earlier run made."""

    repo: Repo
    source_tip: str  # of the source, when it was made
    options: Mapping[str, Any]
    head: str  # what the run made
    report: Mapping[str, Any]

    @property
    def dest(self) -> Path:
        """Its directory."""
        return self.repo.directory

    @property
    def main(self) -> str:
        """The commit of its main."""
        return self.repo.text("rev-parse", "--verify", "refs/heads/main")

    def commit_map(self) -> dict[str, str]:
        """Return old commit to new commit."""
        rows = (self.repo.git_dir / "hubimages" / RECORDS[0]).read_text(encoding="ascii").split("\n")
        return {old: new for old, _, new in (row.partition(" ") for row in rows) if old}

    def is_untouched(self) -> bool:
        """Return True if nobody has committed, edited or pushed anything since it was made."""
        refs = self.repo.text("for-each-ref", "--format=%(refname)").split()
        others = [name for name in refs if name != "refs/heads/main"]
        return not others and self.main == self.head and self.is_clean(untracked=True)

    def is_clean(self, *, untracked: bool = False) -> bool:
        """Return True if the work tree is what main has."""
        kind = "--untracked-files=" + ("all" if untracked else "no")
        return not self.repo.text("status", "--porcelain", kind)

    def check_can_move(self) -> None:
        """Raise RefusedError unless main can be moved on without taking anything from a person."""
        branch = self.repo.answer("symbolic-ref", "--quiet", "HEAD").strip()
        if branch != "refs/heads/main":
            raise RefusedError(
                f"{self.dest} has {branch or 'no branch'} checked out. Check out main, and run this again"
            )
        if not self.is_clean():
            raise RefusedError(
                f"{self.dest} has edits that are not committed. Commit or stash them, and run this again"
            )

    def take(self, other: Path) -> None:
        """Move main on to that of another repository, with its files and records.

        Without a record of the new state, the next run does the same again, and finds nothing left to do.
        """
        new = Repo(other / ".git").text("rev-parse", "refs/heads/main")
        self.repo.read("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", str(other), new, env=FROM_HERE)
        self.move(new)
        name_dest(other, self.dest)
        for name in RECORDS:
            disk.write_whole(self.repo.git_dir / "hubimages" / name, (other / ".git" / "hubimages" / name).read_bytes())

    def move(self, commit: str) -> None:
        """Move main on to a commit, with the files. What is not committed stays, or stops it."""
        before = self.main
        try:
            self.repo.read("read-tree", "-m", "-u", before, commit, env={"GIT_LFS_SKIP_SMUDGE": "1"})
        except ProgramFailedError as error:
            raise RefusedError(f"{self.dest} has files in the way of the new commits: {error}") from error
        self.repo.read("update-ref", "-m", "extract-images", "refs/heads/main", commit, before)

    def note(self, source_tip: str) -> None:
        """Write down that this has everything of a commit of the source."""
        facts = {"source_tip": source_tip, "options": self.options, "head": self.head}
        disk.write_whole(self.repo.git_dir / "hubimages" / extract.NOTE, json.dumps(facts).encode() + b"\n")


def made_at(dest: Path) -> Made | None:
    """Return the repository that an earlier run made; None if there is nothing.

    Raises RefusedError for anything else in its place.
    """
    if not dest.exists() or (dest.is_dir() and not any(dest.iterdir())):
        return None
    try:
        records = dest / ".git" / "hubimages"
        note = json_text.loads((records / extract.NOTE).read_text(encoding="utf-8"))
        report = json_text.loads((records / "extraction.json").read_text(encoding="utf-8"))
        repo = Repo(dest / ".git", dest, QUIETLY)
        return Made(repo, note["source_tip"], note["options"], note["head"], report)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RefusedError(
            f"{dest} exists, and extract-images did not make it. Move it away, or name another DEST"
        ) from error


def name_dest(made: Path, dest: Path) -> None:
    """Write into the report of a new repository where it is going to be."""
    report = made / ".git" / "hubimages" / "extraction.json"
    before = json_text.loads(report.read_text(encoding="utf-8"))
    steps = [step.replace(before["dest"], str(dest)) for step in before["next_steps"]]
    facts = {**before, "dest": str(dest), "next_steps": steps}
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    disk.write_whole(report, text.encode("utf-8", "backslashreplace"))
