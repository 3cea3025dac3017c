"""What a task changes in somebody's deployment repository: commits of exactly our edits, and of nothing else.

The user's own changes, staged or not, stay what they are. Nothing is pushed unless that was asked for.
"""

import fcntl
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hubimages.errors import BadInputError, HubImagesError, ProgramFailedError, RefusedError
from hubimages.repository import file_edit
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo, check_identity, check_version
from hubimages.run import attempt, failure

LOCK_WAIT = 1.0  # seconds; an editor that looks at the repository holds git's lock for less


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
    return repo.text("branch", "--show-current")


def check_can_commit(repo: Repo, *, branch: str | None = None) -> None:
    """Raise an error unless a commit can be made now: somebody to commit as, a branch, no merge under way, no lock."""
    assert repo.work_tree is not None
    check_identity(repo.work_tree)
    check_unlocked(repo)
    for name, what in (("MERGE_HEAD", "a merge"), ("rebase-merge", "a rebase"), ("CHERRY_PICK_HEAD", "a cherry-pick")):
        if (repo.git_dir / name).exists():
            raise RefusedError(f"{what} is under way in {repo.work_tree}: finish it or abort it first")
    if branch is not None and not repo.succeeds("check-ref-format", "--branch", branch):
        raise BadInputError(f"{branch!r} is no name for a branch")
    if branch is None and not current_branch(repo):
        raise RefusedError(f"{repo.work_tree} has no branch checked out: git switch one, or add --branch=NAME")


def check_unlocked(repo: Repo) -> None:
    """Raise RefusedError where git's lock of the index stays: a git that was killed leaves it behind."""
    lock = repo.git_dir / "index.lock"
    end = time.monotonic() + LOCK_WAIT
    while lock.exists():
        if time.monotonic() > end:
            raise RefusedError(
                f"{lock} is there: git is at work in {repo.work_tree}, or was killed there. Wait until it has ended; "
                f"where none is running, rm {shlex.quote(str(lock))}"
            )
        time.sleep(LOCK_WAIT / 20)


def check_no_links(repo: Repo, paths: Sequence[str]) -> None:
    """Raise RefusedError for a symbolic link: the text stands elsewhere, and a commit of the link would not hold it."""
    assert repo.work_tree is not None
    for path in paths:
        place = repo.work_tree / path
        if place.is_symlink():
            raise RefusedError(
                f"{path} is a link to {place.readlink()}, and what is edited there would not be committed: "
                "put the file itself in the place of the link"
            )


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
    then the files are as before, except for those that a hook has changed, which the message names; and when a hook
    put more into the commit, which then stays. Raises RefusedError for links, and where a file has changed since the
    edit was made.
    """
    return commit_all(repo, [change])[0]


def commit_all(repo: Repo, commits: Sequence[Commit]) -> list[str]:
    """Make the commits one after the other, all or none, and return their ids.

    Several may edit one file, each on top of the one before. Raises what `commit` raises: commits of this run that were
    made before the one that fails are taken back. Raises StorageError where the files are not what the edits show.
    """
    assert repo.work_tree is not None
    edits = file_edit.combined([edit for change in commits for edit in change.edits])
    paths = [edit.path for edit in edits]
    check_no_links(repo, paths)
    with _alone(repo):
        if file_edit.are_written(repo.work_tree, edits) and not _uncommitted(repo, paths):
            return [repo.text("rev-parse", "HEAD")]  # another run has committed the same meanwhile
        made: list[str] = []
        done: list[FileEdit] = []
        for change in commits:
            own = file_edit.combined(change.edits)
            if file_edit.are_written(repo.work_tree, own) and not _uncommitted(repo, [edit.path for edit in own]):
                continue  # nothing changes, or another run has committed this part
            try:
                made.append(_commit(repo, change))
            except BaseException as error:
                if made and _take_back_commits(repo, made, done) and isinstance(error, HubImagesError):
                    taken = ", ".join(each[:12] for each in made)
                    raise type(error)(f"{error}\nthe commits made before it ({taken}) are taken back") from error
                raise
            done += own
        file_edit.check_written(repo.work_tree, edits)
        return made or [repo.text("rev-parse", "HEAD")]


def _commit(repo: Repo, change: Commit) -> str:
    """Write the edits and commit them, where no other task does."""
    assert repo.work_tree is not None
    edits = file_edit.combined(change.edits)
    paths = [edit.path for edit in edits]
    new = [edit.path for edit in edits if edit.before is None]
    file_edit.apply(repo.work_tree, edits)
    try:
        if new:
            _git(repo, "add", "--", *new)
        _git(repo, "commit", "-q", "--only", "-F", "-", "--", *paths, stdin=change.message)
    except BaseException as error:
        if new:
            _git(repo, "rm", "-q", "--cached", "--ignore-unmatch", "--", *new)
        left = _take_back(repo.work_tree, edits)
        if left and isinstance(error, ProgramFailedError):
            raise ProgramFailedError(
                f"{error}\n{', '.join(left)} was changed meanwhile, by a hook it seems, and is left so; "
                f"to have it as it was: git -C {shlex.quote(str(repo.work_tree))} restore -- {shlex.join(left)}"
            ) from error
        raise
    other = [] if file_edit.are_written(repo.work_tree, edits) else paths
    return _committed(repo, paths, changed=other)


def _take_back_commits(repo: Repo, made: Sequence[str], edits: Sequence[FileEdit]) -> bool:
    """Undo commits that this run has made; whether that was done.

    They stay where another commit is on top of them, or a file is something else by now.
    """
    assert repo.work_tree is not None
    edits = file_edit.combined(edits)
    start = f"{made[0]}^"
    if repo.text("rev-parse", "HEAD") != made[-1] or not repo.succeeds("rev-parse", "--verify", "-q", start):
        return False
    if not file_edit.are_written(repo.work_tree, edits):
        return False
    _git(repo, "reset", "-q", "--soft", start)
    if edits:
        _git(repo, "reset", "-q", "--", *(edit.path for edit in edits))
    _take_back(repo.work_tree, edits)
    return True


def commit_files(repo: Repo, message: str, paths: Sequence[str]) -> str:
    """Commit the files as they are now, new and deleted ones too, and nothing else; return the id of the commit.

    What else is staged stays staged. Raises ProgramFailedError when git refuses; then all is as before.
    """
    assert repo.work_tree is not None
    with _alone(repo):
        if not _uncommitted(repo, paths):
            return repo.text("rev-parse", "HEAD")  # another run has committed them meanwhile
        listed = repo.read("ls-files", "-z", "--", *paths).decode(errors="surrogateescape").split("\0")
        new = [path for path in paths if path not in listed and os.path.lexists(repo.work_tree / path)]
        try:
            if new:
                _git(repo, "add", "--intent-to-add", "--", *new)
            _git(repo, "commit", "-q", "--only", "-F", "-", "--", *paths, stdin=message)
        except BaseException:
            if new:
                _git(repo, "rm", "-q", "--cached", "--ignore-unmatch", "--", *new)
            raise
        return _committed(repo, paths)


def _committed(repo: Repo, paths: Sequence[str], *, changed: Sequence[str] = ()) -> str:
    """The id of the commit just made. Raises ProgramFailedError where it is not what was to be committed.

    A hook of the repository may add other files to a commit, or change those that are in it (`changed`, and what now
    differs from the commit). The commit stays: whether it is good is for its owner to say.
    """
    asked = ("diff-tree", "--root", "-r", "-z", "--no-renames", "--name-only", "HEAD")
    made, *names = repo.read(*asked).decode(errors="surrogateescape").rstrip("\0").split("\0")
    other = sorted({*names} - {*paths})
    if not other and (changed or _uncommitted(repo, paths)):
        other = sorted(paths)
    if other:
        git = f"git -C {shlex.quote(str(repo.work_tree))}"
        raise ProgramFailedError(
            f"the commit {made[:12]} has other changes than were to be committed, in {', '.join(other)}: a hook of the "
            f"repository made them, it seems. Look at it: {git} show {made[:12]}. To keep it, run the same command "
            f"again, which goes on from there; to take it back: {git} reset --soft HEAD~1"
        )
    return made


def _take_back(root: Path, edits: Sequence[FileEdit]) -> list[str]:
    """Undo edits that were written; the paths of files that are something else by now and are left as they are."""
    left = []
    for edit in edits:
        try:
            file_edit.apply(root, [FileEdit(edit.path, edit.after, edit.before)])
        except RefusedError:
            left.append(edit.path)
    return left


def _uncommitted(repo: Repo, paths: Sequence[str]) -> bool:
    """Whether one of the files differs from what HEAD has."""
    if not paths:
        return False  # to git, no path means every file
    return bool(repo.read("status", "--porcelain=v1", "-z", "--untracked-files=all", "--", *paths))


@contextmanager
def _alone(repo: Repo) -> Iterator[None]:
    """Within the block no other task commits in this work tree. The lock, of git's directory, ends with its process."""
    directory = os.open(repo.git_dir, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)


def _git(repo: Repo, *args: str, stdin: str = "") -> None:
    """A git command with the repository's own settings and hooks, as its owner would run it."""
    assert repo.work_tree is not None
    argv = ("git", "-C", str(repo.work_tree), *args)
    done = attempt(*argv, cwd=repo.work_tree, stdin=stdin.encode(), env={"GIT_LITERAL_PATHSPECS": "1"})
    if done.returncode:
        raise failure(["git", *args], done.returncode, done.stderr or done.stdout)
