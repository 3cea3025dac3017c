"""Read the commits of a source, and what one directory held in each, in two passes of git's own walk."""

import functools
import subprocess
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from hubimages.repository.git import Repo

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

Trees = list[str]
"""The id of one directory's tree for every commit of a history, "" where there is no such directory."""


@dataclass(frozen=True)
class History:
    """All commits reachable from one commit, parents before children; a commit is its position in these lists."""

    ids: list[str]
    trees: list[str]
    parents: list[tuple[int, ...]]
    index: dict[str, int]

    def __len__(self) -> int:
        return len(self.ids)

    @functools.cached_property
    def sorted_ids(self) -> list[str]:
        """The ids, sorted: to find the commit that an abbreviated one names."""
        return sorted(self.ids)

    def up_to(self, commit: int) -> bytearray:
        """Return 1 at the commit and at every ancestor of it, 0 elsewhere."""
        if commit == len(self.ids) - 1:  # the commit whose history this is
            return bytearray(b"\1") * len(self.ids)
        return self.including([commit])

    def including(self, commits: Iterable[int]) -> bytearray:
        """Return 1 at each of the commits and at every ancestor, 0 elsewhere."""
        commits = list(commits)
        marked = self.ancestors(commits)
        for commit in commits:
            marked[commit] = 1
        return marked

    def ancestors(self, commits: Iterable[int]) -> bytearray:
        """Return 1 at every strict ancestor of one of the commits, 0 elsewhere."""
        marked = bytearray(len(self.ids))
        todo = [parent for commit in commits for parent in self.parents[commit]]
        while todo:
            commit = todo.pop()
            if not marked[commit]:
                marked[commit] = 1
                todo.extend(self.parents[commit])
        return marked


def read_history(repo: Repo, tip: str, path: str) -> tuple[History, Trees]:
    """Return the history of a commit, in the order in which git-filter-repo sees it, and the trees of `path` in it.

    git walks twice at the same time: once for the commits, once (`--full-history`) for those that differ in the path
    from any parent; in all others the directory is what it was in their first parent.
    """
    with _walk(repo, tip) as walk, repo.started("rev-list", "--full-history", tip, "--", path) as changes:
        history = _parsed(repo, walk)
        changed = repo.finish(changes).decode("ascii").split()
    return history, spread(history, zip(changed, trees_at(repo, changed, path), strict=True))


def spread(history: History, changed: Iterable[tuple[str, str]]) -> Trees:
    """Return the tree in every commit, from the trees in those that changed it."""
    dir_trees = [""] * len(history)
    known = bytearray(len(history))
    for commit, tree in changed:
        position = history.index[commit]
        dir_trees[position] = tree
        known[position] = 1
    for position, above in enumerate(history.parents):
        if not known[position] and above:
            dir_trees[position] = dir_trees[above[0]]
    return dir_trees


def trees_at(repo: Repo, treeish: Sequence[str], path: str) -> list[str]:
    """Return the id of the tree at `path` in every commit or tree; "" for none, and for a file or submodule."""
    if not path:
        found = repo.batch_check([f"{name}^{{tree}}" for name in treeish])
    else:
        found = repo.batch_check([f"{name}:{path}" for name in treeish])
    return [name if kind == "tree" and name != EMPTY_TREE else "" for name, kind, _ in found]


def read_commits(repo: Repo, tip: str) -> History:
    """Return the history of a commit, in the order in which git-filter-repo sees it."""
    with _walk(repo, tip) as walk:
        return _parsed(repo, walk)


def _walk(repo: Repo, tip: str) -> "AbstractContextManager[subprocess.Popen[bytes]]":
    return repo.started("rev-list", "--topo-order", "--reverse", "--no-commit-header", "--format=%H %T %P", tip)


def _parsed(repo: Repo, walk: "subprocess.Popen[bytes]") -> History:
    ids: list[str] = []
    trees: list[str] = []
    parents: list[tuple[int, ...]] = []
    index: dict[str, int] = {}
    assert walk.stdout is not None
    for line in walk.stdout:  # not all at once: a process that is forked later inherits the pages
        commit, tree, *above = line.decode("ascii").split()
        index[commit] = len(ids)
        ids.append(commit)
        trees.append(tree)
        parents.append(tuple(index[parent] for parent in above))
    repo.finish(walk)
    return History(ids, trees, parents, index)
