"""Temporary directories and whole files: a run that is killed leaves no half of a file, and the next run cleans up.

Each temporary directory and file is locked by its run. The kernel releases the lock with the process, so a lock tells
what a run in progress needs from what a killed one has left.
"""

import contextlib
import errno
import fcntl
import io
import json
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from hubimages import signals
from hubimages.errors import BadInputError
from hubimages.run import os_failure

DIRECTORY = "hubimages-run-"
FILE = ".hubimages-edit-"  # short: the names of the files themselves may be as long as names can be
REMOVAL_ATTEMPTS = 40  # two seconds
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)  # from a file system without locks

# A file that may be written stands where none can be moved to: its directory is read-only, or it is a mount itself.
NOT_REPLACEABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)


@contextlib.contextmanager
def temporary_directory(what: str, parent: Path | None = None) -> Iterator[Path]:
    """Create a directory in TMPDIR, or in `parent`, and remove it at the end; `what` is a part of its name.

    Removes what killed runs have left there. SIGTERM and SIGHUP end a task as Ctrl-C does, so that it cleans up.
    """
    path: Path | None = None
    lock: int | None = None
    try:
        with signals.held_back():  # until it is known what to clean up
            parent = parent or Path(tempfile.gettempdir())
            _remove_directories(parent)
            path, lock = _locked_directory(parent, what)
        yield path
    finally:
        with signals.held_back():
            if path is not None:
                remove(path)
            if lock is not None:
                os.close(lock)


def remove(path: Path) -> None:
    """Remove a directory, even while a program that was just started still writes into it."""
    for _ in range(REMOVAL_ATTEMPTS):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(0.05)


def write_whole(path: Path, content: bytes | str, mode: int | None = None, *, keep_link: bool = True) -> None:
    """Replace a file in one step, or create it; what is not a file, such as /dev/stdout, is written to.

    `mode` is that of a new file, without one it follows the umask; a file that exists keeps its mode, and its owner as
    far as the system allows. A file that cannot be replaced, but written, is written in its place. Raises BadInputError
    if there is no directory for it, and OSError that names the file.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
    try:
        place = path.resolve() if keep_link else path.absolute()
        facts = place.stat() if place.exists() else None
        if facts is not None and not stat.S_ISREG(facts.st_mode):
            path.write_bytes(data)  # a pipe, /dev/stdout, or a directory, which raises
            return
        if facts is not None:
            mode = stat.S_IMODE(facts.st_mode)
        try:
            with _beside(place, data, mode) as temporary:
                if facts is not None and not place.is_symlink():
                    _give(temporary, facts)
                temporary.replace(place)
        except OSError as error:
            if facts is None or place.is_symlink() or error.errno not in NOT_REPLACEABLE:
                raise
            _write_in_place(place, data)
    except FileNotFoundError as error:
        raise BadInputError(f"no directory {path.parent}. Make it, or name another file") from error
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def _give(path: Path, facts: os.stat_result) -> None:
    """Give a file the owner and group in `facts`, which a run as root would take from it, and its mode again."""
    now = path.stat()
    if (now.st_uid, now.st_gid) != (facts.st_uid, facts.st_gid):
        with contextlib.suppress(OSError):  # only root gives files away
            os.chown(path, facts.st_uid, facts.st_gid)
            path.chmod(stat.S_IMODE(facts.st_mode))  # chown takes setuid


def _write_in_place(place: Path, data: bytes) -> None:
    """Write a file where it is; it has its old content again if that fails."""
    with signals.held_back(), place.open("r+b", buffering=0) as file:
        before = file.readall()
        try:
            _overwrite(file, data)
        except OSError:
            _overwrite(file, before)
            raise


def _overwrite(file: io.FileIO, data: bytes) -> None:
    file.seek(0)
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
    file.truncate()


def write_new(path: Path, content: str) -> None:
    """Create a file in one step. Raises FileExistsError if there is one, and what `write_whole` raises."""
    try:
        with _beside(path, content.encode("utf-8", "surrogateescape"), None) as temporary:
            os.link(temporary, path)
            temporary.unlink()
    except FileNotFoundError as error:
        raise BadInputError(f"no directory {path.parent}. Make it, or name another file") from error
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


@contextlib.contextmanager
def record(place: Path, content: str, *, needed: Callable[[], bool] | None = None) -> Iterator[None]:
    """Have a file with this content within the block, which only a run that is killed leaves (see `left_record`).

    A block that fails leaves it, too, if `needed` then returns True. Raises StorageError.
    """
    descriptor: int | None = None
    done = False
    try:
        with signals.held_back():
            try:
                descriptor = _recorded(place, content.encode("utf-8", "surrogateescape"))
            except OSError as error:
                raise os_failure(error) from error
        yield
        done = True
    finally:
        with signals.held_back():
            if descriptor is not None:
                if (done or needed is None or not needed()) and _is_at(descriptor, place):
                    place.unlink(missing_ok=True)
                    with contextlib.suppress(OSError):  # not empty
                        place.parent.rmdir()
                os.close(descriptor)


def _is_at(descriptor: int, place: Path) -> bool:
    """Return True if what a descriptor has open is still at its place, and not what another run has put there."""
    there = False
    with contextlib.suppress(OSError):
        there = os.path.samestat(os.fstat(descriptor), place.lstat())
    return there


def _recorded(place: Path, data: bytes) -> int:
    """Write the file and return the descriptor that holds its lock."""
    place.parent.mkdir(parents=True, exist_ok=True)
    remove_left(place.parent)
    descriptor, temporary = _locked_file(place.parent, 0o600)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(data)
        temporary.replace(place)
    except BaseException:
        temporary.unlink(missing_ok=True)
        os.close(descriptor)
        with contextlib.suppress(OSError):  # not empty
            place.parent.rmdir()
        raise
    return descriptor


@contextlib.contextmanager
def left_record(place: Path, *, needed: Callable[[], bool] | None = None) -> Iterator[str | None]:
    """Yield the record that a killed run has left; None if there is none.

    It is removed at the end, unless `needed` then returns True.
    """
    lock = _lock(place)
    if lock is None:
        yield None
        return
    try:
        with os.fdopen(lock, "rb", closefd=False) as file:
            content = file.read().decode("utf-8", "surrogateescape")
        yield content
        if needed is None or not needed():
            place.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty
                place.parent.rmdir()
    finally:
        os.close(lock)


def facts(record: str | None) -> dict[str, Any]:
    """Return the JSON object of a record; an empty one for None, and for a file that a crash of the system cut off."""
    try:
        found = json.loads(record or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@contextlib.contextmanager
def _beside(place: Path, data: bytes, mode: int | None) -> Iterator[Path]:
    """Yield a file with this content in the directory of `place`, to be moved there; signals are held back."""
    with signals.held_back():
        remove_left(place.parent)
        descriptor, temporary = _locked_file(place.parent, 0o666 if mode is None else 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                if mode is not None:
                    temporary.chmod(mode)
                yield temporary
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def unnamed_file() -> IO[bytes]:
    """Return a file without a name: in memory where the system has that, so that a killed run leaves none."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("hubimages"), "w+b")
    return tempfile.TemporaryFile()


def _locked_directory(parent: Path, what: str) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{DIRECTORY}{what}-", dir=parent))
        with contextlib.suppress(FileNotFoundError):  # another run took it for a leftover
            lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            if _is_locked(lock, path):
                return path, lock


def _locked_file(folder: Path, mode: int) -> tuple[int, Path]:
    """Create a file with this mode, less the umask: to ask for the umask is to change it, for all threads."""
    while True:
        path = folder / f"{FILE}{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        if _is_locked(descriptor, path):
            return descriptor, path


def _is_locked(descriptor: int, path: Path) -> bool:
    """Lock what was just created; if another run took it for a leftover, close it and return False."""
    with contextlib.ExitStack() as unless_locked:
        unless_locked.callback(os.close, descriptor)
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            if _locks_if_it_can(descriptor, path):
                unless_locked.pop_all()
                return True
    return False


def _lock(path: Path) -> int | None:
    """Lock a directory or file and return the descriptor; None if another process has the lock or it is gone."""
    try:
        lock = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if _locks(lock, path):
            return lock
    os.close(lock)
    return None


def _locks(descriptor: int, path: Path) -> bool:
    """Lock what a descriptor has open, and return True if it is still at its place."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return os.path.samestat(os.fstat(descriptor), path.lstat())


def _locks_if_it_can(descriptor: int, path: Path) -> bool:
    """The same, and True on a file system without locks, where nobody takes it for a leftover."""
    try:
        return _locks(descriptor, path)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return True
        raise


def _remove_directories(parent: Path) -> None:
    with contextlib.suppress(OSError):
        for path in parent.glob(f"{DIRECTORY}*"):
            facts = path.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
                continue
            lock = _lock(path)
            if lock is not None:
                remove(path)
                os.close(lock)


def remove_left(folder: Path) -> None:
    """Remove the files that killed runs have left in a folder beside those that they were about to replace."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{FILE}*"):
            lock = _lock(path)
            if lock is not None:
                with contextlib.suppress(OSError):
                    path.unlink()
                os.close(lock)
