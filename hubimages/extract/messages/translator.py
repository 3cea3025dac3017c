"""Rewrite references in commit messages so that they still lead somewhere from the new repository.

A commit id of a kept commit becomes its new id; of another commit of SOURCE, the address of the old commit. `#123` and
`GH-123` mean the old repository's issue 123, so they become `owner/repo#123`. Words that would close that issue again
at the first push are taken away.
"""

import codecs
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hubimages.extract.messages.autolinks import Reference, references
from hubimages.extract.messages.old_host import OldHost
from hubimages.extract.rewrite import NewId
from hubimages.repository.git import Repo
from hubimages.repository.web_address import WebAddress

SAMPLES = 3
LONGEST_SURE = 5  # digits of an issue number, where SOURCE's merges name none: more is a colour or a date
NEWEST = 5000  # commits whose subjects are read for the highest number
MERGED = re.compile(r"^Merge pull request #(\d{1,9})\b|\(#(\d{1,9})\)$|^Merge .*[!#](\d{1,9})$", re.MULTILINE)


@dataclass(frozen=True)
class Replacement:
    """A part of a message, by its place in bytes, and what it becomes."""

    start: int
    end: int
    kind: str
    old: bytes
    new: bytes


@dataclass
class Counts:
    """What was done, and what was left alone."""

    ids_rewritten: int = 0
    ids_to_old_address: int = 0
    issues_qualified: int = 0
    closing_words: int = 0
    above_highest: int = 0
    without_form: int = 0


@dataclass
class Translator:
    """Rewrites messages and counts what it did."""

    commits: Sequence[str]  # every commit of the source's history, kept or not, sorted
    address: WebAddress | None
    host: OldHost | None = None
    highest: int | None = None  # number that SOURCE's merges name
    keep_closing_words: bool = False
    elsewhere: dict[str, str] = field(default_factory=dict)  # ids as written in messages to commits on other branches
    counts: Counts = field(default_factory=Counts)
    samples: list[tuple[str, str]] = field(default_factory=list)  # a line before and after
    _references: dict[bytes, Sequence[Reference]] = field(default_factory=dict, repr=False)  # by message

    def __post_init__(self) -> None:
        if self.host is None and self.address is not None:
            self.host = OldHost(self.address)

    def __call__(self, message: bytes, encoding: bytes | None, new_id: NewId) -> bytes:
        """Return the message with its references brought up to date; `encoding` is the one the commit names."""
        return replaced(message, self.replacements(message, encoding, new_id))

    def replacements(self, message: bytes, encoding: bytes | None, new_id: NewId) -> list[Replacement]:
        """Return what is to be replaced in a message."""
        found = []
        if is_ascii_compatible(encoding):
            for one in self._references_in(message):
                new = self._new(one, message, new_id)
                old = message[one.start : one.end]
                if new is not None and new != old:
                    found.append(Replacement(one.start, one.end, one.kind, old, new))
        if found and len(self.samples) < SAMPLES:
            self.samples.append(changed_line(message, found))
        return found

    def _new(self, one: Reference, message: bytes, new_id: NewId) -> bytes | None:
        """Return what a reference becomes; None where it stays."""
        if one.kind == "commit":
            return self._commit(one, new_id)
        if one.in_code:
            return None
        if one.kind == "closing":
            following = next(references(message[one.end :]), None)
            if self.keep_closing_words or (following and self._is_too_high(following)):
                return None
            self.counts.closing_words += 1
            return b"See " if one.text[:1].isupper() else b"see "
        return self._issue(one)

    def _issue(self, one: Reference) -> bytes | None:
        if self.host is None or (one.kind in ("request", "path") and not self.host.is_gitlab):
            return None
        if self._is_too_high(one):
            self.counts.above_highest += 1
            return None
        number = one.text.decode()
        is_request = one.kind == "request" or one.path.endswith(b"!")
        name = one.path[:-1].decode(errors="surrogateescape")
        new = self.host.request(number, name) if is_request else self.host.issue(number, name)
        if new is None:
            self.counts.without_form += 1
            return None
        self.counts.issues_qualified += 1
        return new.encode(errors="surrogateescape")

    def _is_too_high(self, one: Reference) -> bool:
        """Return True for a number that no issue of the old repository can have."""
        if one.kind not in ("number", "gh"):
            return False
        if not self.highest:
            return len(one.text) > LONGEST_SURE
        return len(one.text) > 9 or int(one.text) > self.highest

    def __str__(self) -> str:
        counts = self.counts
        name = self.address.name if self.address else ""
        lines = (
            ("commit ids brought up to date", counts.ids_rewritten),
            ("commit ids replaced by the address of the old commit", counts.ids_to_old_address),
            (f"issue numbers written as {name}#N" if self.host and self.host.is_near else
             f"issue numbers replaced by addresses of {name}", counts.issues_qualified),
            ("closing words removed", counts.closing_words),
            (f"numbers above {self.highest or 10**LONGEST_SURE - 1} left alone", counts.above_highest),
            (f"numbers left alone, as {self.address.host if self.address else 'the host'} has several kinds",
             counts.without_form),
        )  # fmt: skip
        return ", ".join(f"{what}: {number}" for what, number in lines if number)

    def mentioned(self, message: bytes, encoding: bytes | None) -> list[str]:
        """Return the full ids of the source's commits that a message names."""
        return [old for old in map(self.full_id, self.named(message, encoding)) if old]

    def named(self, message: bytes, encoding: bytes | None) -> list[str]:
        """Return what looks like a commit id in a message."""
        if not is_ascii_compatible(encoding):
            return []
        return [one.text.decode() for one in self._references_in(message) if one.kind == "commit"]

    def _references_in(self, message: bytes) -> Sequence[Reference]:
        """Return the references of a message, which is looked at three times: for order, for names, to replace."""
        if message not in self._references:
            self._references[message] = tuple(references(message))
        return self._references[message]

    def look_elsewhere(self, repo: Repo, names: Iterable[str]) -> None:
        """Find the commits that are named in messages, and are not in the history, in all of SOURCE."""
        unknown = [name for name in dict.fromkeys(names) if self.full_id(name) is None]
        for name, (found, kind, _) in zip(unknown, repo.batch_check(unknown), strict=True):
            if kind == "commit" and found.startswith(name):
                self.elsewhere[name] = found

    def full_id(self, name: str) -> str | None:
        """Return the commit of the history that an abbreviated id names; None for none, and for several."""
        place = bisect_left(self.commits, name)
        matches = [commit for commit in self.commits[place : place + 2] if commit.startswith(name)]
        return matches[0] if len(matches) == 1 else None

    def _commit(self, one: Reference, new_id: NewId) -> bytes | None:
        name = one.text.decode()
        old = self.full_id(name)
        new = new_id(old) if old else None
        if new is not None:
            self.counts.ids_rewritten += 1
            return new[: len(name)].encode()
        old = old or self.elsewhere.get(name)
        if old is None or self.host is None or one.in_code:
            return None
        self.counts.ids_to_old_address += 1
        return self.host.commit(old).encode()


def replaced(message: bytes, changes: Sequence[Replacement]) -> bytes:
    """Return the message with the replacements made."""
    parts, position = [], 0
    for change in changes:
        parts += [message[position : change.start], change.new]
        position = change.end
    return b"".join([*parts, message[position:]])


def changed_line(message: bytes, changes: Sequence[Replacement]) -> tuple[str, str]:
    """Return the first line that changes, before and after."""
    begin = message.rfind(b"\n", 0, changes[0].start) + 1
    end = message.find(b"\n", changes[0].end)
    end = len(message) if end < 0 else end
    here = [
        Replacement(one.start - begin, one.end - begin, one.kind, one.old, one.new) for one in changes if one.end <= end
    ]
    line = message[begin:end]
    return line.decode(errors="replace"), replaced(line, here).decode(errors="replace")


def highest_number(repo: Repo, commit: str) -> int | None:
    """Return the highest number of a pull request that the subjects of the newest commits name; None for none."""
    subjects = repo.text("rev-list", "--no-commit-header", "--format=%s", f"--max-count={NEWEST}", commit)
    numbers = [int(number) for found in MERGED.findall(subjects) for number in found if number and len(number) < 9]
    return max(numbers, default=None)


def is_ascii_compatible(encoding: bytes | None) -> bool:
    """Return True if the ASCII bytes of a message in this encoding are the ASCII characters they look like."""
    if encoding is None:
        return True
    try:
        name = codecs.lookup(encoding.decode("ascii", "replace")).name
    except LookupError:
        return False
    return name in ("utf-8", "ascii") or name.startswith(("iso8859", "cp125", "koi8", "mac", "euc"))


@dataclass(frozen=True)
class OldCommit:
    """What is read of an old commit."""

    header: bytes
    message: bytes
    encoding: bytes | None


def read_commits(repo: Repo, commits: Sequence[str]) -> dict[str, OldCommit]:
    """Return header, message and encoding of each commit."""
    found = {}
    for name, content in zip(commits, repo.contents(commits), strict=True):
        header, _, message = content.partition(b"\n\n")
        encoding = re.search(rb"^encoding (.+)$", header, re.MULTILINE)
        found[name] = OldCommit(header, message, encoding[1] if encoding else None)
    return found
