"""What `extract-image` is asked to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.extract import destination
from hubimages.extract.history.reading import Wanted
from hubimages.extract.history.strangers import Choice
from hubimages.extract.removal.wanted import NOTHING, Removal


@dataclass(frozen=True)
class Request:
    """The arguments of `extract-image`."""

    source: str
    image_dir: str
    dest: Path
    ref: str | None = None
    former_paths: Sequence[str] = ()
    as_found: bool = False  # the former paths are those that are found, if these are the same
    follow: bool | None = None  # None: ask about the former paths that are found
    only_moved_files: bool = False  # of every former path
    whole_former_paths: Sequence[str] = ()  # but of these all files
    template: bool = True
    keep_messages: bool = False
    keep_closing_words: bool = False
    keep_workflows: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    origin: str | None = None
    push: bool = False
    removal: Removal = NOTHING  # from the extracted history
    scan: bool = False  # also without `push`, which always scans
    accepts: Mapping[str, str] = field(default_factory=dict)  # id of a finding to the reason
    related: bool = False  # origin's main must hold an earlier extraction
    note: Mapping[str, object] = field(default_factory=dict)  # to be found in DEST's git directory by a later run

    def __post_init__(self) -> None:
        if self.push and self.origin is None:
            raise RefusedError("--push needs a repository to push to: add --origin URL")
        if self.accepts and not self.is_scanned:
            raise BadInputError("--accept settles findings of the scan: add --scan, or --push")
        if self.former_paths and self.follow is False:
            raise RefusedError("--former-path and --no-former-paths contradict each other: leave one out")

    @property
    def is_scanned(self) -> bool:
        """The history is searched for what should not be published."""
        return self.scan or self.push

    @property
    def wanted(self) -> Wanted:
        """Which former paths are wanted."""
        choice = Choice(only_moved=self.only_moved_files, whole=frozenset(self.whole_former_paths))
        return Wanted(self.former_paths, self.follow, choice, self.as_found)

    def with_absolute_origin(self) -> "Request":
        """Return the request with an origin that git understands from any directory."""
        return self if self.origin is None else replace(self, origin=destination.address(self.origin))
