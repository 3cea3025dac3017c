"""Read the package metadata in one layer of an image, as a stream.

https://github.com/opencontainers/image-spec/blob/main/layer.md
"""

import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, cast

from hubimages.contents.compression import plain
from hubimages.contents.package import CONDA, Recorded, conda_by_name, kind_of, read_metadata
from hubimages.errors import BadInputError

WHITEOUT, OPAQUE = ".wh.", ".wh..wh..opq"
# No metadata file is larger: conda's records list every file of a package, dpkg's status every package.
LARGEST_FILE = 16 << 20
LARGEST_HEADER = 1 << 20
# No more than this of one layer is read (unpacked) or remembered, in bytes.
MOST_BYTES = 256 << 30
MOST_REMEMBERED = 40 << 20
MOST_ENTRIES = 5_000_000  # the largest images have about a million files in all their layers
# A layer that unpacks to more than this, and to so many times its size, is no layer but a bomb. Some layers have large
# files full of zeros: /var/log/lastlog after `useradd` with a large number, https://github.com/moby/moby/issues/5419
SUSPICIOUS, RATIO = 16 << 30, 100
HEADERS = (
    tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK,
)  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """What one layer adds and removes.

    `records` are what metadata files record, by their path. `removed` are paths that the layer deletes, or replaces by
    something that is no directory; `emptied` are directories of which it shows nothing from below.
    """

    records: Mapping[str, Recorded]
    removed: frozenset[str]
    emptied: frozenset[str]

    def hides(self, path: str) -> bool:
        """Return True if the layer hides a path of the layers below it."""
        parts = path.split("/")
        above = ["/".join(parts[:count]) for count in range(len(parts) + 1)]
        return any(each in self.removed for each in above) or any(each in self.emptied for each in above[:-1])


class Header(tarfile.TarInfo):
    """An entry of an archive whose header cannot fill the memory."""

    def _proc_member(self, archive: tarfile.TarFile) -> "Header":
        if self.type == tarfile.GNUTYPE_SPARSE or (self.type in HEADERS and self.size > LARGEST_HEADER):
            raise BadInputError("a layer has an entry that no engine writes. It is not read further")
        proceed = super()._proc_member  # type: ignore[misc]
        return cast("Header", proceed(archive))


def read_layer(stream: IO[bytes], name: str, size: int = 0) -> Layer:
    """Return the package metadata in a layer, plain or compressed with gzip or zstd.

    Memory is bounded, whatever the layer has in it, and nothing is unpacked. `name` names the layer in errors; `size`
    is how large it is as it comes, 0 if unknown. Raises BadInputError if it is no archive, or one that no engine
    writes, NotInstalledError if it needs a library that is not there.
    """
    records: dict[str, Recorded] = {}
    removed: set[str] = set()
    emptied: set[str] = set()
    most = min(MOST_BYTES, max(SUSPICIOUS, RATIO * size)) if size else MOST_BYTES
    unpacked = weight = entries = 0
    try:
        with tarfile.open(fileobj=plain(stream, name), mode="r|", tarinfo=Header) as archive:
            for entry in archive:
                archive.members.clear()  # type: ignore[attr-defined]  # or each entry would stay in memory
                unpacked, entries = archive.offset, entries + 1
                if unpacked > most or weight > MOST_REMEMBERED or entries > MOST_ENTRIES:
                    raise BadInputError(
                        f"{name} is larger than any layer that an engine writes. It is not read further"
                    )
                path = inside(entry.name)
                if path is None:
                    continue
                folder, _, base = path.rpartition("/")
                if base.startswith(WHITEOUT):
                    if base == OPAQUE:
                        emptied.add(folder)
                    else:
                        removed.add(f"{folder}/{base[len(WHITEOUT) :]}".lstrip("/"))
                elif kind := kind_of(path):
                    removed.add(path)  # the file below it, if there is one
                    records[path] = record(archive, entry, kind, path, records)
                    weight += records[path].weight
                elif not entry.isdir() and may_hold_metadata(base):
                    removed.add(path)
                else:
                    continue
                weight += 2 * len(path) + 200
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError, ArithmeticError, RecursionError) as error:
        raise BadInputError(f"{name} is no layer that can be read: {error}") from error
    return Layer(records, frozenset(removed), frozenset(emptied))


def record(
    archive: tarfile.TarFile, entry: tarfile.TarInfo, kind: str, path: str, records: Mapping[str, Recorded]
) -> Recorded:
    """Return what a metadata file records. One that is a hard link has the content of an earlier file of the layer."""
    if entry.islnk():
        return records.get(inside(entry.linkname) or "", Recorded(()))
    if not entry.isreg():
        return Recorded(())
    if entry.size > LARGEST_FILE:
        return conda_by_name(path) if kind == CONDA else Recorded(())
    file = archive.extractfile(entry)
    assert file is not None  # it is a regular file
    return read_metadata(kind, path, file.read())


def inside(name: str) -> str | None:
    """Return a path of an entry without what leads nowhere; None if it leads out of the image."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    return None if ".." in parts else "/".join(parts)


def may_hold_metadata(base: str) -> bool:
    """Return True for the name of a directory in which package managers keep metadata."""
    names = ("conda-meta", "site-packages", "dist-packages", "dpkg", "library", "site-library", "conda", "envs", "lib")
    return base in names or base.endswith((".dist-info", ".egg-info"))
