"""Where the directory was before it was moved: its former paths, followed back through every rename.

git-filter-repo and `git log -- PATH` end where a directory was moved. Here, at each commit in which the directory
appears ("birth"), git's own rename detection is asked where its files came from.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hubimages.extract.history.log import History, Trees, trees_at
from hubimages.extract.history.origins import BlobLoader, Origin, origin_of
from hubimages.repository.git import Repo

ROOT = "."  # what the top of the repository, whose path is empty, is called


@dataclass
class Era:
    """A former path, and what the directory held there while it was the image's place."""

    path: str
    moves: set[int]  # commits in which it was moved away from here
    trees: Trees = field(default_factory=list)  # "" outside the era

    @property
    def name(self) -> str:
        """The path as it is shown and given."""
        return self.path or ROOT


@dataclass
class FormerPaths:
    """What was found: the eras to follow, nearest first, and copies, which are only reported."""

    eras: list[Era]
    copies: list[Origin]
    overlaps: list[tuple[str, str, int]]  # (path, path, commit): both hold an image at the same time


def find(repo: Repo, history: History, path: str, states: Trees, load_blobs: BlobLoader) -> FormerPaths:
    """Follow the directory back through its renames.

    A rename is followed when it brought half of the directory's files or more. Each era is limited to the ancestors
    of the move away from it (and to commits beside the move that still have the directory there), because a path can
    have been used again for something else.
    """
    found = FormerPaths([], [], [])
    eras: dict[str, Era] = {}
    todo = [(path, states, born) for born in births(history, states)]
    while todo:
        current, trees, commit = todo.pop(0)
        origin, copies = origin_of(repo, history, current, trees, commit, load_blobs, len(found.copies))
        found.copies += [copy for copy in copies if copy.path not in {known.path for known in found.copies}]
        if origin is None or origin.path == path:
            continue
        era = eras.get(origin.path)
        if era is None:
            era = eras[origin.path] = Era(origin.path, {commit})
        elif commit in era.moves:
            continue
        else:
            era.moves.add(commit)
        seen = set(births(history, era.trees)) if era.trees else set()
        limit_to_era(repo, history, era, states)
        todo += [(era.path, era.trees, born) for born in births(history, era.trees) if born not in seen]
    found.eras = list(eras.values())
    found.overlaps = list(overlaps(history, path, states, found.eras))
    return found


def given(repo: Repo, history: History, path: str, states: Trees, former_paths: Sequence[str]) -> list[Era]:
    """The eras of former paths that a person named; an era is left empty where the path never was one."""
    eras: list[Era] = []
    for former in former_paths:
        era = Era(former, set())
        presence = spread_over(repo, history, former, range(len(history)))
        for trees in [states, *(other.trees for other in eras)]:
            for born in births(history, trees):
                before = history.ancestors([born])
                if any(before[commit] and presence[commit] for commit in range(len(history))):
                    era.moves.add(born)
        limit_to_era(repo, history, era, states)
        eras.append(era)
    return eras


def births(history: History, states: Sequence[str]) -> list[int]:
    """The commits that have the directory while none of their parents has, the newest first."""
    born = [
        commit
        for commit, tree in enumerate(states)
        if tree and history.parents[commit] and not any(states[parent] for parent in history.parents[commit])
    ]
    return born[::-1]


def limit_to_era(repo: Repo, history: History, era: Era, states: Trees) -> None:
    """Fill in what the directory held at a former path: before the moves, and beside them while it stayed there."""
    before = history.ancestors(era.moves)
    wanted = [commit for commit in range(len(history)) if before[commit] or not states[commit]]
    presence = spread_over(repo, history, era.path, wanted)
    era.trees = [""] * len(history)
    for commit in wanted:
        if presence[commit] and (
            before[commit] or any(era.trees[parent] and not states[parent] for parent in history.parents[commit])
        ):
            era.trees[commit] = presence[commit]


def spread_over(repo: Repo, history: History, path: str, commits: Iterable[int]) -> Trees:
    """The trees at `path` in the commits asked for, one look-up for every different root tree."""
    commits = list(commits)
    roots = list({history.trees[commit]: None for commit in commits})
    found = dict(zip(roots, trees_at(repo, roots, path), strict=True))
    trees = [""] * len(history)
    for commit in commits:
        trees[commit] = found[history.trees[commit]]
    return trees


def overlaps(history: History, path: str, states: Trees, eras: Sequence[Era]) -> Iterator[tuple[str, str, int]]:
    """Pairs of paths that both held something before the move from one to the other, with the last such commit."""
    lanes = [(path, states, bytearray(b"\1" * len(history)))]
    for era in eras:
        before = history.ancestors(era.moves)
        for other, trees, range_of_other in lanes:
            both = [
                commit
                for commit in range(len(history))
                if before[commit] and era.trees[commit] and trees[commit] and range_of_other[commit]
            ]
            if both:
                yield other, era.path, both[-1]
        lanes.append((era.path, era.trees, before))


def merge(states: Trees, eras: Sequence[Era], *, former_first: bool) -> tuple[Trees, list[int]]:
    """The image's tree in every commit, and which era it comes from: 0 for the path itself, n for the nth era.

    Where two hold something at once, the path itself comes first, then the nearest era; with `former_first` (a person
    named them) the former path does: what was moved in is the image, what was there before was something else.
    """
    lanes = list(enumerate([states, *(era.trees for era in eras)]))
    if former_first:
        lanes = [*lanes[1:], lanes[0]]
    trees = [""] * len(states)
    source = [0] * len(states)
    for commit in range(len(states)):
        for number, lane in lanes:
            if lane[commit]:
                trees[commit], source[commit] = lane[commit], number
                break
    return trees, source
