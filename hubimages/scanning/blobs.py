"""List the blobs and messages of a history, each once, with the first commit that has it."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hubimages.repository.git import Repo

SUBMODULE = b"160000"


@dataclass
class Blob:
    """A blob, or a message under the id that it would have as a blob."""

    id: str
    size: int
    commit: str  # the first that has it
    paths: list[str] = field(default_factory=list)  # [] for a message
    text: bytes | None = None  # a message

    @property
    def name(self) -> str:
        """A path, which says what kind of file it is."""
        return self.paths[0] if self.paths else "message.txt"


@dataclass(frozen=True)
class Contents:
    """What is in a history."""

    commits: int
    blobs: dict[str, Blob]
    messages: dict[str, Blob]


def contents(repository: Repo, refs: Sequence[str]) -> Contents:
    """Read everything reachable from the refs, in one pass, oldest first.

    A merge shows what is in none of its parents; everything else came with an earlier commit.
    """
    output = repository.read(
        *("log", "--reverse", "--topo-order", "--raw", "-c", "--root", "--no-abbrev", "--no-renames", "-z"),
        *("--format=%H", "--stdin"),
        stdin="".join(f"{ref}\n" for ref in refs).encode(),
    )
    found: dict[str, Blob] = {}
    commits: list[str] = []
    for blob, path in _records(output, commits):
        if (known := found.get(blob)) is None:
            found[blob] = Blob(blob, 0, commits[-1], [path])
        elif path not in known.paths:
            known.paths.append(path)
    for name, (_, _, size) in zip(found, repository.batch_check(list(found)), strict=True):
        found[name].size = size
    messages: dict[str, Blob] = {}
    for commit, content in zip(commits, repository.contents(commits), strict=True):
        one = message_blob(content.partition(b"\n\n")[2], commit)
        messages.setdefault(one.id, one)
    return Contents(len(commits), found, messages)


def _records(output: bytes, commits: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (blob, path) for what each commit brought, whose id is then the last in `commits`.

    Every path follows the field that announces it, so no name can pass for a commit or a field.
    """
    words = (word.lstrip(b"\n") for word in output.split(b"\0"))
    for word in words:
        if not word.startswith(b":"):
            if word:
                commits.append(word.decode())
            continue
        colons = len(word) - len(word.lstrip(b":"))  # one for each parent
        fields = word[colons:].split(b" ")
        mode, blob = fields[colons], fields[2 * colons + 1]
        path = next(words)
        if mode not in (b"000000", SUBMODULE):
            yield blob.decode(), path.decode(errors="surrogateescape")


def message_blob(message: bytes, commit: str) -> Blob:
    """Return a message under the id that git would give it as a blob."""
    name = hashlib.sha1(b"blob %d\0" % len(message) + message, usedforsecurity=False).hexdigest()
    return Blob(name, len(message), commit, text=message)
