"""What a task changes in somebody's deployment repository: commits of exactly our edits, and of nothing else.

The user's own changes, staged or not, stay what they are. Nothing is pushed unless that was asked for.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hubimages import file_edit
from hubimages.errors import BadInputError, RefusedError
from hubimages.file_edit import FileEdit
from hubimages.git import Repo, check_identity, check_version
from hubimages.run import attempt, failure


@dataclass(frozen=True)
class Commit:
    """Edits that belong together, and the message they are committed with."""

    message: str
    edits: Sequence[FileEdit]


def deployment_repository(directory: Path) -> Repo:
    """The repository that the directory is in, with its work tree.

    Raises BadInputError where there is none, or only a bare one.
    """
    check_version()
    if not directory.is_dir():
        raise BadInputError(f"no directory {directory}; --repo names a clone of the deployment repository")
    asked = ("git", "rev-parse", "--path-format=absolute", "--git-dir", "--show-toplevel")
    done = attempt(*asked, cwd=directory)
    if done.returncode:
        raise BadInputError(
            f"{directory} is not in a git repository with files; --repo names a clone of the deployment repository"
        )
    git_dir, _, work_tree = done.stdout.decode(errors="surrogateescape").rstrip("\n").partition("\n")
    return Repo(Path(git_dir), Path(work_tree))


def check_clean(repo: Repo, paths: Sequence[str]) -> None:
    """Raise RefusedError where one of the files has changes that are not committed."""
    if not paths:
        return
    dirty = repo.read("status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *paths)
    changed = [entry[3:].decode(errors="surrogateescape") for entry in dirty.split(b"\0") if len(entry) > 3]
    if changed:
        raise RefusedError(
            f"{', '.join(changed)}: changes that are not committed, in a file that this task edits; "
            "commit or stash them first"
        )


def current_branch(repo: Repo) -> str:
    """The branch that is checked out; empty on a detached HEAD."""
    return repo.text("symbolic-ref", "--short", "-q", "HEAD") if repo.succeeds("symbolic-ref", "-q", "HEAD") else ""


def check_can_commit(repo: Repo, *, branch: str | None = None) -> None:
    """Raise an error unless a commit can be made now: somebody to commit as, a branch, no merge under way."""
    assert repo.work_tree is not None
    check_identity(repo.work_tree)
    for name, what in (("MERGE_HEAD", "a merge"), ("rebase-merge", "a rebase"), ("CHERRY_PICK_HEAD", "a cherry-pick")):
        if (repo.git_dir / name).exists():
            raise RefusedError(f"{what} is under way in {repo.work_tree}: finish it or abort it first")
    if branch is not None and not repo.succeeds("check-ref-format", "--branch", branch):
        raise BadInputError(f"{branch!r} is no name for a branch")
    if branch is None and not current_branch(repo):
        raise RefusedError(f"{repo.work_tree} has no branch checked out: git switch one, or add --branch=NAME")


def switch(repo: Repo, branch: str) -> None:
    """Be on the branch; it is made at HEAD where it does not exist yet. The user's own changes stay in the files.

    Raises RefusedError where the branch exists with commits of its own.
    """
    if current_branch(repo) == branch:
        return
    if repo.succeeds("rev-parse", "--verify", "-q", f"refs/heads/{branch}"):
        if repo.text("rev-parse", f"refs/heads/{branch}") != repo.text("rev-parse", "HEAD"):
            raise RefusedError(f"the branch {branch} exists already: git switch {branch}, or choose another --branch")
        _git(repo, "switch", "-q", branch)
    else:
        _git(repo, "switch", "-q", "-c", branch)


@contextmanager
def on_branch(repo: Repo, branch: str | None) -> Iterator[None]:
    """Be on the branch, as `switch` does (None: where one is); when the block fails without a commit, be back.

    Then a branch that was made for it is gone again.
    """
    before, head = current_branch(repo), repo.text("rev-parse", "HEAD")
    existed = branch is None or repo.succeeds("rev-parse", "--verify", "-q", f"refs/heads/{branch}")
    if branch is not None:
        switch(repo, branch)
    try:
        yield
    except BaseException:
        if branch not in (None, before) and repo.text("rev-parse", "HEAD") == head:
            _git(repo, "switch", "-q", *([before] if before else ["--detach", head]))
            if not existed:
                _git(repo, "branch", "-q", "-D", str(branch))
        raise


def write(repo: Repo, edits: Sequence[FileEdit]) -> None:
    """Write the edits into the work tree, all or none."""
    assert repo.work_tree is not None
    file_edit.apply(repo.work_tree, edits)


def commit(repo: Repo, change: Commit) -> str:
    """Write the edits, commit them and nothing else, and return the id of the commit.

    What the user has staged stays staged. Raises ProgramFailedError when git refuses, a hook of the repository say;
    then the files are as before.
    """
    assert repo.work_tree is not None
    edits = [edit for edit in change.edits if edit.before != edit.after]
    paths = [edit.path for edit in edits]
    made = [edit.path for edit in edits if edit.before is None]
    file_edit.apply(repo.work_tree, edits)
    try:
        if made:
            _git(repo, "add", "--", *made)
        _git(repo, "commit", "-q", "--only", "-F", "-", "--", *paths, stdin=change.message)
    except BaseException:
        if made:
            _git(repo, "rm", "-q", "--cached", "--ignore-unmatch", "--", *made)
        file_edit.apply(repo.work_tree, [FileEdit(edit.path, edit.after, edit.before) for edit in edits])
        raise
    return repo.text("rev-parse", "HEAD")


def commit_files(repo: Repo, message: str, paths: Sequence[str]) -> str:
    """Commit the files as they are now, new and deleted ones too, and nothing else; return the id of the commit.

    What else is staged stays staged. Raises ProgramFailedError when git refuses; then all is as before.
    """
    listed = repo.read("ls-files", "-z", "--", *paths).decode(errors="surrogateescape").split("\0")
    new = [path for path in paths if path not in listed and repo.work_tree and os.path.lexists(repo.work_tree / path)]
    try:
        if new:
            _git(repo, "add", "--intent-to-add", "--", *new)
        _git(repo, "commit", "-q", "--only", "-F", "-", "--", *paths, stdin=message)
    except BaseException:
        if new:
            _git(repo, "rm", "-q", "--cached", "--ignore-unmatch", "--", *new)
        raise
    return repo.text("rev-parse", "HEAD")


def _git(repo: Repo, *args: str, stdin: str = "") -> None:
    """A git command with the repository's own settings and hooks, as its owner would run it."""
    assert repo.work_tree is not None
    argv = ("git", "-C", str(repo.work_tree), *args)
    done = attempt(*argv, cwd=repo.work_tree, stdin=stdin.encode(), env={"GIT_LITERAL_PATHSPECS": "1"})
    if done.returncode:
        raise failure(["git", *args], done.returncode, done.stderr or done.stdout)
