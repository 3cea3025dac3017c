"""Moves in two steps: copied in one commit and removed in a later one, or removed first and added later."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hubimages.extract.history.arrivals import Arrival, BlobLoader, grouped, listing, moves_into
from hubimages.extract.history.commits import History
from hubimages.extract.history.diffs import diffs, joined
from hubimages.extract.history.lanes import Lane, spread_over
from hubimages.repository.git import Repo

A_FEW = 20  # commits between the two steps
MOST_LOOKED_AT = 3  # commits that removed many files


@dataclass(frozen=True)
class Copy:
    """A directory that another one was copied from, which stayed where it was."""

    path: str
    commit: int
    files: int  # that are the same in both
    of: int  # files in the copy


def copied(repo: Repo, history: History, lane: Lane, commit: int, parent: int) -> tuple[Copy, Arrival] | None:
    """Return the directory that this one was copied from, if half of its files or more were."""
    here = listing(repo, history.trees[commit], lane.path)
    elsewhere = defaultdict(list)
    for name, blob in listing(repo, history.trees[parent], "").items():
        elsewhere[blob].append(name)
    candidates = {
        joined(lane.path, name): [old for old in elsewhere[blob] if not is_same_place(old, lane.path)]
        for name, blob in here.items()
    }
    moved = {}
    for new, olds in candidates.items():
        alike = [old for old in olds if old.rpartition("/")[2] == new.rpartition("/")[2]]
        if alike or olds:
            moved[new] = alike or olds
    groups = grouped(moved, lane.path)
    if not groups or len(groups[0][2]) * 2 < len(here):
        return None
    path, at, names, rivals, others = groups[0]
    arrival = Arrival(path, at, commit, parent, names, len(here), (), (*rivals, *others), how="copied here")
    return Copy(path, commit, len(names), len(here)), arrival


def is_same_place(name: str, path: str) -> bool:
    """Return True for a file of the directory itself."""
    return name.startswith(path + "/")


def removed_soon(repo: Repo, history: History, copy: Arrival) -> int | None:
    """Return the commit, a few after the copy at most, in which the files that were copied are gone from there."""
    line = [copy.commit]
    descends = {copy.commit}
    for later in range(copy.commit + 1, len(history)):
        if len(line) > A_FEW:
            break
        if any(parent in descends for parent in history.parents[later]):
            descends.add(later)
            line.append(later)
    present = spread_over(repo, history, copy.path, line)
    for before, later in pairwise(line):
        if present[later] == present[before]:
            continue
        if not present[later] or copy.names.keys().isdisjoint(listing(repo, history.trees[later], copy.path)):
            return later
    return None


def removed_before(repo: Repo, history: History, lane: Lane, commit: int, load_blobs: BlobLoader) -> Arrival | None:
    """Return where the files of a directory were, a few commits at most before it appeared."""
    line: list[int] = []
    above: Sequence[int] = history.parents[commit]
    while above and len(line) <= A_FEW:
        line.append(above[0])
        above = history.parents[above[0]]
    here = listing(repo, history.trees[commit], lane.path)
    steps = {(history.trees[before], history.trees[after]): (before, after) for after, before in pairwise(line)}
    looked_at = 0
    for pair, changes in diffs(repo, list(steps)).items():
        before, after = steps[pair]
        if sum(change.status == "D" for change in changes) * 2 < len(here) or looked_at == MOST_LOOKED_AT:
            continue
        looked_at += 1
        whole = (history.trees[before], history.trees[commit])
        moves = moves_into(repo, lane.path, [whole], load_blobs).get(whole)
        for path, at, names, rivals, others in grouped(moves.all(), lane.path)[:1] if moves else []:
            left = listing(repo, history.trees[after], path)
            if len(names) * 2 >= len(here) and names.keys().isdisjoint(left) and path != lane.path:
                how = f"removed in {history.ids[after][:12]}, added here"
                return Arrival(path, at, commit, before, names, len(here), rivals, others, how=how)
    return None
