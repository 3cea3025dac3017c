"""What is to be rewritten, and with which git-filter-repo."""

import importlib.metadata
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hubimages.errors import NotInstalledError

VERSION = "2.47.0"
LATEST = 2**64 - 1  # git counts seconds in 64 bits

NewId = Callable[[str], str | None]
"""The new id of an old commit that has been rewritten already, else None."""

TranslateMessage = Callable[[str, bytes, bytes | None, NewId], bytes]
"""(old id, message, encoding named in the commit, new ids) to the new message."""


@dataclass(frozen=True)
class Rewrite:
    """The commits to write: old ids, parents first, each with its tree and its parents' old ids."""

    commits: Sequence[str]
    trees: Mapping[str, str]
    parents: Mapping[str, Sequence[str]]


def check_version() -> None:
    """Raise NotInstalledError unless git-filter-repo has the version that this module is written for."""
    found = importlib.metadata.version("git-filter-repo")
    if found != VERSION:
        raise NotInstalledError(
            f"git-filter-repo {VERSION} is needed, not {found}: "
            f"{shlex.join([sys.executable, '-m', 'pip', 'install', f'git-filter-repo=={VERSION}'])}"
        )
