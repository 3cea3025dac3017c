"""Report what an extraction would do, and what it did: for a person, and as JSON."""

import json
import shlex
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hubimages.console import count
from hubimages.extract.combine import Decision
from hubimages.extract.history.reading import Reading
from hubimages.extract.messages.translator import Translator
from hubimages.extract.removal.checking import Removed
from hubimages.extract.sources.source import Source
from hubimages.extract.verify import Evidence
from hubimages.scanning import Report as Scan

MOST_AUTHORS_SHOWN = 10


def describe(source: Source, reading: Reading) -> list[str]:
    """Return the lines that say what is extracted from where."""
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
    """Return the decisions, for JSON."""
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
            "touched_a_former_path_that_is_not_followed": accounts.not_followed,
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
class ExtractionPlan:
    """What an extraction would do, as a dry run shows it."""

    dest: Path
    source: Source | None  # None where it gave no answer
    reading: Reading | None
    decisions: Sequence[Decision]
    commands: Sequence[Sequence[str]]
    warnings: Sequence[str]
    not_checked: Sequence[str]
    messages: Translator | None = None
    brings: Sequence[str] = ()  # to origin's main
    nothing_new: str = ""
    scan: Scan | None = None  # None: not asked for, or not possible
    removed: Removed | None = None  # None: not asked for

    def __str__(self) -> str:
        lines = [f"would make {self.dest}"]
        if self.source and self.reading:
            lines += [f"  {line}" for line in describe(self.source, self.reading)]
        lines += [f"  {line}" for line in message_lines(self.messages)]
        lines += [f"  brings         {line}" for line in self.brings]
        lines += [f"  nothing to do: {self.nothing_new}"] if self.nothing_new else []
        lines += decision_lines(self.decisions)
        lines += removed_lines(self.removed)
        lines += scan_lines(self.scan)
        lines += [f"  warning: {warning}" for warning in self.warnings]
        lines += [f"  not checked: {line}" for line in self.not_checked]
        lines += [f"$ {shlex.join(command)}" for command in self.commands]
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the plan as one JSON object."""
        facts: dict[str, Any] = {
            "version": 1,
            "dry_run": True,
            "dest": str(self.dest),
            **(facts_of(self.source, self.reading) if self.source and self.reading else {}),
            "decisions": [{"path": one.path, "rule": one.rule} for one in self.decisions],
            "commands": [list(command) for command in self.commands],
            "messages": message_facts(self.messages),
            "brings": list(self.brings),
            "nothing_to_do": self.nothing_new,
            "warnings": list(self.warnings),
            "not_checked": list(self.not_checked),
            "scan": self.scan.as_facts() if self.scan else None,
            "removed": self.removed.as_facts() if self.removed else None,
        }
        return json.dumps(facts, indent=2, ensure_ascii=False)


def message_lines(translator: Translator | None) -> list[str]:
    """Return what becomes of references in messages, with a few lines before and after."""
    if translator is None or not str(translator):
        return []
    lines = [f"messages       {translator}"]
    for before, after in translator.samples:
        lines += [f"               - {before}", f"               + {after}"]
    return lines


def message_facts(translator: Translator | None) -> dict[str, Any]:
    """Return the same for JSON."""
    if translator is None:
        return {}
    samples = [{"before": before, "after": after} for before, after in translator.samples]
    return {**asdict(translator.counts), "samples": samples}


def removed_lines(removed: Removed | None) -> list[str]:
    """Return what differs from the source because it was removed; everything else was compared."""
    if removed is None:
        return []
    first, *rest = removed.lines()
    return [f"  removed        {first}", *(f"                 {line}" for line in rest)]


def scan_lines(scan: Scan | None) -> list[str]:
    """Return what the scan found, and what is to be done about it."""
    return [f"  {line}" for line in scan.lines()] if scan else []


@dataclass(frozen=True)
class Nothing:
    """Nothing to do: origin's main has everything. DEST is not made."""

    dest: Path
    why: str
    source: Source
    reading: Reading

    def __str__(self) -> str:
        return f"nothing to do: {self.why}. {self.dest} was not made: git clone origin"

    def as_json(self) -> str:
        """Return the facts as one JSON object."""
        facts = {"version": 1, "dest": None, "nothing_to_do": self.why, **facts_of(self.source, self.reading)}
        return json.dumps(facts, indent=2, ensure_ascii=False)


def decision_lines(decisions: Sequence[Decision]) -> list[str]:
    """Return one line for every decision."""
    return [f"  {one.path}: {one.rule}" for one in decisions]


@dataclass(frozen=True)
class PathSpan:
    """A path that the image had, and from when to when."""

    path: str
    commits: int
    first: str  # the day of an author
    last: str


@dataclass(frozen=True)
class Result:
    """What an extraction did, with the evidence found in the finished repository."""

    dest: Path
    source: Source
    reading: Reading
    decisions: Sequence[Decision]
    evidence: Evidence
    warnings: Sequence[str]
    messages: Translator | None  # None: kept as they are
    brings: Sequence[str]  # to origin's main
    head: str
    pushed_to: str | None
    next_steps: Sequence[str]
    scan: Scan | None = None  # None: not asked for
    removed: Removed | None = None  # None: not asked for
    paths: Sequence[PathSpan] = ()  # in the order in which the image had them
    source_bytes: int | None = None  # of SOURCE's objects; None where it is on a server

    def __str__(self) -> str:
        evidence = self.evidence
        lines = [f"made {self.dest}", *(f"  {line}" for line in describe(self.source, self.reading))]
        lines += [f"  {line}" for line in message_lines(self.messages)]
        lines += [f"  brings         {line}" for line in self.brings]
        lines.append(f"  authors        {len(evidence.authors)}, from {evidence.first_date} to {evidence.last_date}")
        for name, number in evidence.authors[:MOST_AUTHORS_SHOWN]:
            lines.append(f"    {number:6}  {name}")
        if len(evidence.authors) > MOST_AUTHORS_SHOWN:
            lines.append(f"            and {len(evidence.authors) - MOST_AUTHORS_SHOWN} more: git shortlog -sne")
        same = "the same" if evidence.result_tree == self.reading.source_tree else "NOT THE SAME"
        if self.removed is not None and same != "the same":
            same = "without what was removed"
        lines.append(f"  tree           {self.reading.source_tree} in the source")
        lines.append(f"                 {evidence.result_tree} at the end of the extracted history: {same}")
        commits = count(len(self.reading.kept.parents), "commit")
        lines.append(f"  checked        the tree, people, dates and message of all {commits}")
        lines += removed_lines(self.removed)
        lines += scan_lines(self.scan)
        if self.pushed_to:
            lines.append(f"  pushed         main, to {self.pushed_to}")
        if self.decisions:
            lines += ["files with a decision:", *decision_lines(self.decisions)]
        lines += [f"warning: {warning}" for warning in self.warnings]
        lines += ["next:", *(f"  {number}. {step}" for number, step in enumerate(self.next_steps, 1))]
        return "\n".join(lines)

    def as_json(self) -> str:
        """Return the facts as one JSON object."""
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
            "messages": message_facts(self.messages),
            "brings": list(self.brings),
            "decisions": [{"path": one.path, "rule": one.rule} for one in self.decisions],
            "warnings": list(self.warnings),
            "next_steps": list(self.next_steps),
            "paths": [asdict(one) for one in self.paths],
            "source": self.source.given,
            "source_web": self.source.address.page if self.source.address else None,
            "source_bytes": self.source_bytes,
            "scan": self.scan.as_facts() if self.scan else None,
            "removed": self.removed.as_facts() if self.removed else None,
        }
        return json.dumps(facts, indent=2, ensure_ascii=False)
