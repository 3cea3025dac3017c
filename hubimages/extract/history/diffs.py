"""Differences between trees, many pairs by one `git diff-tree`, and paths taken apart."""

import os.path
from collections.abc import Sequence
from dataclasses import dataclass

from hubimages import disk
from hubimages.repository.git import Repo

RENAME_LIMIT = "-l3000"  # a user's diff.renameLimit must not decide what is found
RENAMES = ("-M50%", RENAME_LIMIT)

SUBMODULE = "160000"

Pair = tuple[str, str]
"""The ids of two trees, the earlier first."""


@dataclass(frozen=True)
class Change:
    """One file in which two trees differ."""

    status: str  # A, D, M, T, or R for a rename
    old: str  # blobs
    new: str
    path: str
    to: str = ""  # a rename's new path
    is_file: bool = True  # on both sides; not a submodule


def diffs(repo: Repo, pairs: Sequence[Pair], *options: str) -> dict[Pair, list[Change]]:
    """Return the changes between the trees of each pair, without renames unless `options` ask for them."""
    found: dict[Pair, list[Change]] = {pair: [] for pair in pairs if pair[0] != pair[1]}
    if not found:
        return found
    with disk.unnamed_file() as asked:  # a pipe would need a second thread
        asked.write("".join(f"{old} {new}\n" for old, new in found).encode())
        asked.seek(0)
        arguments = ("--stdin", "-r", "-z", "--raw", "--no-abbrev", *(options or ("--no-renames",)))
        with repo.started("diff-tree", *arguments, stdin=asked) as process:
            output = repo.finish(process)
    changes: list[Change] = []
    fields = iter(output.decode(errors="surrogateescape").split("\0"))
    for field in fields:
        *headers, facts = field.rsplit("\n", 1) if "\n" in field else [field]
        if headers:
            old, new = headers[0].rsplit("\n", 1)[-1].split(" ")
            changes = found[old, new]
        if facts.startswith(":"):
            was, mode, before, after, status = facts.split(" ")
            path = next(fields)
            to = next(fields) if status[0] in "RC" else ""
            changes.append(Change(status[0], before, after, path, to, SUBMODULE not in (was.lstrip(":"), mode)))
    return found


def inside(name: str, path: str) -> bool:
    """Return True if a file is in the directory; "" is the top of the repository."""
    return name.startswith(path + "/") if path else True


def relative(name: str, path: str) -> str:
    """Return a file's path from the directory that it is in."""
    return name[len(path) + 1 :] if path else name


def joined(*parts: str) -> str:
    """Return one path from several, any of which may be empty."""
    return "/".join(part for part in parts if part)


def common_directory(names: Sequence[str]) -> str:
    """Return the deepest directory that holds all of these files."""
    return os.path.commonpath([name.rpartition("/")[0] for name in names]) if names else ""


def matched(old: str, new: str) -> tuple[str, str]:
    """Return the two directories that are left when the end that both paths share is cut off."""
    before, after = old.split("/"), new.split("/")
    shared = 0
    while shared < min(len(before), len(after)) and before[-1 - shared] == after[-1 - shared]:
        shared += 1
    cut = max(shared, 1)
    return "/".join(before[:-cut]), "/".join(after[:-cut])
