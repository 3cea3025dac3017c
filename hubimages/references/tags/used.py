"""Which tags of an image a deployment repository names: now, on other branches, in the last months.

Only the files that are checked out are read as hubs read them. Elsewhere a tag counts as used if a line has it, since
name and tag are often in two files: a tag is rather called used than unused.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hubimages.references.find.scan import kind_of
from hubimages.repository.git import Repo

TAG = re.compile(r"[\w][\w.-]{0,127}")
SURE = re.compile(r"(?=.*\d)[\w.-]{7,}")  # no line of prose has such a word by chance
WORDS = ("tag", "image", "version")
AT_ONCE = 2000  # blobs that are read together


@dataclass(frozen=True)
class Use:
    """Where a tag is named: a branch, or until when a commit had it there."""

    branch: str = ""
    until: datetime | None = None
    commit: str = ""

    def __str__(self) -> str:
        if self.branch:
            return f"on branch {self.branch}"
        return f"until {self.until:%Y-%m-%d} ({self.commit[:12]})" if self.until else ""


def on_branches(repo: Repo, name: str, tags: Collection[str]) -> dict[str, Use]:
    """Return the tags that the tip of any branch names, local or of a remote."""
    lines = repo.text("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes").splitlines()
    blobs: dict[str, str] = {}
    for line in lines:
        commit, _, ref = line.partition(" ")
        if ref.endswith("/HEAD"):
            continue
        branch = ref.removeprefix("refs/heads/").removeprefix("refs/remotes/")
        listed = repo.read("ls-tree", "-r", "-z", "--full-tree", commit).decode("utf-8", "surrogateescape")
        for entry in filter(None, listed.split("\0")):
            facts, _, path = entry.partition("\t")
            _, kind, blob = facts.split()
            if kind == "blob" and kind_of(path) is not None:
                blobs.setdefault(blob, branch)
    found: dict[str, Use] = {}
    for blob, tag in _named(repo, blobs, name, tags):
        found.setdefault(tag, Use(blobs[blob]))
    return found


def in_history(repo: Repo, name: str, tags: Collection[str], after: datetime) -> dict[str, Use]:
    """Return the tags that any branch named after a moment and names no longer, with the commit that ended it."""
    form = "--format=%x01%H %ct"
    asked = ("log", "--all", "--raw", "--no-abbrev", "--no-renames", "-m", "-z", form, f"--since={after.isoformat()}")
    ended: dict[str, tuple[int, str]] = {}
    for entry in repo.read(*asked).decode("utf-8", "surrogateescape").split("\x01")[1:]:
        head, *rest = entry.replace("\n", "\0").split("\0")
        commit, _, when = head.partition(" ")
        parts = [part for part in rest if part]
        for facts, path in zip(parts[::2], parts[1::2], strict=False):
            _, new_mode, old, *_ = facts.lstrip(":").split()
            if int(old, 16) and new_mode != "160000" and kind_of(path) is not None:
                ended[old] = max(ended.get(old, (0, "")), (int(when), commit))
    found: dict[str, tuple[int, str]] = {}
    for blob, tag in _named(repo, ended, name, tags):
        found[tag] = max(found.get(tag, (0, "")), ended[blob])
    return {tag: Use(until=datetime.fromtimestamp(when, UTC), commit=commit) for tag, (when, commit) in found.items()}


def _named(repo: Repo, blobs: Collection[str], name: str, tags: Collection[str]) -> Iterator[tuple[str, str]]:
    """Yield each blob with each tag that one of its lines has."""
    wanted = frozenset(tags)
    leaf = name.rpartition("/")[2]
    names = list(blobs)
    for start in range(0, len(names), AT_ONCE):
        here = names[start : start + AT_ONCE]
        present = [
            blob for blob, (_, kind, _) in zip(here, repo.batch_check(here), strict=True) if kind == "blob"
        ]  # a partial or shallow clone lacks some
        for blob, content in zip(present, repo.contents(present), strict=True):
            text = content.decode("utf-8", "replace")
            for tag in wanted.intersection(TAG.findall(text)):
                if SURE.fullmatch(tag) or _has_line(text, tag, leaf):
                    yield blob, tag


def _has_line(text: str, tag: str, leaf: str) -> bool:
    """Return True if a line has the tag beside the image's name, or a word such as `tag`."""
    for line in text.splitlines():
        if tag in line and tag in TAG.findall(line):
            low = line.lower()
            if leaf in line or any(word in low for word in WORDS):
                return True
    return False
