"""What a scan found, for a person and as JSON: commit, path and kind, never the secret."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hubimages.console import count

MOST_PLACES = 5

# Kinds that are no secret: there is nothing to revoke.
PEOPLE, LARGE, NOT_SCANNED = "people", "large-file", "not-scanned"
DECRYPTED = "decrypted-file"
ADVICE = {
    PEOPLE: "these people did not agree to be published, and SOURCE still has them",
    LARGE: "GitHub refuses files over 100 MB, and every clone carries it",
    NOT_SCANNED: "look at it yourself",
}
REVOKE = "revoke it first: SOURCE still has it"
WHAT = {
    PEOPLE: "a list of people: names or e-mail addresses",
    LARGE: "a file over 50 MB",
    NOT_SCANNED: "not searched: it took longer than two minutes, or is missing",
    DECRYPTED: "the plaintext of a file that is encrypted elsewhere in the history, or by its name",
}


@dataclass(frozen=True)
class Finding:
    """One secret, or one file that is not to be published, with every place of it in the history."""

    kind: str
    blob: str  # of the first place; for a message the id that it would have as a blob
    line: int
    commit: str  # the first that has it
    path: str  # "" for a message
    others: tuple[str, ...] = ()  # further places of the same secret, `path:line` or `message of COMMIT`
    is_at_tip: bool = False  # the last commit of a ref has it, too
    old_commit: str = ""  # the id of `commit` in SOURCE
    accepted: str = ""  # the reason

    @property
    def id(self) -> str:
        """The name by which it is accepted."""
        return f"{self.kind}:{self.blob}:{self.line}"

    @property
    def advice(self) -> str:
        """What to do first."""
        return ADVICE.get(self.kind, REVOKE)

    @property
    def place(self) -> str:
        """Where it is."""
        return f"{self.path}:{self.line}" if self.path else f"message, line {self.line}"

    def as_facts(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return {
            "id": self.id,
            "kind": self.kind,
            "commit": self.commit,
            "source_commit": self.old_commit or None,
            "path": self.path or None,
            "line": self.line,
            "others": list(self.others),
            "at_tip": self.is_at_tip,
            "first": self.advice,
            "accepted": self.accepted or None,
        }

    def lines(self) -> list[str]:
        """Return the lines that tell a person."""
        what = WHAT.get(self.kind, self.kind.replace("-", " "))
        source = f" ({self.old_commit[:12]} in SOURCE)" if self.old_commit else ""
        now = ", still there at the end" if self.is_at_tip else ", gone at the end, but in the history"
        now = now if self.path else ""  # a message never goes
        told = [f"{self.advice}", f"  {what}", f"  {self.place}, from commit {self.commit[:12]}{source}{now}"]
        told += [f"  also {other}" for other in self.others[:MOST_PLACES]]
        if len(self.others) > MOST_PLACES:
            told.append(f"  and {count(len(self.others) - MOST_PLACES, 'place')} more (--json has all)")
        told.append(f"  accepted: {self.accepted}" if self.accepted else f"  --accept '{self.id}=REASON'")
        return told


@dataclass(frozen=True)
class Report:
    """What a scan searched and found."""

    findings: tuple[Finding, ...]
    commits: int
    blobs: int
    messages: int
    examined: int  # of the blobs and messages: the others were known from earlier scans
    scanners: tuple[str, ...]
    not_searched: Mapping[str, int] = field(default_factory=dict)  # kind of file to how many
    note: str = ""

    @property
    def unsettled(self) -> tuple[Finding, ...]:
        """The findings that nobody has accepted."""
        return tuple(one for one in self.findings if not one.accepted)

    @property
    def kinds(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        return dict(Counter(one.kind for one in self.findings))

    def settled(self, reasons: Mapping[str, str]) -> "Report":
        """Return the report with these findings accepted: id to reason."""
        found = tuple(replace(one, accepted=reasons.get(one.id, one.accepted)) for one in self.findings)
        return replace(self, findings=found)

    def with_old_commits(self, new_ids: Mapping[str, str]) -> "Report":
        """Return the report with the commit ids of SOURCE. `new_ids`: old to new."""
        old = {new: each for each, new in new_ids.items()}
        return replace(self, findings=tuple(replace(one, old_commit=old.get(one.commit, "")) for one in self.findings))

    def lines(self) -> list[str]:
        """Return the lines that tell a person, those who are to act first."""
        searched = f"{count(self.blobs, 'file version')} and {count(self.messages, 'message')}"
        told = [
            f"scanned        {searched} of {count(self.commits, 'commit')}, with {', '.join(self.scanners)}: "
            f"{count(len(self.findings), 'finding')}"
            + (f", {len(self.findings) - len(self.unsettled)} accepted" if self.findings else "")
        ]
        told += [f"not searched   {number} {kind}" for kind, number in self.not_searched.items()]
        told += [f"note           {self.note}"] if self.note else []
        for one in sorted(self.findings, key=lambda each: bool(each.accepted)):
            told += one.lines()
        return told

    def as_facts(self) -> dict[str, Any]:
        """Return the report for JSON."""
        return {
            "scanners": list(self.scanners),
            "commits": self.commits,
            "blobs": self.blobs,
            "messages": self.messages,
            "examined": self.examined,
            "not_searched": dict(self.not_searched),
            "note": self.note,
            "findings": [one.as_facts() for one in self.findings],
        }

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        return json.dumps({"version": 1, **self.as_facts()}, indent=2, ensure_ascii=False)


def ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings in the order of the history: by path, then line; messages last."""
    return tuple(sorted(findings, key=lambda one: (one.path == "", one.path, one.line, one.kind, one.blob)))
