"""Say what of a local repository an extraction does not see: edits that are not committed, commits not fetched yet.

The contents are compared here: `git status` and `git diff-files` run the filters that the source's configuration names.
"""

import hashlib
from pathlib import Path

from hubimages.console import count
from hubimages.extract.sources.source import Source
from hubimages.repository.git import Repo

LFS_POINTER = b"version https://git-lfs.github.com/spec/v1"
SHOWN = 3


def remarks(source: Source, path: str, *, is_head: bool) -> list[str]:
    """Return what a person may not expect of a local source. `is_head`: it is extracted as it is checked out."""
    if source.place is None:
        return []
    lines = []
    repo = source.place
    if repo.work_tree is not None and is_head and (edits := uncommitted(repo, path)):
        more = f" and {len(edits) - SHOWN} more" if len(edits) > SHOWN else ""
        lines.append(f"uncommitted edits in {path} stay behind: {', '.join(edits[:SHOWN])}{more}")
    return lines + (behind(source) if source.behind is None else source.behind)


def behind(source: Source) -> list[str]:
    """Return the line about commits of the remote that a local branch lacks, if there are any."""
    if source.place is None:
        return []
    form = "--format=%(upstream:short) %(upstream:track,nobracket)"
    upstream, _, track = source.place.text("for-each-ref", form, f"refs/heads/{source.ref}").partition(" ")
    number = next((part.split()[1] for part in track.split(", ") if part.startswith("behind ")), "")
    if not number:
        return []
    return [f"{source.ref} is {count(int(number), 'commit')} behind {upstream}: --ref {upstream} has them"]


def uncommitted(repo: Repo, path: str) -> list[str]:
    """Return the files of a directory that differ from HEAD in the index or the work tree, and the new ones."""
    assert repo.work_tree is not None
    staged = names(repo, "diff-index", "--cached", "--name-only", "-z", "--no-renames", "HEAD", "--", path)
    new = names(repo, "ls-files", "--others", "--exclude-standard", "-z", "--", path)
    has_modes = repo.text("config", "--type=bool", "--default=true", "core.fileMode") == "true"
    edited = []
    for row in names(repo, "ls-files", "--stage", "-z", "--", path):
        facts, name = row.split("\t", 1)
        mode, blob, _ = facts.split(" ")
        file = repo.work_tree / name
        if not is_same(repo, file, blob) or (has_modes and has_other_mode(file, mode)):
            edited.append(name)
    return sorted({*staged, *new, *edited})


def is_same(repo: Repo, file: Path, blob: str) -> bool:
    """Return True if a file has the content of a blob, line ends and git-lfs aside."""
    if file.is_symlink():
        content = str(file.readlink()).encode(errors="surrogateescape")
    elif file.is_file():
        content = file.read_bytes()
    else:
        return file.is_dir()  # a submodule
    if blob in (blob_id(content), blob_id(content.replace(b"\r\n", b"\n"))):
        return True
    return next(iter(repo.contents([blob]))).startswith(LFS_POINTER)


def has_other_mode(file: Path, mode: str) -> bool:
    """Return True if a regular file is executable and git has it as one that is not, or the other way round."""
    return file.is_file() and not file.is_symlink() and bool(file.stat().st_mode & 0o100) != (mode == "100755")


def blob_id(content: bytes) -> str:
    """Return the id of a blob."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def names(repo: Repo, *question: str) -> list[str]:
    """Return the fields of a git command's output."""
    return repo.read(*question).decode(errors="surrogateescape").split("\0")[:-1]
