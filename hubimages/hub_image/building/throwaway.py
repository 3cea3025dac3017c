"""Make a temporary copy of the repository for chartpress, so that it never writes to the user's files.

It borrows the objects of the user's repository and has the same branch, tags and settings, so that everything that
chartpress asks git about (last commits, counts, tags, abbreviations, the branch's name) has the same answer. A git
worktree would be registered in the user's repository, also after a kill, and could not have the same branch.

chartpress also rewrites `version:` in Chart.yaml. That edit is lost with the copy, on purpose.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hubimages import disk
from hubimages.errors import ProgramFailedError, StorageError
from hubimages.repository import staging
from hubimages.repository.changes import current_branch
from hubimages.repository.git import Repo
from hubimages.run import attempt, failure

FULL = 1 << 16  # bytes that are free: what git writes next may be larger
# The user's own settings are included; these are what must differ.
OWN_SETTINGS = """\
[include]
\tpath = {config}
[core]
\tbare = false
\tworktree = {work_tree}
\thooksPath = /dev/null
\tsparseCheckout = false
\tfsmonitor = false
"""


@contextmanager
def throwaway(repo: Repo, paths: Sequence[str]) -> Iterator[Path]:
    """A directory with the files below `paths` as HEAD has them, in a repository with HEAD's history.

    Gone at the end; what a killed run left is removed by the next one. Submodules give no files. Raises
    ProgramFailedError where git cannot give the files.
    """
    assert repo.work_tree is not None
    name = hashlib.sha256(str(repo.work_tree).encode(errors="surrogateescape")).hexdigest()[:16]
    with staging.beside(disk.folder() / f"hubimages-{name}") as stage:
        directory = stage.path / "repository"
        own = make_repository(repo, directory)
        check_out(own, paths)
        yield directory


def make_repository(repo: Repo, directory: Path) -> Repo:
    """The repository without files; HEAD is on the same branch at the same commit."""
    asked = ("--path-format=absolute", "--show-object-format", "HEAD", "--git-common-dir")
    answer = repo.read("rev-parse", *asked).decode(errors="surrogateescape").removesuffix("\n")
    form, head, common = answer.split("\n", 2)  # a line feed in a path is part of it
    branch = current_branch(repo)
    initial = f"--initial-branch={branch or 'detached'}"
    argv = ("git", "init", "-q", "--template=", f"--object-format={form}", initial, str(directory))
    made = attempt(*argv, cwd=directory.parent)
    if made.returncode:
        raise failure(argv, made.returncode, made.stderr)
    git_dir = directory / ".git"
    (git_dir / "objects/info").mkdir(parents=True, exist_ok=True)
    (git_dir / "objects/info/alternates").write_text(
        quoted_alternate(f"{common}/objects") + "\n", errors="surrogateescape"
    )
    with (git_dir / "config").open("a", errors="surrogateescape") as config:
        config.write(OWN_SETTINGS.format(config=quoted(f"{common}/config"), work_tree=quoted(str(directory))))
    own = Repo(git_dir, directory)
    refs = repo.read("for-each-ref", "--format=create %(refname) %(objectname)", "refs/tags", "refs/replace")
    own.read("update-ref", "--stdin", stdin=refs + f"update HEAD {head}\n".encode())
    return own


def check_out(own: Repo, paths: Sequence[str]) -> None:
    """Write the files below the paths; a path that is not in HEAD gives none. Raises StorageError for a full disk.

    Files that are there and differ from HEAD are overwritten.
    """
    listed = own.read("ls-tree", "-r", "-z", "HEAD", "--", *paths).split(b"\0")[:-1]
    files = [entry.partition(b"\t")[2] for entry in listed]
    own.read("read-tree", "HEAD")
    try:
        own.read("checkout-index", "-q", "-f", "-z", "--stdin", stdin=b"".join(path + b"\0" for path in files))
    except (ProgramFailedError, StorageError) as error:  # git names the files that it could not write, and no reason
        if shutil.disk_usage(own.directory).free >= FULL:
            raise
        raise StorageError(
            f"the disk with {disk.folder()} is full. The image is built there, from a copy of its files. "
            "Free some space, or set TMPDIR to a folder on another disk"
        ) from error


def quoted(text: str) -> str:
    """A value as git's configuration takes it, whatever is in it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def quoted_alternate(path: str) -> str:
    """A path as git's alternates file takes it: quoted where it needs that."""
    return quoted(path) if path.startswith(('"', "#")) or "\n" in path else path
