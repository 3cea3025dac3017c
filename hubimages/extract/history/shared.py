"""Read the commits of a source once, and what each of many directories held in every commit, for all of them at once.

Every different tree on the way to one of the directories is read once, whichever commits and directories need it.
"""

import re
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice

from hubimages.extract.history.commits import EMPTY_TREE, History, Trees, read_commits
from hubimages.repository.git import Repo

# One entry of a tree object: mode, name, id.
ENTRY = re.compile(rb"([0-7]{1,6}) ([^\0]{1,4096})\0(.{20})", re.DOTALL)
DIRECTORY = b"40000"
AT_ONCE = 200  # trees in memory at one time

Wanted = dict[bytes, "Wanted"]
"""The directories below a directory that are wanted, by name."""


@dataclass(frozen=True)
class SharedHistory:
    """The history of one commit, and the trees of directories in it."""

    history: History
    trees: Mapping[str, Trees]  # by path


def read_shared(repo: Repo, tip: str, paths: Iterable[str]) -> SharedHistory:
    """Return the history of a commit with the trees of these directories, as `read_history` gives each of them."""
    history = read_commits(repo, tip)
    paths = list(dict.fromkeys(paths))
    wanted: Wanted = {}
    for path in paths:
        place = wanted
        for part in path.encode(errors="surrogateescape").split(b"/"):
            place = place.setdefault(part, {})
    number_of = {root: number for number, root in enumerate(dict.fromkeys(history.trees))}
    tables = {path: [""] * len(number_of) for path in paths}
    descend(repo, {root: (number,) for root, number in number_of.items()}, wanted, "", tables)
    numbers = [number_of[root] for root in history.trees]
    return SharedHistory(history, {path: [table[number] for number in numbers] for path, table in tables.items()})


def descend(
    repo: Repo, roots_of: Mapping[str, Sequence[int]], wanted: Wanted, above: str, tables: Mapping[str, list[str]]
) -> None:
    """Fill the tables, path to the tree in each root tree, for what is wanted in some trees.

    `roots_of`: each tree that is at `above` in some root trees, to the numbers of these.
    """
    below: dict[bytes, defaultdict[str, array[int]]] = {name: defaultdict(partial(array, "L")) for name in wanted}
    names = iter(roots_of)
    while some := list(islice(names, AT_ONCE)):
        for tree, content in zip(some, repo.contents(some), strict=True):
            for mode, name, found in ENTRY.findall(content):
                if mode == DIRECTORY and name in below:
                    below[name][found.hex()].extend(roots_of[tree])
    for name, inner in wanted.items():
        path = above + name.decode(errors="surrogateescape")
        if path in tables:
            for tree, roots in below[name].items():
                for root in roots if tree != EMPTY_TREE else ():
                    tables[path][root] = tree
        if inner:
            descend(repo, below[name], inner, path + "/", tables)
