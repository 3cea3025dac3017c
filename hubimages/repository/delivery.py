"""Deliver edits to a deployment repository: write, commit, branch, open a pull request."""

import shlex
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

from hubimages.console import count
from hubimages.errors import HubImagesError
from hubimages.repository import changes, file_edit, pull_request
from hubimages.repository.changes import Commit
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest


@dataclass(frozen=True)
class Delivery:
    """What the user wants. A branch and a pull request imply commits. `command` is what the user ran."""

    branch: str | None = None
    commit: bool = False
    open_pr: bool = False
    command: Sequence[str] = ()

    @property
    def commits(self) -> bool:
        """True if commits are wanted."""
        return self.commit or self.open_pr or self.branch is not None


def plan(repo: Repo, commits: Sequence[Commit], delivery: Delivery) -> str:
    """Return the diffs, which `git apply` takes together, and the commands; nothing is changed, no server is asked.

    One diff for each file, or with commits those of each commit, on top of the one before. Raises what `check` raises
    where the plan could not be carried out.
    """
    _check_repository(repo, commits, delivery)
    edits = [edit for commit in commits for edit in commit.edits]
    whole = file_edit.combined(edits)
    lines = []
    if delivery.branch is not None and (switch := changes.check_branch(repo, delivery.branch)):
        lines.append(f"$ {switch}")
    if delivery.commits:
        for commit in commits:
            paths = shlex.join(dict.fromkeys(edit.path for edit in commit.edits))
            lines.append(f"$ git commit --only -m {shlex.quote(commit.message.splitlines()[0])} -- {paths}")
    if delivery.open_pr and delivery.branch is not None:
        lines += [f"$ {shlex.join(pull_request.push_command(delivery.branch))}", "and open a pull request"]
    return file_edit.show(edits if delivery.commits else whole) + "\n".join(lines)


def check(repo: Repo, commits: Sequence[Commit], delivery: Delivery) -> str:
    """Return the branch that a pull request goes to ("" if none is wanted) if the plan can be carried out.

    Raises an error otherwise: a file with uncommitted changes, one that git does not look at, nobody to commit as, an
    operation in progress, no such branch.
    """
    _check_repository(repo, commits, delivery)
    return pull_request.check_can_open(repo, delivery.branch) if delivery.open_pr else ""


def _check_repository(repo: Repo, commits: Sequence[Commit], delivery: Delivery) -> None:
    paths = list(dict.fromkeys(edit.path for commit in commits for edit in commit.edits))
    changes.check_files(repo, paths, commit=delivery.commits)
    changes.check_clean(repo, paths)
    if delivery.commits:
        changes.check_can_commit(repo, branch=delivery.branch)


def deliver(repo: Repo, commits: Sequence[Commit], delivery: Delivery, *, title: str, body: str) -> str:
    """Carry the plan out; return lines on what was done and what comes next.

    All edits are written, at once or commit by commit, or none. Raises StorageError if the files then are not what
    `plan` shows.
    """
    base = check(repo, commits, delivery)
    if not delivery.commits:
        edits = [edit for commit in commits for edit in commit.edits]
        changes.write(repo, edits)
        files = len({edit.path for edit in edits})
        return f"{count(files, 'file')} changed; look at it with git diff, then commit"
    asked = PullRequest(base, delivery.branch or "", title, body, command=delivery.command)
    with pull_request.pending(repo, asked) if delivery.open_pr else nullcontext():
        with changes.on_branch(repo, delivery.branch):
            made = changes.commit_all(repo, commits)
        where = changes.current_branch(repo)
        done = f"committed {', '.join(each[:12] for each in made)} on {where}"
        if not delivery.open_pr:
            return f"{done}; push when you are ready"
        try:
            return f"{done}\n{pull_request.open_pull_request(repo, asked)}"
        except HubImagesError as error:
            raise type(error)(f"{done}, but {error}") from error
