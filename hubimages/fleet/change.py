"""What a task has made of a clone: files that it changed, or a branch with commits of its own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from hubimages.errors import RefusedError
from hubimages.fleet.clone import Clone
from hubimages.fleet.programs import Programs
from hubimages.run import failure

Dirty = Mapping[str, str]  # path → hash of the file, for files that git calls changed before anything ran


@dataclass(frozen=True)
class Change:
    """What is proposed for a repository, on top of its default branch.

    `branch` is the task's own, or "" if it made none. `commit` is "" as long as the files are only staged.
    """

    branch: str
    commit: str
    files: tuple[str, ...]
    diff: str


def dirty_files(clone: Clone) -> Dirty:
    """Return the files that git calls changed in a fresh clone, because of `.gitattributes` for example."""
    return {path: _hash(clone, path) for path in _status(clone)}


def change_of(clone: Clone, before: Dirty) -> Change | None:
    """Return what a task has changed, and stage its files; None if nothing.

    Files that were changed before, and are as they were, are not the task's. Raises RefusedError for conflicts, for
    several branches, and for files that belong to no branch of the task.
    """
    repo = clone.repo
    if left := conflicts(clone):
        raise RefusedError(f"conflicts in {', '.join(left)}")
    listed = repo.text("for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads").splitlines()
    moved = {name: commit for commit, _, name in (line.partition(" ") for line in listed) if commit != clone.commit}
    if len(moved) > 1:
        raise RefusedError(f"several branches have new commits: {', '.join(sorted(moved))}")
    name, commit = next(iter(moved.items()), ("", ""))
    paths = [path for path in _status(clone) if before.get(path) != _hash(clone, path)]
    if paths and commit and repo.text("rev-parse", "HEAD") != commit:
        raise RefusedError(f"branch {name} has new commits, and {', '.join(paths)} changed beside it")
    if paths:
        stdin = "".join(f"{path}\0" for path in paths).encode(errors="surrogateescape")
        repo.read("add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul", stdin=stdin)
    shown = ("--no-ext-diff", "--no-textconv", "-M", clone.commit, *([] if paths or not commit else [commit]), "--")
    cached = ("--cached",) if paths or not commit else ()
    diff = repo.read("diff", *cached, *shown)
    if not diff:
        return None
    changed = repo.read("diff", *cached, "--name-only", "-z", *shown).decode(errors="surrogateescape")
    return Change(
        "" if name == clone.base else name,
        "" if paths else commit,
        tuple(changed.split("\0")[:-1]),
        diff.decode(errors="replace"),
    )


def conflicts(clone: Clone) -> list[str]:
    """Return the files with conflicts that nobody has resolved."""
    entries = clone.repo.read("ls-files", "-z", "--unmerged").decode(errors="replace").split("\0")[:-1]
    return sorted({entry.partition("\t")[2] for entry in entries})


def committed(clone: Clone, change: Change, branch: str, message: str, programs: Programs) -> str:
    """Have the branch at a commit with the change and return it; the clone is on that branch then.

    Hooks of the person's git configuration run. Raises ProgramFailedError if git or a hook refuses.
    """
    repo, here = clone.repo, ("git", "-C", str(clone.directory))
    if change.commit:
        repo.read("update-ref", f"refs/heads/{branch}", change.commit)
        repo.read("symbolic-ref", "HEAD", f"refs/heads/{branch}")
        return change.commit
    head = repo.text("rev-parse", "HEAD")
    repo.read("update-ref", f"refs/heads/{branch}", head)
    repo.read("symbolic-ref", "HEAD", f"refs/heads/{branch}")
    argv = (*here, "-c", "gc.auto=0", "-c", "maintenance.auto=false", "commit", "-q", "-F", "-")
    done = programs.run(*argv, cwd=clone.directory, stdin=message.encode("utf-8", "surrogateescape"))
    if done.returncode:
        raise failure(argv, done.returncode, done.stderr or done.stdout)
    made = repo.text("rev-parse", f"refs/heads/{branch}")
    if made == head or not repo.succeeds("merge-base", "--is-ancestor", clone.commit, made):
        raise RefusedError(f"git commit reported success, but {branch} has no new commit on {clone.base}")
    return made


def _status(clone: Clone) -> list[str]:
    asked = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=none")
    entries = clone.repo.read(*asked).decode(errors="surrogateescape").split("\0")
    return [entry[3:] for entry in entries if len(entry) > 3]


def _hash(clone: Clone, path: str) -> str:
    place = clone.directory / path
    if place.is_symlink():
        return f"link to {place.readlink()}"
    return hashlib.sha256(place.read_bytes()).hexdigest() if place.is_file() else "no file"
