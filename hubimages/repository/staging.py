"""All or nothing: work in a directory beside DEST and move the result into place at the end.

The directory is beside DEST so that the move is one `rename` on one file system. A killed run leaves only a hidden
directory, never a DEST. The next run for the same DEST removes it; a lock, which the kernel releases with the process,
tells a leftover from the directory of a run in progress.
"""

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubimages import disk, signals
from hubimages.errors import BadInputError, ProgramFailedError, RefusedError, StorageError, message_of
from hubimages.run import os_failure, with_reason

LOCK = "lock"
NAME_LENGTH = 120  # bytes of DEST's name; file systems allow 255 in all


@dataclass(frozen=True)
class Stage:
    """A directory to work in, and the destination of the result."""

    path: Path
    dest: Path

    def publish(self, directory: Path) -> None:
        """Move a directory under `path` to DEST in one step. Raises RefusedError if DEST is in use by now."""
        if self.path not in directory.parents:
            raise ValueError(f"{directory} is not under {self.path}")
        try:
            if self.dest.is_dir():
                directory.chmod(stat.S_IMODE(self.dest.stat().st_mode))  # a private directory stays so
            directory.rename(self.dest)  # replaces an empty directory, nothing else
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise RefusedError(f"{self.dest} appeared while this ran; it is unchanged") from error
            raise os_failure(error) from error


def free_destination(dest: Path) -> Path:
    """Return DEST as an absolute path without links if it is free: absent, or an empty directory.

    Changes nothing. Raises RefusedError if DEST is in use, BadInputError if it cannot be a directory.
    """
    try:
        dest = dest.resolve()
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            dest.lstat()  # Python 3.14 resolves names that are too long, and loops of links
        if not dest.name:
            raise BadInputError(f"{dest} cannot be replaced. Name a directory that does not exist yet")
        if dest.is_dir():
            if any(dest.iterdir()):
                raise RefusedError(f"{dest} is not empty. Name a directory that does not exist yet, or an empty one")
            if dest.is_mount():
                raise RefusedError(f"{dest} is a mount point, which cannot be replaced. Name a directory in it")
            if dest == Path.cwd():
                raise RefusedError(
                    f"{dest} is the current directory, which would be replaced. Run this from another directory"
                )
        elif os.path.lexists(dest):
            raise RefusedError(f"{dest} exists and is not a directory. Name one that does not exist yet")
        parent = next(parent for parent in dest.parents if os.path.lexists(parent))
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links; ValueError: a NUL
        raise BadInputError(f"{str(dest)!r} cannot be a directory: {message_of(error)}") from error
    if not parent.is_dir():
        raise BadInputError(f"cannot create {dest}: {parent} is not a directory")
    return dest


@contextlib.contextmanager
def beside(dest: Path) -> Iterator[Stage]:
    """Create a directory beside DEST to work in, and remove it at the end. Missing parents of DEST are created.

    Raises what `free_destination` raises, and StorageError. SIGTERM and SIGHUP stop the block as Ctrl-C does, so that
    it cleans up; after SIGKILL the next run does.
    """
    dest = free_destination(dest)
    made: list[Path] = []
    path: Path | None = None
    with contextlib.ExitStack() as stack:
        stack.enter_context(signals.raising())
        try:
            with signals.held_back():  # until it is known what to clean up
                _make_parents(dest, made)
                _remove_leftovers(dest)
                path, lock = _locked_directory(dest)
                stack.callback(os.close, lock)
            yield Stage(path, dest)
        except OSError as error:  # a disk that is full by now
            raise with_reason(os_failure(error), path or dest.parent) from error
        except ProgramFailedError as error:
            raise (error if path is None else with_reason(error, path)) from error
        finally:
            signals.whatever_comes(lambda: _remove(path, made))


def _remove(path: Path | None, made: list[Path]) -> None:
    if path is not None:
        disk.remove(path)
    for parent in made:  # deepest first; those that are not empty stay
        with contextlib.suppress(OSError):
            parent.rmdir()


def _prefix(dest: Path) -> str:
    name = os.fsencode(dest.name)[:NAME_LENGTH]
    return f".{os.fsdecode(name)}.hubimages-"


def _make_parents(dest: Path, made: list[Path]) -> None:
    missing = [parent for parent in dest.parents if not parent.exists()]
    for parent in reversed(missing):
        try:
            parent.mkdir()
        except FileExistsError:
            continue  # another run created it and removes it
        except OSError as error:
            raise os_failure(error) from error
        made.insert(0, parent)


def _locked_directory(dest: Path) -> tuple[Path, int]:
    """Create a directory beside DEST; return it and the descriptor that holds its lock."""
    while True:
        try:
            path = Path(tempfile.mkdtemp(prefix=_prefix(dest), dir=dest.parent))
        except OSError as error:
            raise os_failure(error) from error
        lock = _lock(path, is_ours=True)
        if lock is not None:
            return path, lock
        # Another run took it for a leftover before it was locked, and removes it.


def _lock(path: Path, *, is_ours: bool = False) -> int | None:
    """Lock the directory and return the descriptor; None if another process has the lock or the directory is gone.

    On a file system without locks what this process has just made counts as locked, and for the rest OSError is raised.
    """
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise os_failure(error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(lock), (path / LOCK).stat()):
            return lock
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError as error:
        if error.errno in disk.NO_LOCKS and is_ours:
            return lock
        os.close(lock)
        raise
    os.close(lock)
    return None


def remove_left(dest: Path) -> None:
    """Remove what killed runs have left beside DEST and in it, for whatever destination.

    A run that was killed after it had moved DEST into place leaves its directory, and the next run for this DEST is
    refused.
    """
    for folder in (dest.absolute().parent, dest):
        with contextlib.suppress(OSError):
            for path in folder.glob(".*.hubimages-*"):
                if (path / LOCK).is_file():
                    _remove_leftover(path)


def _remove_leftovers(dest: Path) -> None:
    for path in dest.parent.iterdir():
        if path.name.startswith(_prefix(dest)):
            _remove_leftover(path)


def _remove_leftover(path: Path) -> None:
    """Remove the directory unless a run in progress has it."""
    if path.is_symlink() or not path.is_dir():
        return
    with contextlib.suppress(OSError, StorageError):  # it may belong to another user
        lock = _lock(path)
        if lock is not None:
            disk.remove(path)
            os.close(lock)
