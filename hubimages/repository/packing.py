"""Write git objects as one pack, whose ids are those that git gives them."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

NUMBERS = {"commit": 1, "tree": 2, "blob": 3}
LEVEL = 1  # of compression, as git has it for loose objects

Object = tuple[str, bytes]
"""(type, content) of an object."""


def object_id(kind: str, content: bytes) -> str:
    """Return the id of an object."""
    import hashlib

    return hashlib.sha1(b"%s %d\0" % (kind.encode(), len(content)) + content, usedforsecurity=False).hexdigest()


def packed(objects: Sequence[Object]) -> bytes:
    """Return the objects as a pack (https://git-scm.com/docs/gitformat-pack)."""
    import hashlib

    parts = [b"PACK" + struct.pack(">II", 2, len(objects))]
    for kind, content in objects:
        parts += [_header(NUMBERS[kind], len(content)), zlib.compress(content, LEVEL)]
    pack = b"".join(parts)
    return pack + hashlib.sha1(pack, usedforsecurity=False).digest()


def _header(number: int, size: int) -> bytes:
    """Return the type and size of an object: 4 bits of the size in the first byte, 7 in each further one."""
    header = bytearray([number << 4 | size & 15])
    size >>= 4
    while size:
        header[-1] |= 0x80
        header.append(size & 0x7F)
        size >>= 7
    return bytes(header)


def not_among(objects: Iterable[Object], known: Iterable[str]) -> tuple[list[str], Mapping[str, Object]]:
    """Return the ids of all objects, and those objects that are not known, by id."""
    ids: list[str] = []
    new: dict[str, Object] = {}
    for kind, content in objects:
        ids.append(object_id(kind, content))
        if ids[-1] not in known:
            new[ids[-1]] = (kind, content)
    return ids, new


def commit_content(tree: str, parents: Iterable[str], author: bytes, committer: bytes, message: bytes) -> bytes:
    """Return the content of a commit; `author` and `committer` are as `git var` prints them."""
    above = "".join(f"parent {parent}\n" for parent in parents)
    return b"tree %s\n%sauthor %s\ncommitter %s\n\n%s" % (tree.encode(), above.encode(), author, committer, message)
