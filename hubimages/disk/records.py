"""Records of what a run is about to do, which only a run that is killed leaves, and the next one reads."""

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hubimages import signals
from hubimages.disk import locks
from hubimages.run import os_failure


@contextlib.contextmanager
def record(
    place: Path, content: str, *, needed: Callable[[], bool] | None = None, spare: int = 0
) -> Iterator[Callable[[], None]]:
    """Have a file with this content within the block, which only a run that is killed leaves (see `left_record`).

    A block that fails leaves it, too, if `needed` then returns True. The file takes `spare` bytes more, until the
    block calls the function that it gets: so there is space to put things back on a disk that is full. Raises
    StorageError.
    """
    descriptor: int | None = None
    data = content.encode("utf-8", "surrogateescape")

    done = False
    try:
        with signals.held_back():
            try:
                descriptor = _recorded(place, data + b" " * spare)
            except OSError as error:
                raise os_failure(error) from error
        yield functools.partial(_shorten, descriptor, len(data))
        done = True
    finally:
        with signals.held_back():
            if descriptor is not None:
                if (done or needed is None or not needed()) and _is_at(descriptor, place):
                    place.unlink(missing_ok=True)
                    with contextlib.suppress(OSError):  # not empty
                        place.parent.rmdir()
                os.close(descriptor)


def _shorten(descriptor: int, size: int) -> None:
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, size)


def _is_at(descriptor: int, place: Path) -> bool:
    """Return True if what a descriptor has open is still at its place, and not what another run has put there."""
    there = False
    with contextlib.suppress(OSError):
        there = os.path.samestat(os.fstat(descriptor), place.lstat())
    return there


def _recorded(place: Path, data: bytes) -> int:
    """Write the file and return the descriptor that holds its lock."""
    while True:
        place.parent.mkdir(parents=True, exist_ok=True)
        locks.remove_left(place.parent)
        with contextlib.suppress(FileNotFoundError):  # another run has just removed the directory, which was empty
            descriptor, temporary = locks.locked_file(place.parent, 0o600)
            break
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
    lock = locks.lock(place)
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
