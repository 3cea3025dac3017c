"""Locks on directories and files: the kernel releases one with its process.

So a lock tells what a run in progress needs from what a killed one has left.
"""

import contextlib
import errno
import fcntl
import os
import secrets
from pathlib import Path

FILE = ".hubimages-edit-"  # short: the names of the files themselves may be as long as names can be
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)  # from a file system without locks


def lock(path: Path) -> int | None:
    """Lock a directory or file and return the descriptor; None if another process has the lock or it is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return None
    with contextlib.suppress(OSError):
        if _locks(descriptor, path):
            return descriptor
    os.close(descriptor)
    return None


def _locks(descriptor: int, path: Path) -> bool:
    """Lock what a descriptor has open, and return True if it is still at its place."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return os.path.samestat(os.fstat(descriptor), path.lstat())


def is_locked(descriptor: int, path: Path) -> bool:
    """Lock what was just created; if another run took it for a leftover, close it and return False."""
    with contextlib.ExitStack() as unless_locked:
        unless_locked.callback(os.close, descriptor)
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            if _locks_if_it_can(descriptor, path):
                unless_locked.pop_all()
                return True
    return False


def _locks_if_it_can(descriptor: int, path: Path) -> bool:
    """Do as `_locks`, and return True on a file system without locks, where nobody takes it for a leftover."""
    try:
        return _locks(descriptor, path)
    except OSError as error:
        if error.errno in NO_LOCKS:
            return True
        raise


def locked_file(folder: Path, mode: int) -> tuple[int, Path]:
    """Create a file with this mode, less the umask: to ask for the umask is to change it, for all threads."""
    while True:
        path = folder / f"{FILE}{secrets.token_hex(8)}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            if is_locked(descriptor, path):
                return descriptor, path
        except BaseException:  # a signal, too, which another thread may have got
            path.unlink(missing_ok=True)
            raise


def remove_left(folder: Path) -> None:
    """Remove the files that killed runs have left in a folder beside those that they were about to replace."""
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{FILE}*"):
            descriptor = lock(path)
            if descriptor is not None:
                with contextlib.suppress(OSError):
                    path.unlink()
                os.close(descriptor)
