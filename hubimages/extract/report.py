"""What an extraction is going to do, and what it did: for a person, and as JSON."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubimages.console import count
from hubimages.extract.combine import Decision
from hubimages.extract.history.reading import Reading
from hubimages.extract.sources.source import Source
from hubimages.extract.verify import Evidence

MOST_AUTHORS_SHOWN = 10


def describe(source: Source, reading: Reading) -> list[str]:
    """The lines that say what is extracted from where."""
    lines = [
        f"from           {source.given}, {source.ref} at {reading.source_commit[:12]}",
        f"image          {reading.path}, tree {reading.source_tree[:12]}",
    ]
    lines += [f"note           {note}" for note in reading.notes]
    accounts = reading.accounts
    brought = f", {accounts.brought_in} of them from former paths" if accounts.brought_in else ""
    lines.append(f"commits kept   {len(reading.kept.parents)}{brought}")
    lines.append(f"not kept       {accounts.dropped}: {accounts}" if accounts.dropped else "not kept       0")
    for former in reading.former_paths:
        lines.append(f"former path    {former}")
    for copy in reading.copies:
        lines.append(
            f"copied from    {copy.path or '.'} ({copy.files} of {copy.of} files, in "
            f"{reading.history.ids[copy.commit][:12]}), which is not followed; --former-path {copy.path or '.'} "
            "follows it"
        )
    return lines


def facts_of(source: Source, reading: Reading) -> dict[str, Any]:
    """What was decided, for JSON."""
    accounts = reading.accounts
    return {
        "path": reading.path,
        "ref": source.ref,
        "source_commit": reading.source_commit,
        "source_tree": reading.source_tree,
        "commits_kept": len(reading.kept.parents),
        "commits_brought_in": accounts.brought_in,
        "commits_dropped": accounts.dropped,
        "commits_dropped_why": {
            "did_not_touch_the_image": accounts.unchanged,
            "merges_that_brought_nothing": accounts.merges,
            "touched_what_was_there_before": accounts.another,
            "on_a_side_that_was_not_merged": accounts.aside,
            "after_the_image_had_gone": accounts.later,
        },
        "former_paths": [
            {
                "path": one.path,
                "commits": one.commits,
                "how": one.how,
                "files_moved": one.moved,
                "files_not_moved": list(one.left),
                "only_moved_files": one.only_moved,
            }
            for one in reading.former_paths
        ],
        "copied_from": [one.path or "." for one in reading.copies],
        "notes": list(reading.notes),
    }


@dataclass(frozen=True)
class Plan:
    """What would be done: shown by a dry run, which changes nothing."""

    dest: Path
    source: Source | None  # None where it gave no answer
    reading: Reading | None
    decisions: Sequence[Decision]
    commands: Sequence[Sequence[str]]
    warnings: Sequence[str]
    not_checked: Sequence[str]

    def __str__(self) -> str:
        lines = [f"would make {self.dest}"]
        if self.source and self.reading:
            lines += [f"  {line}" for line in describe(self.source, self.reading)]
        lines += decision_lines(self.decisions)
        lines += [f"  warning: {warning}" for warning in self.warnings]
        lines += [f"  not checked: {line}" for line in self.not_checked]
        lines += [f"$ {shlex.join(command)}" for command in self.commands]
        return "\n".join(lines)

    def as_json(self) -> str:
        """The same as one JSON object."""
        facts: dict[str, Any] = {
            "version": 1,
            "dry_run": True,
            "dest": str(self.dest),
            **(facts_of(self.source, self.reading) if self.source and self.reading else {}),
            "decisions": [{"path": one.path, "rule": one.rule} for one in self.decisions],
            "commands": [list(command) for command in self.commands],
            "warnings": list(self.warnings),
            "not_checked": list(self.not_checked),
        }
        return json.dumps(facts, indent=2, ensure_ascii=False)


def decision_lines(decisions: Sequence[Decision]) -> list[str]:
    """One line for every file that both sides have."""
    return [f"  {one.path}: {one.rule}" for one in decisions]


@dataclass(frozen=True)
class Result:
    """What was done, with the evidence that was found by looking at the finished repository."""

    dest: Path
    source: Source
    reading: Reading
    decisions: Sequence[Decision]
    evidence: Evidence
    warnings: Sequence[str]
    references: str  # what became of commit ids and issue numbers in messages
    head: str
    pushed_to: str | None
    next_steps: Sequence[str]

    def __str__(self) -> str:
        evidence = self.evidence
        lines = [f"made {self.dest}", *(f"  {line}" for line in describe(self.source, self.reading))]
        if self.references:
            lines.append(f"  messages       {self.references}")
        lines.append(f"  authors        {len(evidence.authors)}, from {evidence.first_date} to {evidence.last_date}")
        for name, number in evidence.authors[:MOST_AUTHORS_SHOWN]:
            lines.append(f"    {number:6}  {name}")
        if len(evidence.authors) > MOST_AUTHORS_SHOWN:
            lines.append(f"            and {len(evidence.authors) - MOST_AUTHORS_SHOWN} more: git shortlog -sne")
        same = "the same" if evidence.result_tree == self.reading.source_tree else "NOT THE SAME"
        lines.append(f"  tree           {self.reading.source_tree} in the source")
        lines.append(f"                 {evidence.result_tree} at the end of the extracted history: {same}")
        lines.append(
            f"  checked        the tree, people and dates of all {count(len(self.reading.kept.parents), 'commit')}"
        )
        if self.pushed_to:
            lines.append(f"  pushed         main, to {self.pushed_to}")
        if self.decisions:
            lines += ["files that both sides had:", *decision_lines(self.decisions)]
        lines += [f"warning: {warning}" for warning in self.warnings]
        lines += ["next:", *(f"  {number}. {step}" for number, step in enumerate(self.next_steps, 1))]
        return "\n".join(lines)

    def as_json(self) -> str:
        """The facts as one JSON object."""
        facts = {
            "version": 1,
            "dest": str(self.dest),
            "head": self.head,
            "pushed_to": self.pushed_to,
            **facts_of(self.source, self.reading),
            "authors": [{"author": name, "commits": number} for name, number in self.evidence.authors],
            "first_date": self.evidence.first_date,
            "last_date": self.evidence.last_date,
            "result_tree": self.evidence.result_tree,
            "decisions": [{"path": one.path, "rule": one.rule} for one in self.decisions],
            "warnings": list(self.warnings),
        }
        return json.dumps(facts, indent=2, ensure_ascii=False)
