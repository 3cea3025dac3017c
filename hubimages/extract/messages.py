"""Commit messages that still lead somewhere: commit ids and issue numbers in them, in the new repository.

A commit id of a commit that came along becomes its new id; of one that did not, the address of the old commit.
`#123` and `GH-123` mean the old repository's issue 123, so they become `owner/repo#123`.
"""

import codecs
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubimages.extract.rewrite import NewId
from hubimages.repository.git import Repo
from hubimages.repository.web_address import WebAddress

COMMIT_ID = rb"[0-9a-f]{7,40}"
REFERENCE = re.compile(
    # Not inside an address or a word: there it leads where it should already, or is something else. After a name and
    # a colon it is an image's tag, which the registry knows under the old id. `A..B` is a range of two commits.
    rb"://[^\s<>\"'`()\[\]]+"
    rb"|(?:(?<![\w/@.#=-])(?<!\w:)|(?<=\w\.\.)|(?<=\w\.\.\.))(?P<commit>" + COMMIT_ID + rb")(?![\w@-])"
    rb"|(?<![\w/&])#(?P<number>\d+)\b"
    rb"|(?<![\w/-])GH-(?P<gh>\d+)\b"
)


@dataclass
class Translator:
    """Rewrites messages and counts what it did."""

    commits: Sequence[str]  # every commit of the source, kept or not
    address: WebAddress | None
    ids_rewritten: int = 0
    ids_to_old_address: int = 0
    issues_qualified: int = 0
    _by_prefix: Mapping[str, Sequence[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_prefix = defaultdict(list)
        for commit in self.commits:
            by_prefix[commit[:7]].append(commit)
        self._by_prefix = by_prefix

    def __call__(self, message: bytes, encoding: bytes | None, new_id: NewId) -> bytes:
        """The message with its references brought up to date; `encoding` is the one the commit names."""
        if not is_ascii_compatible(encoding):
            return message

        def replacement(found: "re.Match[bytes]") -> bytes:
            if found["commit"]:
                return self._commit(found["commit"].decode(), new_id).encode()
            issue = found["number"] or found["gh"]
            if issue is None or self.address is None:
                return found[0]
            self.issues_qualified += 1
            return f"{self.address.name}#{issue.decode()}".encode()

        return REFERENCE.sub(replacement, message)

    def __str__(self) -> str:
        counts = (
            ("commit ids brought up to date", self.ids_rewritten),
            ("commit ids made the address of the old commit", self.ids_to_old_address),
            (f"issue numbers made {self.address.name if self.address else ''}#N", self.issues_qualified),
        )
        return ", ".join(f"{what}: {number}" for what, number in counts if number)

    def mentioned(self, message: bytes, encoding: bytes | None) -> list[str]:
        """The full ids of the source's commits that a message names."""
        if not is_ascii_compatible(encoding):
            return []
        named = (found["commit"] for found in REFERENCE.finditer(message))
        return [old for old in (self._full_id(name.decode()) for name in named if name) if old]

    def _full_id(self, name: str) -> str | None:
        matches = [commit for commit in self._by_prefix.get(name[:7], ()) if commit.startswith(name)]
        return matches[0] if len(matches) == 1 else None

    def _commit(self, name: str, new_id: NewId) -> str:
        old = self._full_id(name)
        if old is None:
            return name
        new = new_id(old)
        if new is not None:
            self.ids_rewritten += 1
            return new[: len(name)]
        if self.address is None:
            return name
        self.ids_to_old_address += 1
        return self.address.commit(old)


def is_ascii_compatible(encoding: bytes | None) -> bool:
    """Whether the ASCII bytes of a message in this encoding are the ASCII characters they look like."""
    if encoding is None:
        return True
    try:
        name = codecs.lookup(encoding.decode("ascii", "replace")).name
    except LookupError:
        return False
    return name in ("utf-8", "ascii") or name.startswith(("iso8859", "cp125", "koi8", "mac", "euc"))


@dataclass(frozen=True)
class OldCommit:
    """What is read of an old commit beside its tree and parents."""

    message: bytes
    encoding: bytes | None


def read_commits(repo: Repo, commits: Sequence[str]) -> dict[str, OldCommit]:
    """Message and encoding of each commit."""
    found = {}
    for name, content in zip(commits, repo.contents(commits), strict=True):
        header, _, message = content.partition(b"\n\n")
        encoding = re.search(rb"^encoding (.+)$", header, re.MULTILINE)
        found[name] = OldCommit(message, encoding[1] if encoding else None)
    return found


def in_order(
    commits: Sequence[str], parents: Mapping[str, Sequence[str]], mentions: Mapping[str, Sequence[str]]
) -> list[str]:
    """The commits with parents first and, where it can be, commits before those whose messages name them.

    A commit's new id is known only once it has been written. A circle of mentions (two ids made up to match, or a
    word that looks like one) is cut at an arbitrary place.
    """
    kept = set(commits)
    placed: dict[str, None] = {}
    for start in commits:
        todo = [(start, False)]
        entered: set[str] = set()
        while todo:
            commit, is_ready = todo.pop()
            if commit in placed:
                continue
            if is_ready:
                placed[commit] = None
                continue
            if commit in entered:
                continue
            entered.add(commit)
            todo.append((commit, True))
            before = [*mentions.get(commit, ()), *parents[commit]]
            todo += [(other, False) for other in before if other in kept and other not in placed]
    return sorted_parents_first(list(placed), parents)


def sorted_parents_first(order: Sequence[str], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """The same order, mended where cutting a circle of mentions put a commit before its parent."""
    placed: dict[str, None] = {}
    for start in order:
        todo = [start]
        while todo:
            missing = [parent for parent in parents[todo[-1]] if parent not in placed]
            if missing:
                todo += missing
            else:
                placed[todo.pop()] = None
    return list(placed)
