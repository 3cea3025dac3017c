"""Change a person's repository: write a plan's edits, commit exactly them, take them back.

The person's own changes, staged or not, stay what they are. Every task writes and commits here; `writable` decides
whether that may be done, `delivery` and `pull_request` push.
"""

import fcntl
import os
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from hubimages import signals
from hubimages.errors import HubImagesError, ProgramFailedError, RefusedError
from hubimages.repository import committing, file_edit, unfinished
from hubimages.repository.branches import check_branch, current_branch, on_branch
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo
from hubimages.repository.opening import NoRepositoryError, deployment_repository
from hubimages.repository.writable import check_can_commit, check_clean, check_files

# All that a task needs to change a repository.
__all__ = [
    "Commit",
    "NoRepositoryError",
    "check_branch",
    "check_can_commit",
    "check_clean",
    "check_files",
    "commit",
    "commit_all",
    "commit_files",
    "current_branch",
    "deployment_repository",
    "on_branch",
    "write",
]


@dataclass(frozen=True)
class Commit:
    """Edits that belong together, and the message of their commit."""

    message: str
    edits: Sequence[FileEdit]


def write(repo: Repo, edits: Sequence[FileEdit]) -> None:
    """Write the edits into the work tree, all or none. Raises what `check_files` and `file_edit.apply` raise."""
    assert repo.work_tree is not None
    check_files(repo, [edit.path for edit in edits], commit=False)
    with _alone(repo), signals.raising(), signals.held_back():
        file_edit.apply(repo.work_tree, edits)


def commit(repo: Repo, change: Commit) -> str:
    """Write the edits, commit them and nothing else, and return the id of the commit. See `commit_all`."""
    return commit_all(repo, [change])[0]


def commit_all(repo: Repo, commits: Sequence[Commit]) -> list[str]:
    """Make the commits one after the other, all or none, and return their ids.

    Several may edit one file, each on top of the one before. What the person has staged stays staged. If a hook changes
    the files of a commit, as formatters do, its changes are in the commit and are shown; if it then refuses the commit,
    that is tried once more.

    Raises ProgramFailedError if git or a hook refuses, and if a hook puts other files into a commit, which then stays;
    StorageError if the disk is full; RefusedError for files that cannot be committed (`check_files`) or changed since
    the edit was made. Ctrl-C, SIGTERM and SIGHUP count as failures. After a failure files, index and branch are as
    before.
    """
    assert repo.work_tree is not None
    edits = file_edit.combined([edit for change in commits for edit in change.edits])
    check_files(repo, [edit.path for edit in edits])
    every = [edit for change in commits for edit in change.edits]
    messages = [change.message for change in commits]
    with _alone(repo), signals.raising(), signals.held_back(), unfinished.recorded(repo, every, messages) as free:
        if _is_committed(repo, edits):
            return [repo.text("rev-parse", "HEAD")]  # another run has committed the same meanwhile
        done: list[_Done] = []
        try:
            for change in commits:
                own = file_edit.combined(_on_top(done, change.edits))
                if _is_committed(repo, own):
                    continue  # nothing changes, or another run has committed this part
                for each in done:
                    each.tried.raise_signal()
                done.append(_commit(repo, Commit(change.message, own), free))
        except BaseException as error:
            free()
            taken = _take_back_commits(repo, done)
            if taken and isinstance(error, HubImagesError):
                raise type(error)(f"{error}\nthe commits made before it ({taken}) are taken back") from error
            raise
        for each in done:
            each.tried.raise_signal()
        hooked = {path for each in done for path in each.by_hook}
        file_edit.check_written(repo.work_tree, [edit for edit in edits if edit.path not in hooked])
        return [each.tried.commit for each in done] or [repo.text("rev-parse", "HEAD")]


@dataclass(frozen=True)
class _Done:
    """A commit that was made, and how to take it back. `by_hook` are the texts of files that a hook has changed."""

    tried: committing.Attempt
    undo: file_edit.Undo
    by_hook: Mapping[str, str | None]

    def after(self) -> dict[str, str | None]:
        """The texts that the commit has left."""
        return {edit.path: self.by_hook.get(edit.path, edit.after) for edit in self.undo.edits}


def _commit(repo: Repo, change: Commit, free: Callable[[], None]) -> _Done:
    """Write the edits and commit them; without a commit, everything is as before. `free` gives up space for that."""
    assert repo.work_tree is not None
    paths = [edit.path for edit in change.edits]
    new = [edit.path for edit in change.edits if edit.before is None]
    by_hook: dict[str, str | None] = {}
    undo = file_edit.apply(repo.work_tree, change.edits)
    try:
        tried = _committed(repo, change.message, undo, new, by_hook)
    except BaseException as error:
        free()
        told = _take_back(repo, undo, new, by_hook)
        if by_hook:
            told = f"\nA hook changed the edited files:\n{_shown(undo, by_hook)}{told}"
        if told and isinstance(error, HubImagesError):
            raise type(error)(f"{error}{told}") from error
        if told:
            committing.note(told.strip())
        raise
    if tried.error is not None:
        raise tried.error
    _check_committed(repo, tried.commit, paths)
    return _Done(tried, undo, by_hook)


def commit_files(repo: Repo, message: str, paths: Sequence[str]) -> str:
    """Commit the files as they are now, new and deleted ones too, and nothing else; return the id of the commit.

    What else is staged stays staged. Raises what `commit_all` raises; then the index is as before, and so are the
    files, apart from what a hook has changed in them, which the error shows.
    """
    assert repo.work_tree is not None
    check_files(repo, paths)
    with _alone(repo), signals.raising(), signals.held_back():
        if not committing.uncommitted(repo, paths):
            return repo.text("rev-parse", "HEAD")  # another run has committed them meanwhile
        listed = repo.read("ls-files", "-z", "--", *paths).decode(errors="surrogateescape").split("\0")
        new = [path for path in paths if path not in listed and os.path.lexists(repo.work_tree / path)]
        edits = [FileEdit(path, None, file_edit.text_of(repo.work_tree, path)) for path in paths]
        undo = file_edit.Undo(repo.work_tree, edits, {}, ())
        by_hook: dict[str, str | None] = {}
        try:
            tried = _committed(repo, message, undo, new, by_hook, "--intent-to-add")
        except BaseException as error:
            told = _unadd(repo, new)
            if not isinstance(error, HubImagesError):
                raise
            if by_hook:
                told = f"\nA hook changed the files, and they stay changed:\n{_shown(undo, by_hook)}{told}"
            raise type(error)(f"{error}{told}") from error
        if tried.error is not None:
            raise tried.error
        _check_committed(repo, tried.commit, paths)
        tried.raise_signal()
        return tried.commit


def _committed(
    repo: Repo, message: str, undo: file_edit.Undo, new: Sequence[str], by_hook: dict[str, str | None], *options: str
) -> committing.Attempt:
    """Add the new files and commit all, once more where a hook corrects files and refuses the commit.

    `by_hook` gets the texts of files that a hook has changed. Raises the error or signal that left no commit.
    """

    def attempt() -> committing.Attempt:
        if new:
            committing.git(repo, "add", *options, "--", *new)
        tried = committing.try_commit(repo, message, [edit.path for edit in undo.edits])
        by_hook.clear()
        by_hook.update(undo.changed())
        return tried

    tried = attempt()
    if not tried.commit and tried.signal is None and _may_try_again(by_hook, undo.edits):
        committing.note(f"a hook changed the files and refused the commit; trying again.\n{_shown(undo, by_hook)}")
        tried = attempt()
    elif tried.commit and by_hook:
        committing.note(f"a hook changed the files of commit {tried.commit[:12]}.\n{_shown(undo, by_hook)}")
    if not tried.commit:
        tried.raise_signal()
        raise tried.error or ProgramFailedError("git commit succeeded, but made no commit")
    return tried


def _is_committed(repo: Repo, edits: Sequence[FileEdit]) -> bool:
    """Return True if HEAD and the files have all that the edits make."""
    assert repo.work_tree is not None
    return file_edit.are_written(repo.work_tree, edits) and not committing.uncommitted(
        repo, [edit.path for edit in edits]
    )


def _may_try_again(by_hook: Mapping[str, str | None], edits: Sequence[FileEdit]) -> bool:
    """Return True if a hook corrected files, as pre-commit's hooks do, and did not remove or restore them."""
    before = {edit.path: edit.before for edit in edits}
    return bool(by_hook) and all(text is not None and text != before[path] for path, text in by_hook.items())


def _shown(undo: file_edit.Undo, by_hook: Mapping[str, str | None]) -> str:
    """What a hook has changed in the edited files."""
    after = {edit.path: edit.after for edit in undo.edits}
    return "\n".join(committing.diff(path, after[path], text) for path, text in by_hook.items())


def _left(done: Sequence[_Done]) -> dict[str, str | None]:
    """The texts that the commits of this run have left."""
    return {path: text for each in done for path, text in each.after().items()}


def _on_top(done: Sequence[_Done], edits: Sequence[FileEdit]) -> list[FileEdit]:
    """The edits of a commit, each on top of the one before it, and of what hooks have made of earlier commits."""
    left = _left(done)
    own = []
    for edit in edits:
        before, after = left.get(edit.path, edit.before), edit.after
        if before != edit.before:
            after = committing.merged(base=edit.before, ours=before, theirs=edit.after)
            if after is None:
                raise RefusedError(
                    f"{edit.path}: a hook changed the lines that the next commit edits. Make these changes one by one"
                )
        own.append(FileEdit(edit.path, before, after))
        left[edit.path] = after
    return own


def _unadd(repo: Repo, new: Sequence[str]) -> str:
    """Take new files out of the index; what to do where that fails, or ""."""
    if not new:
        return ""
    try:
        committing.set_index(repo, new)
    except HubImagesError as error:
        where = f"git -C {shlex.quote(str(repo.work_tree))}"
        return f"\n{', '.join(new)} may be staged still: {where} reset -q -- {shlex.join(new)} ({error})"
    return ""


def _take_back(repo: Repo, undo: file_edit.Undo, new: Sequence[str], found: Mapping[str, str | None]) -> str:
    """Undo the edits, each step whatever the others do; what is left and what to do about it, or ""."""
    left = undo.back(found)  # first: it may make room on a full disk
    told = _unadd(repo, new)
    if left:
        where = f"git -C {shlex.quote(str(repo.work_tree))}"
        told += (
            f"\n{', '.join(left)} could not be put back. Look at it with git diff; to have it as it was: "
            f"{where} restore -- {shlex.join(left)}"
        )
    return told


def _take_back_commits(repo: Repo, done: Sequence[_Done]) -> str:
    """Undo commits of this run; their ids, or "" if there are none or they stay.

    They stay if another commit is on top of them, or a file is something else by now.
    """
    assert repo.work_tree is not None
    if not done:
        return ""
    made = [each.tried.commit for each in done]
    texts = _left(done)
    if any(file_edit.text_of(repo.work_tree, path) != text for path, text in texts.items()):
        return ""
    move = ("update-ref", "-m", "reset: moving to before the first", "HEAD", f"{made[0]}^", made[-1])
    if not repo.succeeds(*move):
        return ""
    for each in reversed(done):
        each.undo.back(each.by_hook)
    committing.set_index(repo, list(texts))
    return ", ".join(each[:12] for each in made)


def _check_committed(repo: Repo, commit: str, paths: Sequence[str]) -> None:
    """Raise ProgramFailedError if the commit just made is not one of exactly these files.

    A hook may add other files to a commit, take files out of it, or change them after it. The commit stays: whether it
    is good is for its owner to say.
    """
    asked = ("diff-tree", "--root", "-r", "-z", "--no-renames", "--name-only", "--no-commit-id", commit, "--")
    names = repo.read(*asked).decode(errors="surrogateescape").split("\0")[:-1]
    where = f"git -C {shlex.quote(str(repo.work_tree))}"
    if other := sorted({*names} ^ {*paths}):
        raise ProgramFailedError(
            f"commit {commit[:12]} has other files than planned, probably because of a hook: "
            f"{', '.join(other)}. Look at it: {where} show {commit[:12]}. To take it back and keep the files: "
            f"{where} reset --soft HEAD~1"
        )
    if committing.uncommitted(repo, paths):
        raise ProgramFailedError(
            f"commit {commit[:12]} is made, and a hook of the repository then changed {', '.join(paths)}. Look at it "
            f"({where} diff), then commit it or undo it: {where} restore -- {shlex.join(paths)}"
        )


@contextmanager
def _alone(repo: Repo) -> Iterator[None]:
    """Let no other task write in this work tree within the block. The kernel releases the lock with the process."""
    directory = os.open(repo.git_dir, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(directory, fcntl.LOCK_EX)
        yield
    finally:
        os.close(directory)
