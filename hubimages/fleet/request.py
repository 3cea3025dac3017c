"""What a person asks of `each`: the command, what becomes of the changes, and where clones are kept."""

import os
import textwrap
from dataclasses import dataclass
from pathlib import Path

from hubimages import systems
from hubimages.errors import BadInputError, NotInstalledError, RefusedError
from hubimages.fleet.command import Command
from hubimages.markdown import LONGEST_SUBJECT
from hubimages.repository.git import check_identity, check_version
from hubimages.repository.pull_request import github, token
from hubimages.run import attempt

FEWEST_JOBS = 4  # a clone waits for the network most of the time


@dataclass(frozen=True)
class Wanted:
    """How far changes go. A pull request implies a push, and that a commit."""

    commit: bool = False
    push: bool = False
    open_pr: bool = False
    dry_run: bool = False

    @property
    def commits(self) -> bool:
        """Whether changes are committed in the kept clones."""
        return (self.commit or self.pushes) and not self.dry_run

    @property
    def pushes(self) -> bool:
        """Whether branches are pushed."""
        return (self.push or self.open_pr) and not self.dry_run


@dataclass(frozen=True)
class Request:
    """One run. `branch` and `message` are "" for the defaults, which the command gives."""

    command: Command
    wanted: Wanted
    cache: Path
    branch: str = ""
    message: str = ""
    made_from: str = ""
    jobs: int = 0
    yes: bool = False

    @property
    def at_once(self) -> int:
        """How many repositories are worked on at once."""
        return self.jobs or max(FEWEST_JOBS, os.cpu_count() or 1)

    @property
    def branch_name(self) -> str:
        """The branch for changes of a task that makes no branch of its own."""
        return self.branch or f"hubimages-{self.command.name}"

    @property
    def commit_message(self) -> str:
        """The message for changes of a task that makes no commit of its own."""
        whole = f"Run {self.command}"
        short = textwrap.shorten(whole, LONGEST_SUBJECT, placeholder=" ...")
        return self.message or (whole if len(whole) <= LONGEST_SUBJECT else f"{short}\n\n{whole}")


def check_request(request: Request) -> None:
    """Raise an error for what would fail in every repository, before anything is cloned."""
    check_version()
    wanted = request.wanted
    if request.jobs < 0:
        raise BadInputError(f"--jobs={request.jobs}: give a number from 1")
    if (wanted.commit or wanted.push or wanted.open_pr) and not request.command.is_task:
        for flag, value in (("--branch=NAME", request.branch), ("--message=TEXT", request.message)):
            if not value:
                raise BadInputError(f"--run with --commit, --push or --open-pr needs {flag}")
    branch = f"refs/heads/{request.branch_name}"
    if request.branch_name.startswith("-") or attempt("git", "check-ref-format", branch, cwd=Path("/")).returncode:
        raise BadInputError(f"--branch={request.branch_name} is not a valid branch name")
    if wanted.commits:
        check_identity(Path("/"))
    if wanted.open_pr and token() and github() is None:
        raise NotInstalledError(f"--open-pr needs PyGithub: {systems.install_line('github')}")


def check_answerable(request: Request, number: int, interactive: bool) -> None:
    """Raise RefusedError if the question about pushing has nobody to answer it, before the work is done."""
    if request.wanted.pushes and not (request.yes or interactive):
        many = "1 repository" if number == 1 else f"up to {number} repositories"
        raise RefusedError(f"Push to {many}? There is no terminal to ask on; answer with --yes, or look with --dry-run")
