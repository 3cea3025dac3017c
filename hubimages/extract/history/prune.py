"""Decide in memory which commits git-filter-repo would keep. This is the only place that drops commits.

These are the rules of `RepoFilter._maybe_trim_extra_parents` and `RepoFilter._prunable` of git-filter-repo 2.47 for
`--prune-empty=auto --prune-degenerate=auto`, its defaults: a commit that leaves the directory as it was is dropped,
unless it was empty from the start and its parent is kept; a merge is dropped only when dropping commits made one of
its parents an ancestor of another. Deciding first means that only the commits that are kept need to be read again,
and that a merge's tree is never computed against the wrong parent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hubimages.extract.history.commits import EMPTY_TREE, History


@dataclass(frozen=True)
class Kept:
    """The kept commits with their parents, and for every commit the kept one that stands for it."""

    parents: dict[int, tuple[int, ...]]
    stands_for: list[int]

    def reachable(self, tip: int) -> "Kept":
        """Return the same without the kept commits that are no ancestors of `tip`."""
        found: set[int] = set()
        todo = [tip]
        while todo:
            commit = todo.pop()
            if commit not in found:
                found.add(commit)
                todo.extend(self.parents[commit])
        return Kept({commit: above for commit, above in self.parents.items() if commit in found}, self.stands_for)


NONE = -1
"""Stands for a commit whose whole ancestry has been dropped."""


@dataclass
class Ancestry:
    """Answers whether one commit is an ancestor of another, while the graph still grows.

    A commit's position says that its parents come before it: what is not after `old` need not be searched.
    """

    above: Sequence[Sequence[int]] | dict[int, Sequence[int]]
    known: dict[tuple[int, int], bool] = field(default_factory=dict)

    def is_ancestor(self, old: int, new: int) -> bool:
        """Return True if `old` is `new` or one of its ancestors."""
        answer = self.known.get((old, new))
        if answer is None:
            answer = self.known[old, new] = self._search(old, new)
        return answer

    def _search(self, old: int, new: int) -> bool:
        todo = [new]
        seen = {new}
        while todo:
            commit = todo.pop()
            if commit == old:
                return True
            if commit > old:
                fresh = [parent for parent in self.above[commit] if parent >= old and parent not in seen]
                seen.update(fresh)
                todo.extend(fresh)
        return False


def prune(history: History, dir_trees: Sequence[str]) -> Kept:
    """Decide for every commit of the history; `dir_trees` has the directory's tree in each, "" for none."""
    stands_for: list[int] = []
    kept: dict[int, tuple[int, ...]] = {}
    new_parents: dict[int, Sequence[int]] = {}
    old_graph, new_graph = Ancestry(history.parents), Ancestry(new_parents)
    trees = history.trees
    for commit, originals in enumerate(history.parents):
        if len(originals) == 1:  # most of any history: the general rules below come to this
            (above,) = originals
            stands_in = stands_for[above]
            if dir_trees[commit] == dir_trees[above] and (trees[commit] != trees[above] or stands_in != above):
                stands_for.append(stands_in)
                continue
            kept[commit] = () if stands_in == NONE else (stands_in,)
            new_parents[commit] = kept[commit]
            stands_for.append(commit)
            continue
        mapped = [stands_for[parent] for parent in originals]
        stands_in = mapped[0] if mapped else NONE
        if (  # and most merges: both sides left the directory as it was
            len(mapped) == 2
            and mapped[1] == stands_in
            and stands_in not in originals
            and dir_trees[commit] == dir_trees[originals[0]]
        ):
            stands_for.append(stands_in)
            continue
        parents, only_parent = _trim(originals, mapped, old_graph, new_graph)
        if parents and (stands_in != parents[0] or only_parent not in (NONE, parents[0])):
            base = originals[mapped.index(parents[0] if only_parent == NONE else only_parent)]
            changed = dir_trees[commit] != dir_trees[base]
        else:
            changed = dir_trees[commit] != (dir_trees[originals[0]] if originals else "")
        empty_before = trees[commit] == (trees[originals[0]] if originals else EMPTY_TREE)
        if _is_dropped(len(originals), parents, only_parent, changed=changed, empty_before=empty_before):
            stands_for.append(only_parent if only_parent != NONE else parents[0] if parents else NONE)
        else:
            kept[commit] = tuple(parents)
            new_parents[commit] = [parent for parent in mapped if parent != NONE]
            stands_for.append(commit)
    return Kept(kept, stands_for)


def _is_dropped(originals: int, parents: Sequence[int], only_parent: int, *, changed: bool, empty_before: bool) -> bool:
    """Return True if a root or a merge is dropped; `originals`: how many parents it had."""
    if len(parents) >= 2:
        return only_parent != NONE and not changed
    if empty_before:
        return not changed and len(parents) < originals
    return not changed


def _trim(
    originals: Sequence[int], mapped: Sequence[int], old_graph: Ancestry, new_graph: Ancestry
) -> tuple[list[int], int]:
    """Return the parents that are left, and the only one if the merge is a merge no more (else NONE)."""
    rows = [(new, old, new != old) for new, old in zip(mapped, originals, strict=True) if new != NONE]
    parents = [new for new, _, _ in rows]
    if len(parents) < 2:
        return parents, NONE
    seen: set[int] = set()
    unique = []
    for row in rows:
        if row[0] not in seen or not row[2]:
            unique.append(row)
        seen.add(row[0])
    if len(unique) < 2:
        return parents, unique[0][0]
    left = [row for row in range(len(unique)) if not _is_redundant(row, unique, old_graph, new_graph)]
    if len(left) < 2:
        return parents, unique[left[0]][0]
    return [unique[row][0] for row in left], NONE


def _is_redundant(this: int, rows: Sequence[tuple[int, int, bool]], old_graph: Ancestry, new_graph: Ancestry) -> bool:
    """Return True if dropping commits made this parent an ancestor of another one."""
    new, old, was_rewritten = rows[this]
    return was_rewritten and any(
        other != this and new_graph.is_ancestor(new, rows[other][0]) and not old_graph.is_ancestor(old, rows[other][1])
        for other in range(len(rows))
    )
