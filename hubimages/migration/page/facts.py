"""What a page tells of one image: the report of its extraction, and the commits in its repository."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError, ProgramFailedError
from hubimages.repository.git import Repo
from hubimages.repository.web_address import web_address

WHY_NOT = {
    "did_not_touch_the_image": "did not touch the image",
    "merges_that_brought_nothing": "merged nothing into it",
    "touched_what_was_there_before": "touched what was there before the image",
    "touched_a_former_path_that_is_not_followed": "touched a former path that is not followed",
    "on_a_side_that_was_not_merged": "changed it on a side that was not merged",
    "after_the_image_had_gone": "came after the image had gone",
}

# What the templates ask for, where nothing was extracted or an earlier release wrote the report.
NOTHING: Mapping[str, Any] = {
    **dict.fromkeys(("path", "source", "source_web", "source_commit"), ""),
    **dict.fromkeys(("former_paths", "copied_from", "decisions", "notes", "next_steps"), ()),
    **dict.fromkeys(("source_bytes", "commits_kept", "commits_brought_in", "scan", "removed")),
}


@dataclass(frozen=True)
class Commit:
    """An extracted commit."""

    new: str
    old: str
    author: str
    day: str
    subject: str


@dataclass(frozen=True)
class Image:
    """One image: `report` is the JSON of its extraction, `remarks` what else needs a hand."""

    name: str
    dest: Path
    state: str
    report: Mapping[str, Any]
    commits: Sequence[Commit]  # newest first
    size: int  # bytes of the packs in DEST
    remarks: Sequence[str] = ()
    problem: str = ""
    origin: str = ""

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """The report, with nothing missing."""
        return {**NOTHING, **self.report}

    @cached_property
    def authors(self) -> list[tuple[str, int]]:
        """Author and commits, most first."""
        return Counter(commit.author for commit in self.commits).most_common()

    @property
    def dropped(self) -> list[tuple[str, int]]:
        """Why commits were not kept, and how many."""
        why: Mapping[str, int] = self.report.get("commits_dropped_why", {})
        return [(words, why[name]) for name, words in WHY_NOT.items() if why.get(name)]

    @property
    def trouble(self) -> str:
        """Why it failed, in one line: those after it may say where a secret is."""
        return self.problem.partition("\n")[0].rstrip(":")

    @property
    def hand(self) -> list[str]:
        """What a person is to look at or do."""
        return [*([self.trouble] if self.trouble else []), *self.report.get("warnings", ()), *self.remarks]

    @property
    def findings(self) -> list[Mapping[str, Any]] | None:
        """What the scan found; None if there was none."""
        scan = self.report.get("scan")
        return None if scan is None else list(scan["findings"])

    @property
    def kinds(self) -> list[tuple[str, int, int]]:
        """Kind of finding, how many, how many of them were accepted."""
        found = self.findings or []
        number = Counter(str(one["kind"]) for one in found)
        settled = Counter(str(one["kind"]) for one in found if one["accepted"])
        return [(kind, count, settled[kind]) for kind, count in sorted(number.items())]

    def old_page(self, commit: str) -> str:
        """Return the address of a commit's page in SOURCE, "" if it has none."""
        source = self.report.get("source_web")
        return f"{source}/commit/{commit}" if source else ""

    def new_page(self, commit: str) -> str:
        """Return the address of a commit's page where it was pushed to, "" if it was not."""
        address = web_address(self.origin) if self.origin else None
        return address.commit(commit) if address else ""


def read_image(
    dest: Path,
    report: Mapping[str, Any],
    *,
    state: str = "made",
    remarks: Sequence[str] = (),
    problem: str = "",
    origin: str = "",
) -> Image:
    """Return what a page tells of an image; without commits where DEST is not there."""
    repo = Repo(dest / ".git")
    if not (repo.git_dir / "hubimages" / "commit-map").is_file():
        return Image(dest.name, dest, state, report, (), 0, remarks, problem, origin)
    return Image(dest.name, dest, state, report, _commits(repo), repo.packed_bytes(), remarks, problem, origin)


def _commits(repo: Repo) -> list[Commit]:
    try:
        rows = (repo.git_dir / "hubimages" / "commit-map").read_text(encoding="ascii").split("\n")
        old_of = {new: old for old, _, new in (row.partition(" ") for row in rows) if old}
        form = "--format=%H%x00%an%x00%ad%x00%s"
        lines = repo.read(
            *("log", "--no-mailmap", "--date=format:%Y-%m-%d", form, "-z", "refs/heads/main", "--")
        ).decode(errors="replace")
    except (OSError, ProgramFailedError) as error:
        raise BadInputError(f"{repo.git_dir} cannot be read: {error}") from error
    fields = lines.split("\0")
    groups = zip(*(fields[place::4] for place in range(4)), strict=False)
    return [
        Commit(new, old_of[new], author or "nobody", day, subject)
        for new, author, day, subject in groups
        if new in old_of
    ]
