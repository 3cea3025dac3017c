"""Directories and files for the time of a run, in TMPDIR or beside a target."""

import contextlib
import functools
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from hubimages import signals
from hubimages.disk import locks

DIRECTORY = "hubimages-run-"
REMOVAL_ATTEMPTS = 40  # two seconds
IN_MEMORY = Path("/dev/shm")  # of Linux
ENOUGH, ENOUGH_FILES = 16 * 1024 * 1024, 1000  # bytes; a rendered repository has 150 KB in 40 files


@contextlib.contextmanager
def temporary_directory(what: str, parent: Path | None = None) -> Iterator[Path]:
    """Create a directory in TMPDIR, or in `parent`, and remove it at the end; `what` is a part of its name.

    Removes what killed runs have left there. SIGTERM and SIGHUP end a task as Ctrl-C does, so that it cleans up.
    """
    path: Path | None = None
    with contextlib.ExitStack() as stack:
        try:
            with signals.held_back():  # until it is known what to clean up
                parent = parent or folder()
                _remove_directories(parent)
                path, lock = _locked_directory(parent, what)
                stack.callback(os.close, lock)
            yield path
        finally:
            if path is not None:
                signals.whatever_comes(functools.partial(remove, path))


def folder() -> Path:
    """Return the folder for temporary files, which Python would find with a file that a killed run leaves there."""
    if tempfile.tempdir is None:
        named = [os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP")]
        places = [Path(each).absolute() for each in (*named, "/tmp", "/var/tmp") if each]
        tempfile.tempdir = next((str(each) for each in places if _has_room(each)), None)
    return Path(tempfile.gettempdir())


def _has_room(place: Path) -> bool:
    try:
        return place.is_dir() and os.access(place, os.W_OK | os.X_OK) and bool(os.statvfs(place).f_bavail)
    except OSError:
        return False


def in_memory() -> Path | None:
    """Return a directory whose files stay in memory; None where there is none, it is nearly full, or TMPDIR is set.

    It is for a few small files: with the 40 of a rendering on ext4, rendering takes twice as long.
    """
    if os.environ.get("TMPDIR"):
        return None
    try:
        facts = os.statvfs(IN_MEMORY)
    except OSError:
        return None
    has_room = facts.f_bavail * facts.f_frsize >= ENOUGH and facts.f_favail >= ENOUGH_FILES
    return IN_MEMORY if has_room and os.access(IN_MEMORY, os.W_OK) else None


def remove(path: Path) -> None:
    """Remove a directory, even while a program that was just started still writes into it."""
    for _ in range(REMOVAL_ATTEMPTS):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            return
        time.sleep(0.05)


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
            if locks.is_locked(lock, path):
                return path, lock


def _remove_directories(parent: Path) -> None:
    with contextlib.suppress(OSError):
        for path in parent.glob(f"{DIRECTORY}*"):
            facts = path.lstat()
            if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
                continue
            lock = locks.lock(path)
            if lock is not None:
                remove(path)
                os.close(lock)
