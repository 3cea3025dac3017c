"""Decide everything before anything is written: which commits, which trees, under which former paths."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from hubimages.console import count
from hubimages.errors import BadInputError, RefusedError
from hubimages.extract.history import former_paths, image_directory, prune, strangers
from hubimages.extract.history.accounts import Accounts, account
from hubimages.extract.history.commits import History, Trees, read_history
from hubimages.extract.history.diffs import inside
from hubimages.extract.history.former_paths import Search
from hubimages.extract.history.lanes import ROOT, Era, Lane, merge
from hubimages.extract.history.prune import Kept
from hubimages.extract.history.shared import SharedHistory
from hubimages.extract.history.steps import Copy
from hubimages.extract.history.strangers import Choice
from hubimages.extract.history.trees import Forest
from hubimages.extract.sources.source import Source

Question = Callable[[str], bool]
"""Asks a person; raises RefusedError where nobody can answer."""


@dataclass(frozen=True)
class Part:
    """A directory that the image is made of at a commit."""

    path: str
    at: str = ""  # its place in the image
    names: frozenset[str] | None = None  # the files of it that are the image's; None for all
    without: str | None = None  # a directory in it that is not meant

    @property
    def is_whole(self) -> bool:
        """The image is just this directory."""
        return not self.at and self.names is None and self.without is None

    def has(self, name: str) -> bool:
        """Return True if a file of the directory is the image's."""
        if self.names is not None:
            return name in self.names
        return self.without is None or not inside(name, self.without)


@dataclass(frozen=True)
class FormerPath:
    """A former path that was followed."""

    path: str
    commits: int  # kept commits whose tree comes from there
    how: str = "moved here"
    moved: int = 0  # files
    left: tuple[str, ...] = ()  # files that did not move
    only_moved: bool = False

    def __str__(self) -> str:
        number = count(self.commits, "commit") if self.commits else "part of commits of IMAGE_DIR itself"
        text = f"{self.path}, {number}"
        if not self.left:
            return text
        rest = "they stay behind" if self.only_moved else "they come along"
        stayed = count(len(self.left), "file")
        return f"{text}; {stayed} did not move, {rest}: {strangers.shown(self.left)}"


@dataclass(frozen=True)
class Reading:
    """The decided extraction of one directory at one commit."""

    path: str
    history: History
    trees: Trees  # the image's tree in every commit, under whichever path it had
    parts: dict[int, list[Part]]  # where the tree of a kept commit is from, the topmost first
    kept: Kept
    commit: int  # the commit extracted
    tip: int  # the kept commit that stands for it
    former_paths: list[FormerPath]
    copies: list[Copy]
    notes: list[str]
    accounts: Accounts
    forest: Forest = field(repr=False)
    has_gone: bool = False  # the directory no longer holds the image at the ref

    @property
    def source_commit(self) -> str:
        """The id of the commit extracted."""
        return self.history.ids[self.commit]

    @property
    def source_tree(self) -> str:
        """The tree of the image at the commit extracted."""
        return self.trees[self.commit]

    @property
    def commits(self) -> list[str]:
        """The kept commits, parents first."""
        return [self.history.ids[commit] for commit in sorted(self.kept.parents)]

    @property
    def parents(self) -> dict[str, list[str]]:
        """The parents of every kept commit."""
        ids = self.history.ids
        return {ids[commit]: [ids[parent] for parent in above] for commit, above in self.kept.parents.items()}


@dataclass(frozen=True)
class Wanted:
    """Which former paths a person wants."""

    named: Sequence[str] = ()
    follow: bool | None = None  # None: ask about those that are found
    choice: Choice = field(default_factory=Choice)
    as_found: bool = False  # if those named are what is found, they are followed as it was found


def decide_extraction(
    source: Source, image_dir: str, wanted: Wanted, ask: Question, known: SharedHistory | None = None
) -> Reading:
    """Decide what to extract. `known` has what was read for many directories at once.

    Raises BadInputError for a path that is not there, RefusedError for a question that nobody answered.
    """
    path = image_directory.normalise(image_dir)
    seen, dir_trees = _read(source, path, known)
    notes: list[str] = []
    if not any(dir_trees):
        spelled = image_directory.other_spelling(source, path)
        if spelled is None:
            raise image_directory.not_found(source, path)
        path = spelled
        seen, dir_trees = _read(source, path, known)
    chosen = image_directory.choose_commit(source.scratch, seen, path, dir_trees)
    if chosen.note and (linked := image_directory.symlink_target(source, path)):
        raise linked
    if chosen.note:
        notes.append(chosen.note)
    if chosen.commit != len(seen) - 1:  # later commits are not the image's past
        dir_trees = [tree if inside else "" for tree, inside in zip(dir_trees, seen.up_to(chosen.commit), strict=True)]
    search = _search(source, seen, path, dir_trees, wanted)
    merged = merge(seen, search.lanes, search.forest)
    _refuse_overlaps(seen, search, merged.overlaps)
    kept = prune.prune(seen, merged.trees)
    declined: Collection[int] = ()
    if search.eras and not wanted.named and wanted.follow is None:
        without = prune.prune(seen, dir_trees)
        if not ask(question(seen, path, search, len(kept.parents), len(without.parents))):
            notes += [f"former path {one.name} not followed, as answered" for one in search.eras]
            declined = kept.parents.keys()
            search = _search(source, seen, path, dir_trees, Wanted(follow=False))
            merged, kept = merge(seen, search.lanes, search.forest), without
    tip = kept.stands_for[chosen.commit]
    kept = kept.reachable(tip)
    first = {commit: min(merged.lanes[commit]) for commit in kept.parents}
    notes += other_origins(search)
    return Reading(
        path=path,
        history=seen,
        trees=merged.trees,
        parts={commit: [part(search.lanes[n], commit) for n in merged.lanes[commit]] for commit in kept.parents},
        kept=kept,
        commit=chosen.commit,
        tip=tip,
        former_paths=[
            former_path(era, sum(lane == number for lane in first.values()))
            for number, era in enumerate(search.eras, 1)
        ],
        copies=search.copies,
        notes=notes,
        accounts=account(seen, dir_trees, merged, kept, chosen.commit, declined),
        forest=search.forest,
        has_gone=bool(chosen.note),
    )


def _read(source: Source, path: str, known: SharedHistory | None) -> tuple[History, Trees]:
    if known is not None and path in known.trees:
        return known.history, known.trees[path]
    return read_history(source.scratch, source.commit, path)


def _search(source: Source, seen: History, path: str, dir_trees: Trees, wanted: Wanted) -> Search:
    """Look for former paths as a person wants it."""
    repo, load, choice = source.scratch, source.load_blobs, wanted.choice
    if wanted.named:
        names = [image_directory.normalise_former(name) for name in wanted.named]
        if wanted.as_found:
            search = former_paths.find(repo, seen, path, dir_trees, load, choice)
            if {era.path for era in search.eras} == set(names) and not search.unclear:
                return search
        search = former_paths.given(repo, seen, path, dir_trees, load, names, choice)
        for name in names:
            if not any(era.path == name and any(era.trees) for era in search.eras):
                raise BadInputError(f"--former-path {name or ROOT}: no such directory before {path} appeared")
    elif wanted.follow is False:
        search = Search(repo, seen, Forest(repo), load, choice, Lane(path, "", dir_trees))
    else:
        search = former_paths.find(repo, seen, path, dir_trees, load, choice)
        if search.unclear:
            one = search.unclear[0]
            others = " or ".join(f"--former-path {name or ROOT}" for name in (one.path, *one.rivals))
            raise RefusedError(
                f"{path} can have come from {one.path or ROOT} or from {', '.join(name or ROOT for name in one.rivals)}"
                f" in {seen.ids[one.commit][:12]}: they held the same files. Choose: {others}, or --no-former-paths"
            )
    for name in wanted.choice.whole:
        if name not in {era.name for era in search.eras}:
            raise BadInputError(f"--whole-former-path {name}: {path} has no such former path")
    return search


def _refuse_overlaps(seen: History, search: Search, overlaps: Sequence[tuple[Lane, Era, int]]) -> None:
    if not overlaps:
        return
    here, there, commit = overlaps[-1]
    raise RefusedError(
        f"{here.name} and {there.name} both hold something at {seen.ids[commit][:12]}, before the move from "
        f"{there.name}. Which one is the image's past? --former-path {there.name} (what was moved here) or "
        "--no-former-paths"
    )


def part(lane: Lane, commit: int) -> Part:
    """Return what a lane adds to the image at a commit, for a later check."""
    if not isinstance(lane, Era):
        return Part(lane.path)
    return Part(lane.path, lane.at, lane.names(commit), lane.hidden)


def former_path(era: Era, commits: int) -> FormerPath:
    """Return what the report says about an era."""
    return FormerPath(
        path=era.name,
        commits=commits,
        how=era.arrivals[0].how,
        moved=len(era.moved),
        left=era.left,
        only_moved=era.only_moved,
    )


def other_origins(search: Search) -> list[str]:
    """Return a note for every former path that was taken by its name among directories with the same files."""
    notes = []
    for era in search.eras:
        others = sorted({other or ROOT for arrival in era.arrivals for other in arrival.others})
        if others and not era.is_named:
            more = f" and {len(others) - 3} more" if len(others) > 3 else ""
            notes.append(f"{', '.join(others[:3])}{more} held the same files as {era.name}, whose name is nearer")
    return notes


def question(seen: History, path: str, search: Search, with_them: int, without: int) -> str:
    """Return what is asked when former paths were found, with the commits that come along either way."""
    places = []
    for era in search.eras:
        how = "" if era.arrivals[0].how == "moved here" else f"{era.arrivals[0].how}; "
        places.append(f"{era.name} ({how}until {', '.join(seen.ids[move][:12] for move in era.moves)})")
    stayed = []
    for era in search.eras:
        if era.left:
            rest = "only the files that moved come along" if era.only_moved else "they come along"
            stayed.append(
                f"{count(len(era.left), 'file')} of {era.name} did not move ({strangers.shown(era.left)}): {rest}. "
            )
        if era.takes_place:
            stayed.append(f"What {era.into.name} held before is not followed. ")
    return (
        f"{path} was moved here from {', '.join(places)}. {''.join(stayed)}Its history has "
        f"{count(with_them, 'commit')} with its former {'path' if len(search.eras) == 1 else 'paths'}, and {without} "
        f"without. Follow {'it' if len(search.eras) == 1 else 'them'}?"
    )
