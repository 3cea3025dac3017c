"""Find files that came into a directory from elsewhere, with git's rename detection."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubimages.extract.history.commits import History, trees_at
from hubimages.extract.history.diffs import (
    RENAMES,
    Change,
    Pair,
    common_directory,
    diffs,
    inside,
    joined,
    matched,
    relative,
)
from hubimages.extract.history.trees import TREE_MODE, Forest
from hubimages.repository.git import Repo

FILE_MODE = "100644"
EMPTY_BLOB = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

BlobLoader = Callable[[Iterable[str]], None]
"""Makes sure that these blobs are there, where the source was cloned without them."""


@dataclass(frozen=True)
class Arrival:
    """Files that came into a directory from another one in one commit, seen from one of its parents."""

    path: str  # the directory that they came from, "" for the top of the repository
    at: str  # the directory that they are in, from the one that they came into
    commit: int
    parent: int
    names: Mapping[str, str]  # path from `path` to path from the directory that they came into
    of: int  # files in `at` at the commit
    rivals: tuple[str, ...] = ()  # directories that held the same files and whose names are as near
    others: tuple[str, ...] = ()  # directories that held the same files, with names less near
    how: str = "moved here"


@dataclass
class Moves:
    """The moves into a directory in one commit: new path to the old paths that it can come from."""

    exact: dict[str, list[str]] = field(default_factory=dict)
    similar: dict[str, str] = field(default_factory=dict)

    def all(self) -> dict[str, list[str]]:
        """Return both kinds."""
        return {**{new: [old] for new, old in self.similar.items()}, **self.exact}


def arrivals(
    repo: Repo, history: History, path: str, seen: Sequence[tuple[int, int]], load_blobs: BlobLoader
) -> list[Arrival]:
    """Return what came into `path` from elsewhere; `seen` has the (commit, parent) pairs to look at."""
    pair_of = {(commit, parent): (history.trees[parent], history.trees[commit]) for commit, parent in seen}
    found: list[Arrival] = []
    moves = moves_into(repo, path, list(pair_of.values()), load_blobs)
    for (commit, parent), pair in pair_of.items():
        if pair in moves and (moved := moves[pair].all()):
            for old, at, names, rivals, others in grouped(moved, path):
                of = len(listing(repo, pair[1], joined(path, at)))
                found.append(Arrival(old, at, commit, parent, names, of, rivals, others))
    return found


def moves_into(repo: Repo, path: str, pairs: Sequence[Pair], load_blobs: BlobLoader) -> dict[Pair, Moves]:
    """Return the moves into a directory between the trees of each pair: exact ones first, then similar files."""
    moves: dict[Pair, Moves] = {}
    unclear: dict[Pair, list[Change]] = {}
    swaps: dict[Pair, list[Change]] = {}
    alike_in: dict[Pair, int] = {}
    for pair, changes in diffs(repo, pairs).items():
        came = [change for change in changes if inside(change.path, path) and change.status in "AMT"]
        left = [change for change in changes if not inside(change.path, path) and change.status in "DMT"]
        if not came or not left:
            continue
        moves[pair] = Moves(exact_moves(came, left))
        known = {old for olds in moves[pair].exact.values() for old in olds}
        is_added = any(change.status == "A" and change.path not in moves[pair].exact for change in came)
        if is_added and any(change.status == "D" and change.path not in known for change in left):
            unclear[pair] = changes
        elif (alike := number_alike(came, left)) and alike * 2 >= len(came):
            alike_in[pair] = alike
            swaps[pair] = namesakes(changes, came)
    sizes = file_counts(repo, [after for _, after in swaps], path)
    swaps = {pair: changes for pair, changes in swaps.items() if alike_in[pair] * 2 >= sizes[pair[1]]}
    blobs = [blob for pair in unclear for blob in blobs_of(unclear[pair], "AD")]
    blobs += [blob for changes in swaps.values() for blob in blobs_of(changes, "M")]
    if blobs:
        load_blobs(blobs)
    for pair, changes in diffs(repo, list(unclear), *RENAMES).items():
        moves[pair].similar.update(similar_moves(changes, path))
    for pair, found in exchanges(repo, path, swaps).items():
        moves[pair].similar.update(found)
    return moves


def blobs_of(changes: Iterable[Change], statuses: str) -> Iterator[str]:
    """Yield the blobs on either side of changes of some statuses."""
    for change in changes:
        if change.status in statuses and change.is_file:
            yield from (blob for blob in (change.old, change.new) if blob.strip("0"))


def similar_moves(changes: Iterable[Change], path: str) -> dict[str, str]:
    """Return new path to old path of the renames into a directory."""
    return {
        change.to: change.path
        for change in changes
        if change.status == "R" and inside(change.to, path) and not inside(change.path, path)
    }


def exact_moves(came: Sequence[Change], left: Sequence[Change]) -> dict[str, list[str]]:
    """Return new path to old paths of the files that came with the very content that left another path.

    A file that is only changed, to what another changed file was, is no move: versions are promoted from one image
    to the next so. It is one where the two exchange their contents.
    """
    by_blob: dict[str, list[Change]] = defaultdict(list)
    for change in left:
        by_blob[change.old].append(change)
    found = {}
    for change in came:
        olds = [
            other
            for other in by_blob.get(change.new, ())
            if change.status == "A" or other.status == "D" or other.new == change.old
        ]
        alike = [old.path for old in olds if basename(old.path) == basename(change.path)]
        if alike or (olds and change.new != EMPTY_BLOB):
            found[change.path] = alike or [old.path for old in olds]
    return found


def number_alike(came: Sequence[Change], left: Sequence[Change]) -> int:
    """Return how many files of a directory change together with a file elsewhere that has the same name.

    Where most of them do, two directories can have exchanged their places, or were updated together.
    """
    others = {basename(change.path) for change in left if change.status == "M"}
    return sum(basename(change.path) in others for change in came if change.status == "M" and change.is_file)


def file_counts(repo: Repo, trees: Sequence[str], path: str) -> dict[str, int]:
    """Return the number of files in a directory of each tree; a few questions to git for all of them."""
    forest = Forest(repo)
    found = dict(zip(trees, trees_at(repo, trees, path), strict=True)) if trees else {}
    level = {tree for tree in found.values() if tree}
    while level:
        forest.load(level)
        level = {one for tree in level for _, mode, one in forest.entries(tree) if mode == TREE_MODE}
    return {tree: sum(1 for _ in forest.files(there)) for tree, there in found.items()}


def namesakes(changes: Iterable[Change], came: Iterable[Change]) -> list[Change]:
    """Return the changed files that have the name of one of those in a directory."""
    names = {basename(change.path) for change in came}
    return [change for change in changes if change.status == "M" and change.is_file and basename(change.path) in names]


def exchanges(repo: Repo, path: str, swaps: Mapping[Pair, Sequence[Change]]) -> dict[Pair, dict[str, str]]:
    """Return new path to old path of the files that changed places with others, edited or not.

    git compares a changed file with its former self first, and with others only where little is left of it and it is
    not small. Here all are compared alike: the files from before are laid beside those from after.
    """
    came = {
        pair: {new: old for new, old in found.items() if not inside(old, path)}
        for pair, found in crossed(repo, swaps, lambda name: inside(name, path)).items()
    }
    left = {pair: found for pair, found in came.items() if found}
    others = {common_directory(list(found.values())) for found in left.values()}
    went = crossed(
        repo,
        {pair: swaps[pair] for pair in left},
        lambda name: not inside(name, path) and any(inside(name, other) for other in others),
    )
    return {
        pair: found for pair, found in left.items() if any(inside(old, path) for old in went.get(pair, {}).values())
    }


def crossed(
    repo: Repo, changed: Mapping[Pair, Sequence[Change]], is_asked: Callable[[str], bool]
) -> dict[Pair, dict[str, str]]:
    """Return for changed files which of the files before each is the most similar to: new path to old path."""
    forest = Forest(repo)
    beside: dict[Pair, list[Pair]] = defaultdict(list)
    for pair, changes in changed.items():
        before = {f"before/{change.path}": (FILE_MODE, change.old) for change in changes}
        after = {f"after/{change.path}": (FILE_MODE, change.new) for change in changes if is_asked(change.path)}
        beside[forest.planted(before), forest.planted(after)].append(pair)
    forest.write(repo)
    found: dict[Pair, dict[str, str]] = {}
    for trees, changes in diffs(repo, list(beside), *RENAMES).items():
        renames = {
            change.to.removeprefix("after/"): change.path.removeprefix("before/")
            for change in changes
            if change.status == "R"
        }
        found |= dict.fromkeys(beside[trees], renames)
    return found


def grouped(
    moved: Mapping[str, Sequence[str]], path: str
) -> list[tuple[str, str, dict[str, str], tuple[str, ...], tuple[str, ...]]]:
    """Return (old directory, place in `path`, names, rivals, others) for the moves, most files first.

    Every file is in one group. A directory inside another one's belongs to that one.
    """
    votes: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for new, olds in moved.items():
        for old in olds:
            votes[matched(old, relative(new, path))][relative(new, path)] = old
    order = sorted(sorted(votes), key=lambda key: (len(votes[key]), likeness(key[0], path)), reverse=True)
    groups: list[tuple[str, str, dict[str, str], tuple[str, ...], tuple[str, ...]]] = []
    explained: set[str] = set()
    for key in order:
        mine = {new: old for new, old in votes[key].items() if new not in explained}
        if not mine:
            continue
        explained.update(mine)
        outer = next((group for group in groups if inside(key[0] + "/", group[0])), None)
        if outer is not None:
            outer[2].update({relative(old, outer[0]): new for new, old in mine.items()})
            continue
        same = [other for other in order if other != key and votes[other].keys() == votes[key].keys()]
        same = [other for other in same if other[0] != key[0]]
        rivals = tuple(other[0] for other in same if likeness(other[0], path) >= likeness(key[0], path))
        others = tuple(other[0] for other in same if other[0] not in rivals)
        old, at = deepened(*key, mine)
        groups.append((old, at, {relative(one, old): new for new, one in mine.items()}, rivals, others))
    return groups


def deepened(old: str, at: str, moved: Mapping[str, str]) -> tuple[str, str]:
    """Return the deepest pair of directories that holds all files of a move: never one above the files' own."""
    below = common_directory([relative(name, old) for name in moved.values()])
    while below and not all(inside(name, joined(at, below)) for name in moved):
        below = below.rpartition("/")[0]
    return joined(old, below), joined(at, below)


def likeness(one: str, two: str) -> tuple[int, int]:
    """Return how near two paths are: the words they share, and with a minus sign those that only one of them has."""
    return len(words(one) & words(two)), -len(words(one) ^ words(two))


def words(path: str) -> set[str]:
    """Return the words and numbers of a path."""
    return set(re.findall(r"[a-z]+|\d+", path.lower()))


def basename(path: str) -> str:
    """Return the last component of a path."""
    return path.rpartition("/")[2]


def listing(repo: Repo, tree: str, path: str) -> dict[str, str]:
    """Return path (from `path`) to blob of every file in a directory of a tree."""
    ((found, kind, _),) = repo.batch_check([f"{tree}:{path}" if path else f"{tree}^{{tree}}"])
    if kind != "tree":
        return {}
    return {entry.path: entry.name for entry in repo.list_tree(found, recursive=True)}
