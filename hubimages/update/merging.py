"""Merge what the template changed into what its owner has made of a repository.

git does it: the base is what the old template rendered, one side what the new one renders, the other the owner's
commit. Two things are decided before, so that git meets them without a conflict: the line ends of a file stay the
owner's, and a file that the owner deleted stays deleted.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hubimages.update.objects import Files, Objects, files_of

ROUNDS = 3  # each takes out what the owner deleted; one is enough but for renames into such a place
CONFLICT = re.compile(r"CONFLICT \((?P<kind>[^)]*)\)")
WORDS = {
    "content": "you and the template changed the same lines",
    "add/add": "you and the template added it",
    "modify/delete": "the template removed it, and you changed it",
    "rename/delete": "the template removed it, and you renamed it",
    "rename/rename": "you and the template renamed it differently",
}


@dataclass(frozen=True)
class Conflict:
    """A file that a person has to decide about, and why."""

    path: str
    kind: str  # git's word: content, add/add, modify/delete, ...
    reason: str


@dataclass(frozen=True)
class Merge:
    """The merged tree (with markers where there are conflicts) and how it came to be.

    `change` is the commit that has the template's change, on a parent of its own: picked onto the owner's commit, it
    gives the same merge.
    """

    tree: str
    change: str
    conflicts: tuple[Conflict, ...]
    stays_deleted: tuple[str, ...]
    notes: tuple[str, ...]


def merge(objects: Objects, head: str, base: Files, theirs: Files, message: str) -> Merge:
    """Merge the template's change from `base` to `theirs` into the owner's commit `head`."""
    ours = files_of(objects.repo, head)
    base, theirs = _with_line_ends(objects, ours, base, theirs)
    deleted: set[str] = set()
    for _ in range(ROUNDS):
        before = objects.commit(objects.tree(base), "What the template made of this repository\n")
        change = objects.commit(objects.tree(theirs), message, before)
        owners = objects.commit(f"{head}^{{tree}}", "What its owner made of it\n", before)
        tree, stages, messages = _parsed(objects.merge(owners, change))
        gone = {path for path, at in stages.items() if at == {1, 3}}
        if not gone:
            break
        deleted |= gone
        base = {path: entry for path, entry in base.items() if path not in gone}
        theirs = {path: entry for path, entry in theirs.items() if path not in gone}
    conflicts, notes = _said(messages, stages)
    return Merge(tree, change, tuple(conflicts), tuple(sorted(deleted)), tuple(notes))


def _parsed(output: bytes) -> tuple[str, dict[str, set[int]], list[tuple[list[str], str, str]]]:
    """The tree, the stages of each conflicted path, and the messages (paths, type, text) of `git merge-tree -z`."""
    fields = iter(output.decode(errors="surrogateescape").split("\0"))
    tree = next(fields)
    stages: dict[str, set[int]] = {}
    for row in iter(lambda: next(fields), ""):
        facts, _, path = row.partition("\t")
        stages.setdefault(path, set()).add(int(facts.split(" ")[2]))
    messages = []
    while number := next(fields, ""):
        paths = [next(fields) for _ in range(int(number))]
        messages.append((paths, next(fields), next(fields).strip()))
    return tree, stages, messages


def _said(
    messages: list[tuple[list[str], str, str]], stages: Mapping[str, set[int]]
) -> tuple[list[Conflict], list[str]]:
    """The conflicts, one for each path, and what else a person should know."""
    conflicts: dict[str, Conflict] = {}
    notes = []
    for paths, kind, text in messages:
        if kind.startswith("CONFLICT"):
            found = CONFLICT.match(text) or CONFLICT.match(kind)
            name = found["kind"] if found else kind
            word = WORDS.get(name, text)
            for path in [path for path in paths if path in stages] or paths[:1]:
                conflicts.setdefault(path, Conflict(path, name, word))
        elif "renamed" in text:
            notes.append(text)
    for path in stages:
        conflicts.setdefault(path, Conflict(path, "unmerged", "git could not merge it"))
    return sorted(conflicts.values(), key=lambda each: each.path), notes


def _with_line_ends(objects: Objects, ours: Files, base: Files, theirs: Files) -> tuple[Files, Files]:
    """The template's files with the line ends that the owner gave them; git would see every line changed otherwise."""
    changed = [path for path in base if path in ours and ours[path][1] != base[path][1]]
    contents = dict(zip(changed, objects.repo.contents([ours[path][1] for path in changed]), strict=True))
    carriage = [path for path, data in contents.items() if _has_crlf(data)]
    if not carriage:
        return base, theirs
    renamed = dict(_renames(objects, base, theirs))
    new_base, new_theirs = dict(base), dict(theirs)
    for path in carriage:
        for files, name in ((new_base, path), (new_theirs, renamed.get(path, path))):
            if name in files:
                files[name] = (files[name][0], _crlf_blob(objects, files[name][1]))
    return new_base, new_theirs


def _renames(objects: Objects, base: Files, theirs: Files) -> Iterator[tuple[str, str]]:
    """What the template renamed, from and to."""
    argv = ("diff-tree", "-r", "-z", "-M", "--diff-filter=R", objects.tree(base), objects.tree(theirs))
    fields = objects.repo.read(*argv, env=objects.environment).decode(errors="surrogateescape").split("\0")[:-1]
    for _, old, new in zip(*[iter(fields)] * 3, strict=True):
        yield old, new


def _has_crlf(data: bytes) -> bool:
    return b"\0" not in data and 0 < data.count(b"\n") == data.count(b"\r\n")


def _crlf_blob(objects: Objects, blob: str) -> str:
    repo = objects.repo
    data = repo.read("cat-file", "blob", blob, env=objects.environment)
    if b"\0" in data or b"\r\n" in data:
        return blob
    return objects.blobs([data.replace(b"\n", b"\r\n")])[0]
