"""Be on another branch of a person's repository, and go back where they were when something fails."""

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hubimages import console, disk, signals
from hubimages.errors import BadInputError, HubImagesError, ProgramFailedError, RefusedError
from hubimages.repository.git import Repo

RECORD = Path("hubimages", "branch.json")  # in git's directory, for the run after one that is killed


def current_branch(repo: Repo) -> str:
    """Return the branch that is checked out; "" on a detached HEAD."""
    return repo.text("branch", "--show-current")


def check_branch(repo: Repo, branch: str) -> str:
    """Return the command that takes a person to the branch; "" if it is checked out.

    A branch that exists must be at HEAD: its files are the same then. Raises BadInputError for a bad name, RefusedError
    for a branch at another commit, in use by another work tree, or in the way of another branch.
    """
    if branch.startswith("-") or branch == "HEAD" or not repo.succeeds("check-ref-format", f"refs/heads/{branch}"):
        raise BadInputError(f"{branch!r} is not a valid branch name")
    if current_branch(repo) == branch:
        return ""
    shown = shlex.quote(branch)
    if not _exists(repo, branch):
        _check_free(repo, branch)
        return f"git switch -c {shown}"
    if _commit_of(repo, f"refs/heads/{branch}") != _commit_of(repo, "HEAD"):
        raise RefusedError(
            f"branch {branch} exists and is at another commit. Switch to it (git switch {shown}) or choose another "
            "--branch"
        )
    if elsewhere := repo.text("for-each-ref", "--format=%(worktreepath)", f"refs/heads/{branch}"):
        raise RefusedError(f"branch {branch} is checked out in {elsewhere}. Run this there, or choose another --branch")
    return f"git switch {shown}"


@contextmanager
def on_branch(repo: Repo, branch: str | None) -> Iterator[None]:
    """Be on the branch within the block and after it; None means the branch that is checked out.

    A branch that does not exist starts at HEAD. No file changes, so a person's own changes stay as they are. If the
    block fails without a commit, HEAD is where it was and a branch that was made here is gone; if a commit stays, the
    error says where the person is. SIGTERM and SIGHUP count as failures. Raises what `check_branch` raises.
    """
    with signals.raising():
        if branch is None or not check_branch(repo, branch):
            yield
            return
        before, head = current_branch(repo), _commit_of(repo, "HEAD")
        made = not _exists(repo, branch)
        facts = {"branch": branch, "before": before, "head": head, "made": made}
        try:
            with disk.record(repo.git_dir / RECORD, json.dumps(facts)):
                with signals.held_back():
                    _go(repo, branch, before or head, head, make=made)
                yield
        except BaseException as error:
            with signals.held_back():
                told = go_back(repo, branch, before, head, made=made)
            if told and isinstance(error, HubImagesError):
                raise type(error)(f"{error}\n{told}") from error
            if told:
                console.step(told)
            raise


def _go(repo: Repo, branch: str, here: str, head: str, *, make: bool) -> None:
    """Do what `git switch` does between two names of one commit.

    `git switch` itself also runs the post-checkout hook and may run filters over files. Both fail where a program such
    as git-lfs is missing, when HEAD has moved already, and neither is needed where no file changes.
    """
    if make:
        move(repo, branch, head, "", "branch: Created from HEAD")
    repo.read("symbolic-ref", "-m", f"checkout: moving from {here} to {branch}", "HEAD", f"refs/heads/{branch}")


def move(repo: Repo, branch: str, commit: str, former: str, note: str) -> None:
    """Set a branch in one step, or make it if `former` is "". Raises RefusedError if another run has moved it."""
    ref = f"refs/heads/{branch}"
    try:
        repo.read("update-ref", "--create-reflog", "-m", note, ref, commit, former or "0" * len(commit))
    except ProgramFailedError as error:
        if repo.answer("rev-parse", "--verify", "--quiet", ref).strip() == former:
            raise
        raise RefusedError(f"another run has moved or made the branch {branch} meanwhile. Run this again") from error


def go_back(repo: Repo, branch: str, before: str, head: str, *, made: bool) -> str:
    """Be where the person was, as far as that can be done; return what they have to know and do, or ""."""
    back = f"git switch {shlex.quote(before)}" if before else f"git switch --detach {head}"
    steps: list[Callable[[], object]] = []
    try:
        here, now = current_branch(repo), _commit_of(repo, "HEAD")
    except HubImagesError as error:
        return f"Look where you are with git status; to go back: {back} ({error})"
    if here == branch and now != head:
        return f"You are on branch {branch} now. To go back: {back}"
    if here == branch:
        note = f"checkout: moving from {branch} to {before or head}"
        if before:
            steps.append(lambda: repo.read("symbolic-ref", "-m", note, "HEAD", f"refs/heads/{before}"))
        else:
            steps.append(lambda: repo.read("update-ref", "--no-deref", "-m", note, "HEAD", head))
    if made and _exists(repo, branch):
        steps.append(lambda: repo.read("update-ref", "-d", f"refs/heads/{branch}", head))
        back += f" && git branch -D {shlex.quote(branch)}"
    for step in steps:
        try:
            step()
        except HubImagesError as error:
            return f"Branch {branch} is still there. To go back and remove it: {back} ({error})"
    return ""


def _exists(repo: Repo, branch: str) -> bool:
    return repo.succeeds("rev-parse", "--verify", "-q", f"refs/heads/{branch}")


def _commit_of(repo: Repo, ref: str) -> str:
    return repo.text("rev-parse", "--verify", ref)


def _check_free(repo: Repo, branch: str) -> None:
    """Raise RefusedError if a branch above or below this name exists: git keeps them as folders and files."""
    parts = branch.split("/")
    above = [f"refs/heads/{'/'.join(parts[:length])}" for length in range(1, len(parts))]
    listed = repo.text("for-each-ref", "--format=%(refname)", *above, f"refs/heads/{branch}/").split("\n")
    found = [name for name in listed if name in above or name.startswith(f"refs/heads/{branch}/")]
    if found:
        raise RefusedError(f"branch {found[0].removeprefix('refs/heads/')} exists, so there can be no branch {branch}")
