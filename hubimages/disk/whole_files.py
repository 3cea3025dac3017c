"""Files that are replaced or created in one step, so that a run that is killed leaves no half of one."""

import contextlib
import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from hubimages import signals
from hubimages.disk import locks
from hubimages.errors import BadInputError

# A file that may be written stands where none can be moved to: its directory is read-only, or it is a mount itself.
NOT_REPLACEABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY)


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
def _beside(place: Path, data: bytes, mode: int | None) -> Iterator[Path]:
    """Yield a file with this content in the directory of `place`, to be moved there; signals are held back.

    Another thread, as a library has, may get one in spite of that: then it is raised here, and the file goes.
    """
    with signals.raising(), signals.held_back():
        locks.remove_left(place.parent)
        descriptor, temporary = locks.locked_file(place.parent, 0o666 if mode is None else 0o600)
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
