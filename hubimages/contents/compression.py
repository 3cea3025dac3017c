"""Read a layer's archive without its compression, in bounded memory."""

import gzip
import io
from typing import IO, cast

from hubimages import systems
from hubimages.errors import BadInputError, NotInstalledError

GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
# What a reader of zstd must keep. Engines write 8 MB and less; only `zstd --long` and `--ultra` ask for more.
LARGEST_WINDOW = 64 << 20
BUFFER = 128 << 10


def plain(stream: IO[bytes], name: str) -> IO[bytes]:
    """Return a layer's archive without its compression: gzip, zstd or none. `name` names the layer in errors.

    tarfile would unpack a block as a whole, and with bzip2 and xz, which no registry has, into gigabytes.
    """
    peeked = cast(
        "io.BufferedReader", stream if hasattr(stream, "peek") else io.BufferedReader(cast("io.RawIOBase", stream))
    )
    start = peeked.peek(len(ZSTD))[: len(ZSTD)]
    if start[:2] == GZIP:
        return cast("IO[bytes]", gzip.GzipFile(fileobj=peeked))
    if start == ZSTD or (start[1:] == b"\x2a\x4d\x18" and 0x50 <= start[0] <= 0x5F):  # or a skippable frame
        return unpack_zstd(peeked, name)
    return peeked


def unpack_zstd(stream: IO[bytes], name: str) -> IO[bytes]:
    """Return what is in a zstd stream. Raises NotInstalledError without the library of the extra."""
    try:
        import zstandard
    except ImportError:
        raise NotInstalledError(
            f"{name} is compressed with zstd, and zstandard is not installed: {systems.install_line('contents')}"
        ) from None
    reader = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).stream_reader(stream, read_across_frames=True)

    class Checked(io.RawIOBase):
        """The library's reader, with its errors as ours."""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: object) -> int:
            try:
                return reader.readinto(buffer)
            except zstandard.ZstdError as error:
                raise BadInputError(f"{name} is no layer that can be read: {error}") from error

    return cast("IO[bytes]", io.BufferedReader(Checked(), BUFFER))
