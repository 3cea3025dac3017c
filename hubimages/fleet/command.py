"""What runs in each repository: a task of hubimages, or another program."""

import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command for every repository. `place` says how a task gets the directory: `path`, `repo`, or for a program "".

    A program starts in the repository's directory. A task starts where the person is, so that the files that they name
    are found, and gets the directory as an argument.
    """

    words: tuple[str, ...]
    place: str

    @property
    def is_task(self) -> bool:
        """Whether it is a task of hubimages."""
        return bool(self.place)

    @property
    def name(self) -> str:
        """The task's name, or the program's without its folder."""
        return self.words[0] if self.is_task else Path(self.words[0]).name

    def argv(self, directory: Path) -> list[str]:
        """Return the command line for one repository."""
        if not self.is_task:
            return list(self.words)
        # -P: no module is imported from the directory in which we start
        hubimages = [sys.executable, "-P", "-m", "hubimages", self.words[0]]
        return [*hubimages, *given(self.words[1:], self.place, str(directory))]

    def directory(self, repository: Path) -> Path:
        """Return the directory to start in."""
        return Path.cwd() if self.is_task else repository

    def __str__(self) -> str:
        return shlex.join(["hubimages", *self.words] if self.is_task else self.words)


def given(words: Sequence[str], place: str, directory: str) -> list[str]:
    """Return a task's words with the directory of a repository among them."""
    return [f"--repo={directory}", *words] if place == "repo" else [directory, *words]
