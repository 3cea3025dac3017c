"""Makes real repositories with a history of any shape, quickly: one `git fast-import` for all of it."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Commit:
    """One commit of a history to be made: what it is called, what it comes after, all files that it has."""

    name: str
    parents: Sequence[str]
    files: Mapping[str, str | bytes]
    message: str | bytes = ""
    author: str = "Ada <ada@example.org>"
    modes: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    committer: str = ""
    authored: str = ""  # raw date
    committed: str = ""  # raw date


def make(path: Path, commits: Sequence[Commit], branches: Mapping[str, str] | None = None) -> dict[str, str]:
    """Make a bare repository; the id of every commit by its name. `main` is at the last commit."""
    git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", path)
    stream = bytearray()
    marks = {commit.name: number for number, commit in enumerate(commits, 1)}
    for number, commit in enumerate(commits, 1):
        date = 1_600_000_000 + number * 3600
        message = commit.message or commit.name
        text = message.encode() if isinstance(message, str) else message
        stream += b"reset refs/heads/main\n"
        stream += b"commit refs/heads/main\nmark :%d\n" % number
        stream += f"author {commit.author} {commit.authored or f'{date} +0100'}\n".encode()
        stream += f"committer {commit.committer or commit.author} {commit.committed or f'{date} -0730'}\n".encode()
        if commit.encoding:
            stream += f"encoding {commit.encoding}\n".encode()
        stream += b"data %d\n%s\n" % (len(text), text)
        for position, parent in enumerate(commit.parents):
            stream += f"{'merge' if position else 'from'} :{marks[parent]}\n".encode()
        stream += b"deleteall\n"
        for name, content in commit.files.items():
            mode = commit.modes.get(name, "100644")
            data = content.encode() if isinstance(content, str) else content
            if mode == "160000":
                stream += b"M 160000 %s %s\n" % (data, quoted(name))
            else:
                stream += b"M %s inline %s\n" % (mode.encode(), quoted(name))
                stream += b"data %d\n%s\n" % (len(data), data)
    for branch, name in (branches or {}).items():
        stream += f"reset refs/heads/{branch}\nfrom :{marks[name]}\n\n".encode()
    exported = path / "marks"
    options = ("--quiet", "--force", "--date-format=raw-permissive", f"--export-marks={exported}")
    git("-C", path, "fast-import", *options, stdin=bytes(stream))
    ids = dict(line[1:].split(" ") for line in exported.read_text().splitlines())
    exported.unlink()
    return {name: ids[str(number)] for name, number in marks.items()}


def quoted(name: str) -> bytes:
    """A path in fast-import's language, whatever bytes are in it."""
    return b'"' + b"".join(b"\\%03o" % byte for byte in name.encode(errors="surrogateescape")) + b'"'


def commit_object(repo: Path, content: bytes) -> str:
    """Write a commit byte by byte, well-formed or not, and set `main` to it; its id."""
    name = git("-C", repo, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=content)
    git("-C", repo, "update-ref", "refs/heads/main", name)
    return name


def git(*args: str | Path, stdin: bytes = b"") -> str:
    """Run git for a test; its stdout. A failure is the test's failure, with what git said."""
    done = subprocess.run(["git", *map(str, args)], input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout.decode(errors="surrogateescape").strip()


def subjects(repo: Path, tip: str = "HEAD") -> list[str]:
    """The first lines of all commits, newest first."""
    return git("-C", repo, "log", "--topo-order", "--format=%s", tip, "--").splitlines()


def files(repo: Path, tree: str = "HEAD") -> dict[str, str]:
    """The content of every file of a commit or tree; a submodule's is its commit."""
    return contents(repo, [tree])[0]


def contents(repo: Path, trees: Sequence[str]) -> list[dict[str, str]]:
    """The content of every file of several commits or trees, by two starts of git for all of their files."""
    found: list[dict[str, tuple[str, str]]] = []
    for tree in trees:
        rows = [
            row.split("\t", 1) for row in git("-C", repo, "ls-tree", "-r", "-z", "--full-tree", tree).split("\0")[:-1]
        ]
        found.append({path: (facts.split(" ")[1], facts.split(" ")[2]) for facts, path in rows})
    blobs = dict.fromkeys(name for each in found for kind, name in each.values() if kind == "blob")
    texts = {}
    if blobs:
        argv = ["git", "-C", str(repo), "cat-file", "--batch"]
        said = subprocess.run(argv, input="\n".join(blobs).encode(), capture_output=True, check=True).stdout
        for name in blobs:
            header, _, said = said.partition(b"\n")
            size = int(header.split(b" ")[2])
            texts[name] = said[:size].decode(errors="surrogateescape").strip()
            said = said[size + 1 :]
    return [{path: texts.get(name, name) for path, (_, name) in each.items()} for each in found]


def states(repo: Path, tip: str = "HEAD") -> dict[str, dict[str, str]]:
    """By the first line of every commit, newest first, the content of its files."""
    rows = git("-C", repo, "log", "--topo-order", "--format=%H %s", tip, "--").splitlines()
    names, subjects = zip(*(row.split(" ", 1) for row in rows), strict=True)
    return dict(zip(subjects, contents(repo, names), strict=True))
