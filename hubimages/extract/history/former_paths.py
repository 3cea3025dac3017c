"""Find where the directory was before it was moved: its former paths, followed back through every rename.

git-filter-repo and `git log -- PATH` end where a directory was moved. Here, wherever files come into the directory from
elsewhere, git's own rename detection is asked from where, against every parent.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hubimages.extract.history import steps
from hubimages.extract.history.arrivals import Arrival, BlobLoader, arrivals, listing
from hubimages.extract.history.commits import History, Trees
from hubimages.extract.history.diffs import inside, joined, relative
from hubimages.extract.history.image_directory import LEFTOVER
from hubimages.extract.history.lanes import Era, Lane, births, fill, pairs, spread_over
from hubimages.extract.history.steps import Copy
from hubimages.extract.history.strangers import Choice, settle
from hubimages.extract.history.trees import Forest
from hubimages.repository.git import Repo

MOST_COPIES_LOOKED_AT = 4


@dataclass
class Search:
    """A search for former paths, and what it has found."""

    repo: Repo
    history: History
    forest: Forest
    load_blobs: BlobLoader
    choice: Choice
    own: Lane
    eras: list[Era] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    unclear: list[Arrival] = field(default_factory=list)  # as likely from another directory
    _asked: set[tuple[str, int, int]] = field(default_factory=set)
    _seen: dict[str, list[Arrival]] = field(default_factory=dict)

    @property
    def lanes(self) -> list[Lane]:
        """The path itself, and its former paths."""
        return [self.own, *self.eras]

    def find(self) -> None:
        """Follow the directory back through its moves."""
        todo = [self.own]
        while todo:
            lane = todo.pop(0)
            new = self.look(lane)
            followed = self._followed(lane, new)
            unexplained = [born for born in births(self.history, lane.trees) if self._is_new(lane, born, followed)]
            followed += self._in_steps(lane, unexplained)
            for arrival in followed:
                if arrival.rivals:
                    self.unclear.append(arrival)
            todo += self.add(lane, followed)

    def look(self, lane: Lane) -> list[Arrival]:
        """Return what came into a directory from elsewhere, in the commits that have not been looked at yet."""
        seen = [pair for pair in pairs(self.history, lane.trees) if (lane.name, *pair) not in self._asked]
        self._asked.update((lane.name, *pair) for pair in seen)
        found = arrivals(self.repo, self.history, lane.path, seen, self.load_blobs)
        found = [arrival for arrival in (self._of_image(lane, one) for one in found) if arrival.names]
        self._seen.setdefault(lane.name, []).extend(found)
        return found

    def _of_image(self, lane: Lane, arrival: Arrival) -> Arrival:
        """Return the arrival without the files that are not the image's."""
        names = lane.names(arrival.commit) if isinstance(lane, Era) else None
        if names is None:
            return arrival
        kept = {old: new for old, new in arrival.names.items() if new in names}
        there = listing(self.repo, self.history.trees[arrival.commit], lane.path)
        of = sum(inside(name, arrival.at) for name in names if name in there)
        return Arrival(arrival.path, arrival.at, arrival.commit, arrival.parent, kept, of, arrival.rivals)

    def _followed(self, lane: Lane, found: Sequence[Arrival]) -> list[Arrival]:
        """Return the arrivals that make up half of the directory, added up where files were moved one after another."""
        known = {(era.path, era.at) for era in self.eras}
        earlier: list[Arrival] = []
        for arrival in sorted(self._seen.get(lane.name, ()), key=lambda one: one.commit):
            earlier.append(arrival)
            came = {new for one in earlier if is_part_of(one, arrival) for new in one.names.values()}
            if len(came) * 2 >= arrival.of:
                known.add((arrival.path, joined(lane.at, arrival.at)))
        return [
            arrival
            for arrival in found
            if (arrival.path, joined(lane.at, arrival.at)) in known and not self._is_shown(lane, arrival.path)
        ]

    def _is_shown(self, lane: Lane, path: str) -> bool:
        """Return True for a directory inside one that is followed anyway: its files are shown where they were."""
        return inside(path + "/", self.own.path) or inside(path + "/", lane.path)

    def _is_new(self, lane: Lane, born: int, followed: Sequence[Arrival]) -> bool:
        key = (lane.name, born, -1)
        if key in self._asked or any(arrival.commit == born for arrival in followed):
            return False
        self._asked.add(key)
        return not any(arrival.commit == born for arrival in self._seen.get(lane.name, ()) if not arrival.names)

    def _in_steps(self, lane: Lane, born: Iterable[int]) -> list[Arrival]:
        """Return moves in two steps among births of a directory, and remember what stays a copy."""
        found = []
        for commit in born:
            parents = self.history.parents[commit]
            if len(parents) > 1 or len(self.copies) >= MOST_COPIES_LOOKED_AT:
                continue
            copy = steps.copied(self.repo, self.history, lane, commit, parents[0])
            if copy is not None and not self._is_shown(lane, copy[0].path):
                removed = steps.removed_soon(self.repo, self.history, copy[1])
                if removed is None:
                    if copy[0].path not in {known.path for known in self.copies}:
                        self.copies.append(copy[0])
                    continue
                how = f"copied here, removed there in {self.history.ids[removed][:12]}"
                found.append(with_how(copy[1], how))
                continue
            arrival = steps.removed_before(self.repo, self.history, lane, commit, self.load_blobs)
            if arrival is not None and not self._is_shown(lane, arrival.path):
                found.append(arrival)
        return found

    def add(self, lane: Lane, followed: Sequence[Arrival], *, is_named: bool = False) -> list[Lane]:
        """Make eras of the arrivals, or add them to those that are known; the lanes to look at next."""
        changed: list[Era] = []
        for arrival in followed:
            at = joined(lane.at, arrival.at)
            era = next((one for one in self.eras if (one.path, one.at) == (arrival.path, at)), None)
            if era is None:
                era = Era(arrival.path, at, [], into=lane, is_named=is_named)
                self.eras.append(era)
            if arrival not in era.arrivals:
                era.arrivals.append(arrival)
                changed.append(era)
        unique = list({id(era): era for era in changed}.values())
        for era in unique:
            self._complete(era)
        return list(unique)

    def _complete(self, era: Era) -> None:
        """Decide which files of an era come along, and fill it in."""
        settle(self.repo, self.history, era, self.choice)
        fill(self.repo, self.history, era, self.forest, self.load_blobs)
        self._take_place(era)

    def _take_place(self, era: Era) -> None:
        """Find out whether what was at the new place before the move is the image, too.

        It is where most of it stayed; where most of it was replaced, or left, it was something else.
        """
        came: set[str] = set()
        for arrival in sorted(era.arrivals, key=lambda one: one.commit):
            if not era.into.trees[arrival.parent] or era.into.trees[arrival.commit] == "":
                came.update(arrival.names.values())
                continue
            before = listing(self.repo, self.history.trees[arrival.parent], era.into.path)
            after = listing(self.repo, self.history.trees[arrival.commit], era.into.path)
            own = [name for name in before if name not in came and not LEFTOVER.fullmatch(name)]
            new = set(arrival.names.values())
            replaced = [name for name in own if name not in after or name in new]
            if not came:
                if own and len(replaced) * 2 >= len(own):
                    era.takes_place = True
                    cut(self.history, era.into, arrival.parent)
                else:
                    era.is_joined = True
            came.update(new)


def is_part_of(one: Arrival, other: Arrival) -> bool:
    """Return True if an arrival brought files of another one's directory to the same place in the new one."""
    if not inside(one.path + "/", other.path):
        return False
    below = relative(one.path, other.path) if one.path != other.path else ""
    return one.at == joined(other.at, below)


def cut(history: History, lane: Lane, last: int) -> None:
    """Take away what a directory held up to a commit, back to where it began."""
    lane.trees = list(lane.trees)
    todo = [last]
    while todo:
        commit = todo.pop()
        if lane.trees[commit]:
            lane.trees[commit] = ""
            todo.extend(history.parents[commit])


def with_how(arrival: Arrival, how: str) -> Arrival:
    """Return the arrival, told as what it was."""
    return Arrival(
        arrival.path, arrival.at, arrival.commit, arrival.parent, arrival.names, arrival.of, arrival.rivals,
        arrival.others, how,
    )  # fmt: skip


def find(repo: Repo, history: History, path: str, dir_trees: Trees, load_blobs: BlobLoader, choice: Choice) -> Search:
    """Follow the directory back through its moves.

    A move is followed when it brought half of the directory's files or more. Each era is limited to the ancestors of
    the moves away from it (and to commits beside them that still have the directory there), because a path can have
    been used again for something else.
    """
    search = Search(repo, history, Forest(repo), load_blobs, choice, Lane(path, "", dir_trees))
    search.find()
    return search


def given(
    repo: Repo,
    history: History,
    path: str,
    dir_trees: Trees,
    load_blobs: BlobLoader,
    former_paths: Sequence[str],
    choice: Choice,
) -> Search:
    """Return the eras of former paths that a person named; one is left out where the path never was one."""
    search = Search(repo, history, Forest(repo), load_blobs, choice, Lane(path, "", dir_trees))
    for former in former_paths:
        presence = spread_over(repo, history, former, range(len(history)))
        for lane in list(search.lanes):
            search.look(lane)
            found = [one for one in search._seen.get(lane.name, ()) if one.path == former]
            known = {one.commit for one in found}
            for born in births(history, lane.trees):
                if born in known:
                    continue
                before = history.ancestors([born])
                last = next((one for one in range(born, -1, -1) if before[one] and presence[one]), None)
                if last is not None:
                    found.append(whole(repo, history, lane, born, last, former))
            search.add(lane, found, is_named=True)
    return search


def whole(repo: Repo, history: History, lane: Lane, born: int, last: int, former: str) -> Arrival:
    """Return an arrival for a former path that a person named: which files look as if they came from there."""
    old = listing(repo, history.trees[last], former)
    new = listing(repo, history.trees[born], lane.path)
    blobs = {blob: name for name, blob in new.items()}
    names = {name: name if name in new else blobs[blob] for name, blob in old.items() if name in new or blob in blobs}
    return Arrival(former, "", born, last, names, len(new), how="named")
