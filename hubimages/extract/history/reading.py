"""Everything that is decided before anything is written: which commits, which trees, under which former paths."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hubimages.console import count
from hubimages.errors import BadInputError, RefusedError
from hubimages.extract.history import former_paths, image_directory, prune
from hubimages.extract.history import log as history
from hubimages.extract.history.former_paths import ROOT, Era
from hubimages.extract.history.log import History, Trees
from hubimages.extract.history.origins import Origin
from hubimages.extract.history.prune import Kept
from hubimages.extract.sources.source import Source

Question = Callable[[str], bool]
"""Put a question to a person; raises RefusedError where nobody can answer."""


@dataclass(frozen=True)
class FormerPath:
    """A former path that was followed."""

    path: str
    commits: int  # kept commits whose tree comes from there


@dataclass(frozen=True)
class Reading:
    """The decided extraction of one directory at one commit."""

    path: str
    history: History
    trees: Trees  # the image's tree in every commit, under whichever path it had
    paths: list[str]  # the path that each tree is from
    kept: Kept
    commit: int  # the commit extracted
    tip: int  # the kept commit that stands for it
    former_paths: list[FormerPath]
    copies: list[Origin]
    notes: list[str]

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


def read(source: Source, image_dir: str, named: Sequence[str], follow: bool | None, ask: Question) -> Reading:
    """Decide what to extract. `named`: former paths that a person gave; `follow`: None to ask about those found.

    Raises BadInputError for a path that is not there, RefusedError for a question that nobody answered.
    """
    path = image_directory.normalise(image_dir)
    seen, states = history.read(source.scratch, source.commit, path)
    notes: list[str] = []
    if not any(states):
        spelled = image_directory.other_spelling(source, path)
        if spelled is None:
            raise image_directory.not_found(source, path)
        path = spelled
        seen, states = history.read(source.scratch, source.commit, path)
    chosen = image_directory.choose_commit(source.scratch, seen, path, states)
    if chosen.note:
        notes.append(chosen.note)
    if chosen.commit != len(seen) - 1:  # what came later is no past of the image's
        states = [tree if inside else "" for tree, inside in zip(states, seen.up_to(chosen.commit), strict=True)]
    eras, copies, former_first = _eras(source, seen, path, states, named, follow, ask)
    trees, lanes = former_paths.merge(states, eras, former_first=former_first)
    all_paths = [path, *(era.path for era in eras)]
    kept = prune.prune(seen, trees)
    tip = kept.stands_for[chosen.commit]
    kept = kept.reachable(tip)
    counts = [
        sum(lanes[commit] == number and trees[commit] != "" for commit in kept.parents)
        for number in range(len(all_paths))
    ]
    return Reading(
        path=path,
        history=seen,
        trees=trees,
        paths=[all_paths[lane] for lane in lanes],
        kept=kept,
        commit=chosen.commit,
        tip=tip,
        former_paths=[FormerPath(era.name, counts[number]) for number, era in enumerate(eras, 1)],
        copies=copies,
        notes=notes,
    )


def _eras(
    source: Source,
    seen: History,
    path: str,
    states: Trees,
    named: Sequence[str],
    follow: bool | None,
    ask: Question,
) -> tuple[list[Era], list[Origin], bool]:
    """The former paths to follow, the copies to report, and whether former paths go before the path itself."""
    if named:
        eras = former_paths.given(
            source.scratch, seen, path, states, [image_directory.normalise_former(name) for name in named]
        )
        for era in eras:
            if not any(era.trees):
                raise BadInputError(f"--former-path {era.name}: no such directory before {path} appeared")
        return eras, [], True
    if follow is False:
        return [], [], False
    found = former_paths.find(source.scratch, seen, path, states, source.load_blobs)
    if found.overlaps:
        here, there, commit = found.overlaps[-1]
        here, there = here or ROOT, there or ROOT
        raise RefusedError(
            f"{here} and {there} both hold something at {seen.ids[commit][:12]}, before the move from {there}: "
            f"which one is the image's past? --former-path {there} (what was moved here) or --no-former-paths"
        )
    if found.eras and follow is None and not ask(question(seen, path, states, found.eras)):
        return [], found.copies, False
    return found.eras, found.copies, False


def question(seen: History, path: str, states: Trees, eras: Sequence[Era]) -> str:
    """What is asked when former paths were found, with the commits that come along either way."""
    without = prune.prune(seen, states)
    trees, _ = former_paths.merge(states, eras, former_first=False)
    with_them = prune.prune(seen, trees)
    places = ", ".join(
        f"{era.name} (until {', '.join(seen.ids[move][:12] for move in sorted(era.moves))})" for era in eras
    )
    return (
        f"{path} was moved here from {places}. Its history has {count(len(with_them.parents), 'commit')} with, "
        f"{len(without.parents)} without its former {'path' if len(eras) == 1 else 'paths'}. Follow?"
    )
