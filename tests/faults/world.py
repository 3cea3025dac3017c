"""Where a task runs: a place with all that is its user's, a home, a directory for temporary files, servers."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.servers import Servers

State = Mapping[str, str]
Done = subprocess.CompletedProcess[str]
DATE = "2026-01-01T12:00:00+0000"  # so that the commits of two runs are the same


@dataclass
class World:
    """The directories and servers of one scenario.

    `fresh` runs before each run of the task, for what servers keep; `given` has what the scenario's fixtures yield.
    """

    root: Path
    servers: Servers
    env: dict[str, str] = field(default_factory=dict)
    runs: int = 0
    fresh: Callable[[], None] = lambda: None
    given: dict[str, Any] = field(default_factory=dict)
    has_died: bool = False  # a server, or the task itself, in the run before

    @property
    def there(self) -> Path:
        """All that is the user's: repositories, files, and remotes on this machine."""
        return self.root / "there"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def temporary(self) -> Path:
        return self.root / "temporary"

    def begin(self) -> None:
        """Make the directories."""
        for folder in (self.there, self.home, self.temporary):
            folder.mkdir(parents=True)

    def environment(self) -> dict[str, str]:
        """Return the environment of the task: nothing of the machine but PATH and git's identity."""
        ours = {
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_AUTHOR_DATE": DATE,
            "GIT_COMMITTER_DATE": DATE,
            "XDG_CACHE_HOME": str(self.home / "cache"),
        }
        return {**os.environ, **ours, **self.env}


@dataclass(frozen=True)
class Scenario:
    """A task with its arguments, run in a place that `make` fills.

    `sources` are below the place, and no byte of them may change, those of git neither. `again` is the exit code of a
    run after a complete one, `code` that of a first one. `steps` says, where a task has more than one step that stays,
    why a state between is right; otherwise there is none.
    """

    name: str
    words: Callable[[World], Sequence[str | Path]]
    make: Callable[[World], None]
    sources: Sequence[str] = ()
    code: int = 0
    again: Sequence[int] = (0,)
    needs: Callable[[], object] | None = None  # skips where something is missing
    server: str = ""  # which of the world's servers it asks
    steps: Callable[[World, State, State, State], bool] | None = None
    by_hand: Callable[[World], None] | None = None  # what a message names in place of another run, between steps
    kept: Sequence[str] = ()  # what the task keeps for itself between runs, which is not compared
    repeats: bool = True  # False: a second run after a complete one goes on, as a second step back does
    meets: Sequence[int] = ()  # other exit codes of a run that meets another one
    parted: Callable[[Done], bool] = lambda done: False  # whether a run says that a signal ended one of its processes
    without: Mapping[str, str] = field(default_factory=dict)  # faults that cannot meet the task, and why
    normal: Callable[[bytes], bytes] | None = None
    in_any_order: bool = False  # its commits: what a server did not answer comes with the next run
    unchanged: bool = False  # the task writes nothing of the user's but its temporary and kept files
    fixtures: Sequence[str] = ()  # of pytest, by name
    beyond: Callable[[World], State] | None = None  # what servers keep, which is compared, too
    elsewhere: bool = False  # it writes on a server alone
    most: int = 12  # moments of a fault; less where a run takes seconds

    @property
    def reasons(self) -> Mapping[str, str]:
        """Which faults cannot meet the task, and why."""
        return self.without if self.server else {"server dies": "asks no server", **self.without}

    @property
    def task(self) -> str:
        return self.name.split(" ")[0]


def copy(source: Path, dest: Path) -> None:
    """Replace a directory by a copy of another, times included."""
    if dest.exists():
        shutil.rmtree(dest)
    subprocess.run(["cp", "-a", str(source), str(dest)], check=True)


def fill(source: Path, dest: Path) -> None:
    """Copy the content of a directory into another, which is empty."""
    subprocess.run(["cp", "-a", f"{source}/.", str(dest)], check=True)
