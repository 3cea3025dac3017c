"""Decide whether a person's repository may be written to: its state, and the files of a plan.

Every task asks here before it writes. docs/repository-states.md has the states and what each gets.
"""

import posixpath
import shlex
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages.errors import RefusedError
from hubimages.repository.branches import check_branch, current_branch
from hubimages.repository.git import Repo, check_identity

LOCK_WAIT = 1.0  # seconds; an editor that looks at the repository holds git's lock for less
SUBMODULE = "160000"  # git's mode of an entry


@dataclass(frozen=True)
class Operation:
    """What git calls in progress: the files of the git directory that show it, and the commands that end it."""

    name: str
    files: tuple[str, ...]
    end: str


# In the order of git's wt_status_get_state (wt-status.c, git 2.51), plus the squash merge, which git finishes with the
# next commit whatever that holds.
OPERATIONS = (
    Operation("a merge", ("MERGE_HEAD",), "git merge --continue, or git merge --abort"),
    Operation("git am", ("rebase-apply/applying",), "git am --continue, or git am --abort"),
    Operation("a rebase", ("rebase-apply", "rebase-merge"), "git rebase --continue, or git rebase --abort"),
    Operation("a cherry-pick", ("CHERRY_PICK_HEAD",), "git cherry-pick --continue, or git cherry-pick --abort"),
    Operation("a revert", ("REVERT_HEAD",), "git revert --continue, or git revert --abort"),
    Operation(
        "a cherry-pick or revert of several commits",
        ("sequencer/todo",),
        "git cherry-pick --continue or git revert --continue, or the same with --abort",
    ),
    Operation("a bisection", ("BISECT_LOG",), "git bisect reset"),
    Operation("a squash merge", ("SQUASH_MSG",), "git commit, or git reset --merge"),
)


def operation_in_progress(repo: Repo) -> Operation | None:
    """Return what `git status` calls in progress in this work tree; None if nothing is."""
    return next((each for each in OPERATIONS if any((repo.git_dir / file).exists() for file in each.files)), None)


def check_can_commit(repo: Repo, *, branch: str | None = None) -> None:
    """Raise an error unless a commit can be made now, on `branch` or on the one that is checked out.

    Needed are a commit to build on, somebody to commit as, a branch, no lock, no conflict, and no operation in
    progress: a commit would go into it, and its `--abort` would no longer find the way back.
    """
    assert repo.work_tree is not None
    if not repo.succeeds("rev-parse", "--verify", "-q", "HEAD"):
        raise RefusedError(f"{repo.work_tree} has no commit yet. Make the first one (git commit), then run this again")
    check_identity(repo.work_tree)
    check_unlocked(repo)
    operation = operation_in_progress(repo)
    if operation is not None:
        raise RefusedError(f"{operation.name} is in progress in {repo.work_tree}. End it first: {operation.end}")
    conflicts = repo.read("ls-files", "-z", "--unmerged").decode(errors="surrogateescape").split("\0")[:-1]
    if conflicts:
        files = ", ".join(sorted({entry.partition("\t")[2] for entry in conflicts}))
        raise RefusedError(f"{files}: unresolved conflicts. Resolve them, and add the files with git add")
    if branch is not None:
        check_branch(repo, branch)
    elif not current_branch(repo):
        raise RefusedError(
            f"{repo.work_tree} has no branch checked out (HEAD is detached). Switch to one with git switch, or add "
            "--branch=NAME"
        )


def check_unlocked(repo: Repo) -> None:
    """Raise RefusedError while git holds a lock that a commit needs; a git that was killed leaves it behind."""
    asked = ("rev-parse", "--path-format=absolute", "--git-common-dir")
    common = Path(repo.read(*asked).decode(errors="surrogateescape").removesuffix("\n"))
    locks = [repo.git_dir / "index.lock", repo.git_dir / "HEAD.lock", common / "packed-refs.lock"]
    locks.append(common / f"refs/heads/{current_branch(repo)}.lock")
    end = time.monotonic() + LOCK_WAIT
    while held := [lock for lock in locks if lock.exists()]:
        if time.monotonic() > end:
            held += sorted(repo.git_dir.glob("next-index-*.lock"))  # of `git commit --only`
            raise RefusedError(
                f"{held[0]} exists: git is running in {repo.work_tree}, or was killed there. Wait until it ends; "
                f"if none is running: rm {shlex.join(map(str, held))}"
            )
        time.sleep(LOCK_WAIT / 20)


def uncommitted(repo: Repo, paths: Sequence[str]) -> list[str]:
    """Return the files with uncommitted changes."""
    if not paths:
        return []
    dirty = repo.read("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
    return [entry[3:].decode(errors="surrogateescape") for entry in dirty.split(b"\0")[:-1]]


def check_clean(repo: Repo, paths: Sequence[str]) -> None:
    """Raise RefusedError if one of the files has uncommitted changes."""
    if changed := uncommitted(repo, paths):
        raise RefusedError(f"{', '.join(changed)}: uncommitted changes, and this task edits the file. "
                           "Commit or stash them first")  # fmt: skip


def check_files(repo: Repo, paths: Sequence[str], *, commit: bool = True) -> None:
    """Raise RefusedError unless each file can be edited, and with `commit` committed, as the repository has it.

    Refused are links and files below a link, files of submodules and of other repositories, files that git is told not
    to look at, and with `commit` files that git ignores.
    """
    if not paths:
        return
    assert repo.work_tree is not None
    folders_seen: set[str] = set()
    for path in paths:
        _check_place(repo.work_tree, path, folders_seen)
    tracked = check_flags(repo, paths)
    new = [path for path in paths if path not in tracked]
    folders = sorted({folder for path in new for folder in (path, *_folders(path))})
    for entry in repo.read("ls-files", "--stage", "-z", "--", *folders).split(b"\0") if folders else []:
        facts, _, name = entry.decode(errors="surrogateescape").partition("\t")
        if facts.startswith(SUBMODULE) and name in folders:
            raise _in_submodule(name)
    if commit and new:
        _check_not_ignored(repo, new)


def check_flags(repo: Repo, paths: Sequence[str]) -> Collection[str]:
    """Return the files below the paths that git tracks.

    Raises RefusedError for one that is there and that git is told not to look at.

    Such a file can hold private changes that `git status` and `git diff` do not show and a commit would publish.
    """
    assert repo.work_tree is not None
    listed = repo.read("ls-files", "-v", "-z", "--", *paths).decode(errors="surrogateescape").split("\0")[:-1]
    files = {entry[2:]: entry[0] for entry in listed}
    for path, flag in files.items():
        shown, where = shlex.quote(path), f"git -C {shlex.quote(str(repo.work_tree))}"
        skipped = flag in "Ss"
        if skipped and not (repo.work_tree / path).exists():
            if path in paths:
                raise RefusedError(
                    f"{path} is not in the work tree: a sparse checkout leaves it out. Add it first: "
                    f"{where} sparse-checkout add {shlex.quote(posixpath.dirname(path) or path)}"
                )
            continue
        if skipped or flag.islower():
            name = "skip-worktree" if skipped else "assume-unchanged"
            raise RefusedError(
                f"{path} is marked {name}: git does not show its changes, and a commit would publish them. Take the "
                f"mark off, look at git diff, and run this again: {where} update-index --no-{name} -- {shown}"
            )
    return files.keys()


def _check_place(root: Path, path: str, seen: set[str]) -> None:
    """Raise RefusedError for a link, or a file below a link or in a submodule; folders in `seen` are done."""
    place = root / path
    if place.is_symlink():
        raise RefusedError(
            f"{path} is a link to {place.readlink()}; an edit of that file would not be in the commit. Replace the "
            "link with the file, or edit the file itself"
        )
    for folder in _folders(path):
        if folder in seen:
            return  # and so are those above it
        seen.add(folder)
        if (root / folder).is_symlink():
            raise RefusedError(
                f"{path} is below {folder}, a link to {(root / folder).readlink()}. Name the file where it is, or "
                "replace the link with the folder"
            )
        if (root / folder / ".git").exists():
            raise _in_submodule(folder)


def _folders(path: str) -> Iterator[str]:
    """The folders above a file, without the top of the repository."""
    folder = posixpath.dirname(path)
    while folder:
        yield folder
        folder = posixpath.dirname(folder)


def _in_submodule(folder: str) -> RefusedError:
    here = shlex.quote(folder)
    return RefusedError(f"{folder} is a repository of its own (a submodule). Run this in it: --repo={here}")


def _check_not_ignored(repo: Repo, new: Sequence[str]) -> None:
    """Raise RefusedError for new files that git ignores: a commit would not have them."""
    stdin = "\0".join([*new, ""]).encode(errors="surrogateescape")
    rows = repo.answer("check-ignore", "-v", "-z", "--stdin", stdin=stdin, env={"GIT_LITERAL_PATHSPECS": "0"})
    for source, line, pattern, path in zip(*[iter(rows.split("\0")[:-1])] * 4, strict=True):
        if not pattern.startswith("!"):
            raise RefusedError(
                f"{path} is ignored by git ({source}:{line}: {pattern}) and would not be in the commit. Change the "
                "pattern, or leave out --commit, --branch and --open-pr"
            )
