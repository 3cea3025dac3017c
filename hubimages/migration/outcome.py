"""What became of every image of a manifest: for a person, as JSON, and for the pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from hubimages.console import count

FAILED = "failed"
WORDS = {
    "made": "made",
    "updated": "updated",
    "made anew": "made anew",
    "unchanged": "nothing new",
    FAILED: "FAILED",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one image.

    `report` is what `extract-image --json` says of it: commits kept and not kept with why, former paths, authors,
    decisions, warnings, next steps. It is also in DEST, in `.git/hubimages/extraction.json`, beside `commit-map`.
    """

    directory: str
    repository: str
    dest: str
    state: str  # a key of WORDS; in a dry run with `would be ` in front
    problem: str = ""
    exit_code: int = 0
    created: str = ""  # the repository that was created on the host
    pushed_to: str = ""
    remarks: tuple[str, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)
    plan: str = ""  # of a dry run

    def row(self) -> tuple[str, ...]:
        """Return the cells of the table."""
        facts = self.report
        kept = str(facts["commits_kept"]) if "commits_kept" in facts else ""
        former = str(len(facts["former_paths"])) if "former_paths" in facts else ""
        authors = str(len(facts["authors"])) if "authors" in facts else ""
        hand = str(len(facts.get("warnings", ())) + len(self.remarks)) if facts or self.remarks else ""
        state = WORDS.get(self.state, self.state)
        return (self.repository, state, kept, former, authors, hand, "yes" if self.pushed_to else "", self.directory)


HEADER = ("repository", "", "commits", "former paths", "authors", "warnings", "pushed", "directory")


@dataclass(frozen=True)
class Run:
    """What one run of `extract-images` did."""

    source: str
    ref: str
    commit: str
    outcomes: Sequence[Outcome]
    skipped: Sequence[str] = ()  # directories that the manifest leaves out
    dry_run: bool = False

    @property
    def exit_code(self) -> int:
        """The exit code of the first image that failed, 0 for none."""
        return next((one.exit_code for one in self.outcomes if one.state == FAILED), 0)

    def __str__(self) -> str:
        plans = [one.plan for one in self.outcomes if one.plan]
        rows = [HEADER, *(one.row() for one in self.outcomes)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
        lines = [*plans, ""] if plans else []
        lines += [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        lines.append("")
        for one in self.outcomes:
            lines += [f"{one.repository}: {remark}" for remark in one.remarks]
            lines += [f"{one.repository}: created {one.created}"] if one.created else []
        lines += [f"failed: {one.repository}: {one.problem}" for one in self.outcomes if one.state == FAILED]
        lines.append(self.summary())
        return "\n".join(lines)

    def summary(self) -> str:
        """Return how many images there were of each kind."""
        states = [one.state for one in self.outcomes]
        parts = [f"{states.count(state)} {WORDS.get(state, state).lower()}" for state in dict.fromkeys(states)]
        pushed = sum(bool(one.pushed_to) for one in self.outcomes)
        parts += [f"{pushed} pushed"] if pushed else []
        parts += [f"{len(self.skipped)} skipped by the manifest"] if self.skipped else []
        return f"{count(len(states), 'image')} of {self.ref} at {self.commit[:12]}: {', '.join(parts) or 'none'}"

    def as_json(self) -> str:
        """Return everything as one JSON object."""
        facts = {
            "version": 1,
            "dry_run": self.dry_run,
            "source": self.source,
            "ref": self.ref,
            "commit": self.commit,
            "images": [asdict(one) for one in self.outcomes],
            "skipped": list(self.skipped),
        }
        return json.dumps(facts, indent=2, ensure_ascii=False)
