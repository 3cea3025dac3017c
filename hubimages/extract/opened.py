"""Open a source once, and read it once, for many extractions."""

import contextlib
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.extract.destination import new_repository
from hubimages.extract.history import image_directory
from hubimages.extract.history.shared import SharedHistory, read_shared
from hubimages.extract.messages.translator import highest_number
from hubimages.extract.sources.open import Tip, open_source
from hubimages.extract.sources.source import Source, scratch_repository
from hubimages.extract.sources.work_tree import behind
from hubimages.repository.git import Signature
from hubimages.repository.objects import StandingRepo

# A git that stays while others work keeps less: by itself up to 96 MiB of objects, and all that it has seen of a pack.
LITTLE_MEMORY = {"core.deltaBaseCacheLimit": "1m", "core.packedGitWindowSize": "1m", "core.packedGitLimit": "4m"}


@dataclass(frozen=True)
class Opened:
    """A source, what was read of it for all extractions, and what they share."""

    source: Source
    known: SharedHistory
    highest: int | None  # number of a pull request that the source's merges name
    by: Signature | None = None  # who commits
    empty: Path | None = None  # an empty repository, to be copied
    renderer: socket.socket | None = None

    @contextlib.contextmanager
    def at(self, place: Path, renderer: socket.socket | None) -> Iterator["Opened"]:
        """Yield the same for one process, which writes below `place`, an empty directory."""
        objects = self.source.scratch.git_dir / "objects"
        own = scratch_repository(place / "scratch.git", [objects])
        scratch = StandingRepo.of(replace(own, config={**own.config, **LITTLE_MEMORY}))
        try:
            yield replace(self, source=replace(self.source, scratch=scratch), renderer=renderer)
        finally:
            scratch.close()

    def with_empty(self, place: Path) -> "Opened":
        """Return the same with an empty repository to copy, made at `place`."""
        new_repository(place)
        return replace(self, empty=place)

    def missing(self, directory: str) -> BadInputError | None:
        """Return the error for a directory that never was in the source; None for one that was."""
        path = image_directory.normalise(directory)
        if any(self.known.trees.get(path, ())) or image_directory.other_spelling(self.source, path) is not None:
            return None
        return image_directory.not_found(self.source, path)


def open_shared(given: str, ref: str | None, directories: Iterable[str], place: Path, tip: Tip) -> Opened:
    """Return the repository at the commit to extract, its history and that of these directories.

    `place` is an empty directory to work in; `tip` is what `tip_of` found. Raises what `extract-image` raises for a
    source.
    """
    source = open_source(given, ref, place, tip)
    source = replace(source, behind=behind(source))
    reader = StandingRepo.of(source.scratch)
    try:
        paths = [image_directory.normalise(path) for path in directories]
        console.step(f"reading {source.ref} for {console.count(len(paths), 'path')}")
        known = read_shared(reader, source.commit, paths)
        known.history.sorted_ids  # noqa: B018 - for all processes
    finally:
        reader.close()
    fetch_files(source, known)
    return Opened(source, known, highest_number(source.scratch, source.commit))


def fetch_files(source: Source, known: SharedHistory) -> None:
    """Fetch the contents of the directories' files in all commits at once, where the source was cloned without them."""
    if source.remote is None:
        return
    trees = dict.fromkeys(tree for trees in known.trees.values() for tree in trees if tree)
    asked = "".join(f"{tree}\n" for tree in trees).encode()
    listed = source.scratch.text("rev-list", "--objects", "--missing=print", "--stdin", stdin=asked).split("\n")
    source.load_blobs(line[1:] for line in listed if line.startswith("?"))
