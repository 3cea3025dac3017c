"""Lanes: what one directory held in every commit, for the image directory and for each of its former paths."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hubimages.extract.history.arrivals import Arrival, BlobLoader
from hubimages.extract.history.commits import History, Trees, trees_at
from hubimages.extract.history.diffs import inside, relative
from hubimages.extract.history.earlier_names import earlier_names
from hubimages.extract.history.image_directory import LEFTOVER
from hubimages.extract.history.trees import Forest, Names, names_of
from hubimages.repository.git import Repo

ROOT = "."  # how the top of the repository, whose path is empty, is written


@dataclass
class Lane:
    """A directory, and the tree that it adds to the image in every commit ("" for none)."""

    path: str
    at: str  # where its files are in the image
    trees: Trees

    @property
    def name(self) -> str:
        """The path as it is shown and given."""
        return self.path or ROOT


@dataclass
class Era(Lane):
    """A former path, while it was the image's place."""

    into: Lane
    arrivals: list[Arrival] = field(default_factory=list)
    is_named: bool = False  # by a person
    only_moved: bool = False
    moved: frozenset[str] = frozenset()  # paths from `path`
    left: tuple[str, ...] = ()  # files that stayed behind, paths from `path`
    names_at: Mapping[int, frozenset[str]] = field(default_factory=dict)  # with `only_moved`, where not `moved`
    takes_place: bool = False  # what `into` held before was not the image
    is_joined: bool = False  # what `into` held before was the image, too

    def names(self, commit: int) -> frozenset[str] | None:
        """Return the files of the former path that are the image's at a commit; None for all."""
        return self.names_at.get(commit, self.moved) if self.only_moved else None

    @property
    def hidden(self) -> str | None:
        """The directory that the files were moved to, where it is inside the former path."""
        is_inside = inside(self.into.path + "/", self.path) and self.into.path != self.path
        return relative(self.into.path, self.path) if is_inside else None

    @property
    def moves(self) -> list[int]:
        """The commits in which files left."""
        return sorted({arrival.commit for arrival in self.arrivals})


def births(history: History, dir_trees: Sequence[str]) -> list[int]:
    """Return the commits that have the directory while none of their parents has, newest first."""
    born = []
    for commit, (tree, above) in enumerate(zip(dir_trees, history.parents, strict=True)):
        if tree and above and not dir_trees[above[0]] and not any(dir_trees[parent] for parent in above[1:]):
            born.append(commit)
    return born[::-1]


def pairs(history: History, trees: Trees) -> Iterator[tuple[int, int]]:
    """Yield the (commit, parent) pairs between which files can have come into a directory.

    At a merge, the parents without the directory are of interest, where the merge is not what another parent had:
    the directory then is another history's, under another path.
    """
    for commit, above in enumerate(history.parents):
        tree = trees[commit]
        if not tree:
            continue
        if len(above) == 1:
            if trees[above[0]] != tree:
                yield commit, above[0]
        elif all(trees[parent] != tree for parent in above):
            yield from ((commit, parent) for parent in above if not trees[parent])


def fill(repo: Repo, history: History, era: Era, forest: Forest, load_blobs: BlobLoader) -> None:
    """Fill in what a former path held while it was the image's place."""
    before, beside = reach(history, era)
    wanted = [commit for commit in range(len(history)) if before[commit] or beside[commit]]
    present = spread_over(repo, history, era.path, wanted)
    in_range = bytearray(len(history))
    for commit in wanted:
        in_range[commit] = bool(present[commit]) and bool(
            before[commit] or any(in_range[parent] for parent in history.parents[commit])
        )
    if era.only_moved:
        era.names_at = earlier_names(repo, history, era.moved, present, in_range, load_blobs)
    hidden = era.hidden
    forest.load(present[commit] for commit in wanted if era.only_moved or era.at or hidden)
    era.trees = [""] * len(history)
    done: dict[tuple[str, int], str] = {}
    tries: dict[frozenset[str], Names] = {}
    for commit in wanted:
        if not in_range[commit]:
            continue
        tree, names = present[commit], era.names(commit)
        if names is not None:
            if names not in tries:
                tries[names] = names_of(names)
            tree = forest.kept(tree, tries[names], done)
        elif hidden is not None:
            tree = forest.without(tree, hidden)
        era.trees[commit] = forest.below(tree, era.at)


def reach(history: History, era: Era) -> tuple[bytearray, bytearray]:
    """Return which commits lead to a move out of a former path, and which are beside it: not after the last move.

    Of a history that was merged in, only what the merge brought: the host has something else at that path.
    """
    straight = [arrival.commit for arrival in era.arrivals if len(history.parents[arrival.commit]) == 1]
    before = history.ancestors(straight)
    merges: dict[int, list[int]] = {}
    for arrival in era.arrivals:
        if len(history.parents[arrival.commit]) > 1:
            merges.setdefault(arrival.commit, []).append(arrival.parent)
    for commit, sides in merges.items():
        brought = history.including(sides)
        hosts = history.including([parent for parent in history.parents[commit] if parent not in sides])
        for other in range(len(history)):
            before[other] |= brought[other] & (1 - hosts[other])
    beside = bytearray(len(history))
    if straight:
        inner = history.ancestors(straight)
        last = {commit for commit in straight if not inner[commit]} or set(straight)
        moved = bytearray(len(history))
        for commit, above in enumerate(history.parents):
            moved[commit] = commit in last or any(moved[parent] for parent in above)
            beside[commit] = not moved[commit]
    return before, beside


def spread_over(repo: Repo, history: History, path: str, commits: Iterable[int]) -> Trees:
    """Return the trees at `path` in these commits, with one look-up for every different root tree."""
    commits = list(commits)
    roots = list({history.trees[commit]: None for commit in commits})
    found = dict(zip(roots, trees_at(repo, roots, path), strict=True))
    trees = [""] * len(history)
    for commit in commits:
        trees[commit] = found[history.trees[commit]]
    return trees


@dataclass(frozen=True)
class Merged:
    """The image in every commit, out of all lanes."""

    trees: Trees
    lanes: list[tuple[int, ...]]  # which lanes each tree is made of, the first on top: 0 the path itself, n the nth era
    overlaps: list[tuple[Lane, Era, int]]  # both hold an image at one commit, and one of the two is another's


def merge(history: History, lanes: Sequence[Lane], forest: Forest) -> Merged:
    """Lay the lanes over one another: what was moved in goes over what was there."""
    merged = Merged(list(lanes[0].trees), [(0,)] * len(history), [])
    eras = [lane.trees for lane in lanes[1:]]
    held_elsewhere = sorted({commit for trees in eras for commit, tree in enumerate(trees) if tree})
    windows = [after(history, lane.moves) if isinstance(lane, Era) else bytearray() for lane in lanes]
    for commit in held_elsewhere:
        merged.trees[commit] = ""
        held = [number for number in range(len(lanes) - 1, -1, -1) if lanes[number].trees[commit]]
        if len(held) > 1:
            held = apart(lanes, held, commit, windows, forest, merged.overlaps)
        if held:
            merged.lanes[commit] = tuple(held)
            for number in held:
                merged.trees[commit] = forest.over(merged.trees[commit], lanes[number].trees[commit])
    return merged


def apart(
    lanes: Sequence[Lane],
    held: Sequence[int],
    commit: int,
    windows: Sequence[bytearray],
    forest: Forest,
    overlaps: list[tuple[Lane, Era, int]],
) -> list[int]:
    """Return the lanes that are the image's at a commit at which several hold something, the topmost first."""
    chosen = list(held)
    for number in held:
        era = lanes[number]
        if not isinstance(era, Era) or windows[number][commit]:
            continue  # files are on their way: both places together are the image
        for other in [one for one in chosen if one < number]:
            lane = lanes[other]
            if lane is era.into and era.takes_place:
                chosen.remove(other)
            elif belong_together(lane, era) or is_leftover(forest, lane.trees[commit]):
                continue
            elif era.is_named:
                chosen.remove(other)
            else:
                overlaps.append((lane, era, commit))
    return chosen


def belong_together(lane: Lane, era: Era) -> bool:
    """Return True if two directories were both the image's at one time: parts of it, or one inside the other."""
    if era.at or is_nested(lane, era) or (lane is era.into and era.is_joined):
        return True
    return isinstance(lane, Era) and (bool(lane.at) or not {*lane.moves}.isdisjoint(era.moves))


def is_nested(one: Lane, other: Lane) -> bool:
    """Return True if one of two paths is in the other: the same files are meant."""
    return inside(one.path + "/", other.path) or inside(other.path + "/", one.path)


def is_leftover(forest: Forest, tree: str) -> bool:
    """Return True if a tree has only notes, as a placeholder does."""
    return all(LEFTOVER.fullmatch(name.decode(errors="replace")) for name, _, _ in forest.entries(tree))


def after(history: History, commits: Iterable[int]) -> bytearray:
    """Return 1 at each of the commits and at every descendant."""
    marked = bytearray(len(history))
    for commit in commits:
        marked[commit] = 1
    for commit, above in enumerate(history.parents):
        if not marked[commit] and any(marked[parent] for parent in above):
            marked[commit] = 1
    return marked
