"""Read many objects of a repository through one `git cat-file` that stays, instead of one process for each question."""

import subprocess
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from hubimages.errors import ProgramFailedError
from hubimages.repository.git import Repo, TreeEntry, damaged
from hubimages.repository.packing import Object

# Less than a pipe holds, so that a question is written before git begins to answer.
MOST_ASKED = 32 * 1024  # bytes
TREE = "040000"
LARGE, MOST_KEPT = 500, 4  # files of a tree whose listing is kept, and how many such listings are


@dataclass
class Reader:
    """A `git cat-file --batch-command` that answers one thread at a time."""

    repo: Repo
    process: "subprocess.Popen[bytes] | None" = None
    stack: ExitStack = field(default_factory=ExitStack)
    lock: threading.Lock = field(default_factory=threading.Lock)
    listed: dict[str, tuple[TreeEntry, ...]] = field(default_factory=dict)  # whole repositories, at a few commits
    stored: set[str] = field(default_factory=set)  # objects that were written

    def ask(self, command: bytes, names: Sequence[str]) -> Iterator[tuple[bytes, bytes]]:
        """Yield (the line about an object, its content) for each name; no content unless `command` is `contents`."""
        for some in portions(names):
            question = b"".join(b"%s %s\n" % (command, name) for name in some) + b"flush\n"
            with self.lock:
                answers = list(self._answers(question, len(some), has_content=command == b"contents"))
            yield from answers

    def _answers(self, question: bytes, number: int, *, has_content: bool) -> Iterator[tuple[bytes, bytes]]:
        if self.process is None:
            form = "--batch-command=%(objectname) %(objecttype) %(objectsize)"
            pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            self.process = self.stack.enter_context(self.repo.started("cat-file", form, "--buffer", **pipes))
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(question)
        stdin.flush()
        for _ in range(number):
            line = stdout.readline()
            if not line.endswith(b"\n"):
                raise ProgramFailedError(f"git cat-file stopped: {self.process.wait()}")
            line = line[:-1]
            size = line.rpartition(b" ")[2] if has_content and not is_missing(line) else b""
            content = stdout.read(int(size)) if size else b""
            if size:
                stdout.read(1)
            yield line, content

    def close(self) -> None:
        """End the process."""
        self.process = None
        self.stack.close()


@dataclass(frozen=True)
class StandingRepo(Repo):
    """A repository whose objects are read through one process, which `close` ends."""

    reader: "Reader | None" = field(default=None, compare=False)

    @classmethod
    def of(cls, repo: Repo) -> "StandingRepo":
        """Return the same repository with a reader; its process starts with the first question."""
        return cls(repo.git_dir, repo.work_tree, repo.config, Reader(repo))

    def close(self) -> None:
        """End the reader's process."""
        if self.reader is not None:
            self.reader.close()

    def batch_check(self, names: Sequence[str]) -> Iterator[tuple[str, str, int]]:
        """Yield (id, type, size in bytes) for every object name, as `Repo` does."""
        assert self.reader is not None
        for line, _ in self.reader.ask(b"info", names):
            if is_missing(line):
                yield "", "missing", 0
            else:
                name, kind, size = line.decode().split(" ")
                yield name, kind, int(size)

    def contents(self, names: Sequence[str]) -> Iterator[bytes]:
        """Yield the content of every object named, in that order. All of them must exist."""
        assert self.reader is not None
        for name, (line, content) in zip(names, self.reader.ask(b"contents", names), strict=False):
            if is_missing(line):
                raise damaged(f"git cat-file: {name} is missing from the repository")
            yield content

    def store(self, objects: Sequence[Object], known: Collection[str] = ()) -> list[str]:
        """Write objects as `Repo` does, each once."""
        assert self.reader is not None
        ids = super().store(objects, {*self.reader.stored, *known})
        self.reader.stored.update(ids)
        return ids

    def list_tree(self, treeish: str, *, recursive: bool = False) -> list[TreeEntry]:
        """Return what is in a tree, as `Repo` does; one question for each level of directories."""
        assert self.reader is not None
        ((found, kind, _),) = self.batch_check([treeish])
        if kind == "missing":
            raise damaged(f"git cat-file: {treeish} is missing from the repository")
        if recursive and found in self.reader.listed:
            return list(self.reader.listed[found])
        (top,) = self.contents([found if kind == "tree" else f"{found}^{{tree}}"])
        rows = list(parsed(top, ""))
        while recursive:
            above = list(dict.fromkeys(row.name for row in rows if row.mode == TREE))
            if not above:
                break
            below = dict(zip(above, self.contents(above), strict=True))
            rows = [
                inner
                for row in rows
                for inner in (parsed(below[row.name], row.path + "/") if row.mode == TREE else [row])
            ]
        if recursive and len(rows) >= LARGE and len(self.reader.listed) < MOST_KEPT:
            self.reader.listed[found] = tuple(rows)
        return rows


@dataclass(frozen=True)
class UnchangedRepo(StandingRepo):
    """A repository that nobody changes meanwhile: git answers each question once."""

    answers: dict[tuple[tuple[str, ...], bytes], bytes] = field(default_factory=dict, compare=False)

    def read(self, *args: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Return the stdout of a git command, as `Repo` does."""
        if env is not None:
            return super().read(*args, stdin=stdin, env=env)
        if (args, stdin) not in self.answers:
            self.answers[args, stdin] = super().read(*args, stdin=stdin)
        return self.answers[args, stdin]


def portions(names: Sequence[str]) -> Iterator[list[bytes]]:
    """Yield the names, encoded, in portions that a pipe holds."""
    some: list[bytes] = []
    size = 0
    for name in names:
        encoded = name.encode(errors="surrogateescape")
        if some and size + len(encoded) > MOST_ASKED:
            yield some
            some, size = [], 0
        some.append(encoded)
        size += len(encoded) + len("contents \n")
    if some:
        yield some


def is_missing(line: bytes) -> bool:
    """Return True for the line about an object that is not there, or that several names could mean."""
    parts = line.rsplit(b" ", 2)
    return line.endswith((b" missing", b" ambiguous")) or len(parts) != 3 or not parts[2].isdigit()


def parsed(content: bytes, above: str) -> Iterable[TreeEntry]:
    """Yield the entries of a tree object, with their paths below `above`."""
    position = 0
    while position < len(content):
        end = content.index(b"\0", position)
        mode, name = content[position:end].split(b" ", 1)
        path = above + name.decode(errors="surrogateescape")
        yield TreeEntry(mode.decode().rjust(6, "0"), content[end + 1 : end + 21].hex(), path)
        position = end + 21
