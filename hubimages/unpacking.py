"""Extract tar archives so that nothing lands outside of their directory.

https://peps.python.org/pep-0706/ gave `tarfile` its filters in Python 3.11.4. Debian 12 has 3.11.2.
"""

import copy
import os
import tarfile
from collections.abc import Sequence
from pathlib import Path


class OutsideError(tarfile.TarError):
    """An archive has an entry that leads out of its directory, or that is neither a file, a directory nor a link."""


def extract_all(archive: tarfile.TarFile, into: Path, members: Sequence[tarfile.TarInfo] | None = None) -> None:
    """Extract the entries, or these of them, into a directory. Raises TarError for one that may not be there."""
    chosen = archive.getmembers() if members is None else members
    if hasattr(tarfile, "data_filter"):
        archive.extractall(into, members=chosen, filter="data")
        return
    for member in chosen:
        check(member, into)  # one by one, since a link that is there decides where the next entry goes
        archive.extract(_without_rights(member), into)


def _without_rights(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Return an entry that becomes a file of this user, without setuid, for no other to write, as filters do."""
    own = copy.copy(member)
    own.mode &= 0o755
    own.uid, own.gid, own.uname, own.gname = os.geteuid(), os.getegid(), "", ""
    return own


def check(member: tarfile.TarInfo, into: Path) -> None:
    """Raise OutsideError unless an entry may be extracted into a directory, as it is now."""
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise OutsideError(f"{member.name!r} is a device or a pipe")
    root = os.path.realpath(into)
    places = [member.name]
    if member.issym():
        places.append(os.path.join(os.path.dirname(member.name), member.linkname))  # noqa: PTH118, PTH120
    else:
        places.append(member.linkname)  # of a hard link; "" otherwise
    for place in places:
        there = os.path.realpath(os.path.join(root, place))  # noqa: PTH118
        if os.path.isabs(place) or os.path.commonpath([root, there]) != root:  # noqa: PTH117
            raise OutsideError(f"{member.name!r} leads out of the archive")
