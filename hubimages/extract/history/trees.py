"""Compose directories: keep some files of one, put it below another, lay one over another.

Only the trees on the way to a difference are read. What is composed has the id that git would give it, and is written
at the end, all at once.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubimages.extract.history.commits import EMPTY_TREE
from hubimages.repository.git import Repo
from hubimages.repository.packing import Object, object_id

TREE_MODE = "40000"

Entries = tuple[tuple[bytes, str, str], ...]
"""(name, mode, id) of what is directly in a tree, in git's order."""

Files = Mapping[str, tuple[str, str]]
"""(mode, blob or submodule id) of every file of a tree, by path."""

Names = dict[bytes, Any]
"""Paths to keep, by component: a file's name leads to None, a directory's to the names in it."""


def names_of(paths: Iterable[str]) -> Names:
    """Return paths as nested components."""
    names: Names = {}
    for path in paths:
        *above, name = path.encode(errors="surrogateescape").split(b"/")
        place = names
        for part in above:
            inner = place.get(part)
            if inner is None:
                inner = place[part] = {}
            place = inner
        place.setdefault(name, None)
    return names


@dataclass
class Forest:
    """The trees of a repository, and those composed from them. "" is the tree of an absent directory."""

    repo: Repo
    _known: dict[str, Entries] = field(default_factory=dict)
    _composed: dict[str, Entries] = field(default_factory=dict)
    _over: dict[tuple[str, str], str] = field(default_factory=dict)

    def load(self, trees: Iterable[str]) -> None:
        """Read these trees at once, where they are not known yet."""
        wanted = list(dict.fromkeys(tree for tree in trees if tree and tree not in self._known))
        for tree, content in zip(wanted, self.repo.contents(wanted), strict=True):
            self._known[tree] = parsed(content)

    def entries(self, tree: str) -> Entries:
        """Return what is directly in a tree."""
        if not tree:
            return ()
        if tree not in self._known:
            self.load([tree])
        return self._known[tree]

    def files(self, tree: str, above: str = "") -> Iterator[tuple[str, str, str]]:
        """Yield (path, mode, id) of every file in a tree and below."""
        for name, mode, one in self.entries(tree):
            path = above + name.decode(errors="surrogateescape")
            if mode == TREE_MODE:
                yield from self.files(one, path + "/")
            else:
                yield path, mode, one

    def kept(self, tree: str, names: Names, done: dict[tuple[str, int], str]) -> str:
        """Return the tree with these files only. `done` holds earlier answers for the same `names` objects."""
        key = (tree, id(names))
        if key not in done:
            rows = []
            for name, mode, one in self.entries(tree):
                if name not in names:
                    continue
                below = names[name]
                if below is None:
                    if mode != TREE_MODE:
                        rows.append((name, mode, one))
                elif mode == TREE_MODE and (inner := self.kept(one, below, done)):
                    rows.append((name, mode, inner))
            done[key] = self.made(rows)
        return done[key]

    def without(self, tree: str, path: str) -> str:
        """Return the tree without one directory."""
        name, _, below = path.partition("/")
        rows = []
        for entry in self.entries(tree):
            if entry[0] == name.encode(errors="surrogateescape") and entry[1] == TREE_MODE:
                inner = self.without(entry[2], below) if below else ""
                if inner:
                    rows.append((entry[0], entry[1], inner))
            else:
                rows.append(entry)
        return self.made(rows)

    def below(self, tree: str, path: str) -> str:
        """Return a tree that has the given one as its directory `path`, and nothing else."""
        for part in reversed(path.split("/") if path else []):
            tree = self.made([(part.encode(errors="surrogateescape"), TREE_MODE, tree)]) if tree else ""
        return tree

    def over(self, top: str, bottom: str) -> str:
        """Return the files of both trees; where both have a path, that of `top`."""
        if not top or not bottom or top == bottom:
            return top or bottom
        if (top, bottom) not in self._over:
            rows = {name: (mode, one) for name, mode, one in self.entries(bottom)}
            for name, mode, one in self.entries(top):
                is_both = mode == TREE_MODE and name in rows and rows[name][0] == TREE_MODE
                rows[name] = (mode, self.over(one, rows[name][1]) if is_both else one)
            self._over[top, bottom] = self.made([(name, mode, one) for name, (mode, one) in rows.items()])
        return self._over[top, bottom]

    def made(self, rows: Sequence[tuple[bytes, str, str]]) -> str:
        """Return the id of the tree with these entries, "" for none."""
        if not rows:
            return ""
        ordered = tuple(sorted(rows, key=lambda row: row[0] + b"/" if row[1] == TREE_MODE else row[0]))
        tree = object_id("tree", content_of(ordered))
        if tree not in self._known:
            self._known[tree] = self._composed[tree] = ordered
        return tree

    def planted(self, files: Files) -> str:
        """Return the tree that has these files: path to (mode, id)."""
        top: dict[bytes, Any] = {}
        for path, entry in files.items():
            *above, name = path.encode(errors="surrogateescape").split(b"/")
            place = top
            for part in above:
                place = place.setdefault(part, {})
            place[name] = entry
        return self._planted(top) or EMPTY_TREE

    def _planted(self, place: Mapping[bytes, Any]) -> str:
        rows = []
        for name, entry in place.items():
            if isinstance(entry, dict):
                rows.append((name, TREE_MODE, self._planted(entry)))
            else:
                rows.append((name, entry[0].lstrip("0"), entry[1]))
        return self.made(rows)

    def objects(self) -> list[Object]:
        """Return the composed trees, to be written."""
        return [("tree", content_of(entries)) for entries in self._composed.values()]

    def write(self, repo: Repo) -> None:
        """Write the composed trees into a repository."""
        repo.store(self.objects())
        self._composed.clear()


def content_of(entries: Entries) -> bytes:
    """Return the content of the tree object with these entries, which are in git's order."""
    return b"".join(b"%s %s\0" % (mode.encode(), name) + bytes.fromhex(one) for name, mode, one in entries)


def parsed(content: bytes) -> Entries:
    """Return the entries of a tree object."""
    rows = []
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, name = content[position:end].split(b" ", 1)
        rows.append((name, mode.decode(), content[end + 1 : end + 21].hex()))
        position = end + 21
    return tuple(rows)
