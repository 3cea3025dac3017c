"""A file, and a repository, that a commit would take more from than was asked for is refused, with what to do."""

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from hubimages.repository import writable
from hubimages.repository.git import Repo
from hubimages.repository.writable import (
    OPERATIONS,
    check_can_commit,
    check_clean,
    check_files,
    check_flags,
    check_unlocked,
    operation_in_progress,
)


def git(root: Path, *args: str, **more: object) -> str:
    done = subprocess.run(
        ["git", *args], cwd=root, check=True, capture_output=True, text=True, errors="surrogateescape", **more
    )  # type: ignore[call-overload]
    return str(done.stdout).strip()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with files, one of them in folders, links to a file and to a folder, and a repository below."""
    monkeypatch.setattr(writable, "LOCK_WAIT", 0.02)
    root = tmp_path / "my clone\udcff"
    (root / "deep/er").mkdir(parents=True)
    (root / "sub").mkdir()
    git(tmp_path, "init", "-q", "-b", "main", str(root))
    for name in ("a", "b", "deep/er/c", "\udcff", "deep/er/\udcff"):
        (root / name).write_text("1\n")
    (root / ".gitignore").write_text("*.log\n!kept.log\n")
    (root / "link").symlink_to("a")
    (root / "folder").symlink_to("deep")
    git(root, "add", ".")
    for name in ("sub", "deep/er/sub", "tab\tsub"):
        (root / name).mkdir(parents=True, exist_ok=True)
        git(root, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},{name}")
    git(root, "commit", "-q", "-m", "Start")
    return root


@pytest.fixture
def repo(root: Path) -> Repo:
    return Repo(root / ".git", root)


def refused(check: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as raised:
        check()
    return str(raised.value)


def test_files_and_new_files_in_folders_may_be_edited(repo: Repo) -> None:
    check_files(repo, ["a", "\udcff", "deep/er/c", "deep/er/new", "new/deep/er", "\udcfe"])
    check_files(repo, ["new.log", "a"], commit=False)
    check_files(repo, ["kept.log"])
    check_files(repo, [])


OF_SUB = "sub is a repository of its own (a submodule). Run this in it: --repo=sub"
PLACES = {
    "link": "link is a link to a; an edit of that file would not be in the commit. Replace the link with the file, or "
            "edit the file itself",
    "folder/er/c": "folder/er/c is below folder, a link to deep. Name the file where it is, or replace the link with "
                   "the folder",
    "folder/new": "folder/new is below folder, a link to deep. Name the file where it is, or replace the link with the "
                  "folder",
    "sub/file": OF_SUB,
    "sub/deep/file": OF_SUB,
    "tab\tsub/file": "tab\tsub is a repository of its own (a submodule). Run this in it: --repo='tab\tsub'",
    "x/y.log": "x/y.log is ignored by git (.gitignore:1: *.log) and would not be in the commit. Change the "
               "pattern, or leave out --commit, --branch and --open-pr",
}  # fmt: skip


@pytest.mark.parametrize("path", PLACES)
def test_a_file_that_is_elsewhere_or_would_not_be_committed_is_refused(path: str, repo: Repo) -> None:
    assert refused(lambda: check_files(repo, ["deep/er/c", path])) == PLACES[path]


def test_a_repository_that_git_does_not_know_of_is_none_of_ours(repo: Repo, root: Path) -> None:
    git(root, "init", "-q", "deep/er/own")
    said = "deep/er/own is a repository of its own (a submodule). Run this in it: --repo=deep/er/own"
    assert refused(lambda: check_files(repo, ["deep/er/own/file"], commit=False)) == said
    check_files(repo, ["deep/er/c", "deep/er/new"])


@pytest.mark.parametrize("name", ["skip-worktree", "assume-unchanged"])
def test_a_file_that_git_does_not_look_at_is_refused_with_the_command(name: str, repo: Repo, root: Path) -> None:
    git(root, "update-index", f"--{name}", "deep/er/c")
    check_flags(repo, ["a", "\udcff"])
    check_files(repo, [])
    said = (
        f"deep/er/c is marked {name}: git does not show its changes, and a commit would publish them. Take the mark "
        f"off, look at git diff, and run this again: git -C {shlex.quote(str(root))} update-index --no-{name} -- "
        "deep/er/c"
    )
    assert refused(lambda: check_flags(repo, ["a", "deep"])) == said
    assert refused(lambda: check_files(repo, ["a", "deep/er/c"], commit=False)) == said


def test_what_a_sparse_checkout_leaves_out_is_refused_where_it_is_edited(repo: Repo, root: Path) -> None:
    git(root, "update-index", "--skip-worktree", "deep/er/c", "a")
    (root / "deep/er/c").unlink()
    (root / "a").unlink()
    check_flags(repo, ["deep"])
    (root / "deep/er/d").touch()
    git(root, "add", "deep/er/d")
    git(root, "update-index", "--assume-unchanged", "deep/er/d")
    assert refused(lambda: check_flags(repo, ["deep"])).startswith("deep/er/d is marked assume-unchanged: ")
    for path, folder in (("deep/er/c", "deep/er"), ("a", "a")):
        assert refused(lambda path=path: check_files(repo, ["b", path])) == (  # type: ignore[misc]
            f"{path} is not in the work tree: a sparse checkout leaves it out. Add it first: "
            f"git -C {shlex.quote(str(root))} sparse-checkout add {folder}"
        )


def test_files_with_uncommitted_changes_are_named(repo: Repo, root: Path) -> None:
    for name in ("a", "deep/er/c", "new", "\udcff"):
        (root / name).write_text("mine\n")
    git(root, "add", "a")
    check_clean(repo, ["b"])
    check_clean(repo, [])
    assert refused(lambda: check_clean(repo, ["\udcff"])).startswith("\udcff: uncommitted changes")
    said = "a, deep/er/c, new: uncommitted changes, and this task edits the file. Commit or stash them first"
    assert refused(lambda: check_clean(repo, ["a", "b", "deep/er/c", "new"])) == said


@pytest.mark.parametrize("file", [(each, file) for each in OPERATIONS for file in each.files], ids=lambda each: each[1])
def test_an_operation_in_progress_is_ended_first(file: tuple[writable.Operation, str], repo: Repo, root: Path) -> None:
    operation, name = file
    assert operation_in_progress(repo) is None
    place = root / ".git" / name
    if name.startswith("rebase-") and "/" not in name:
        place.mkdir()
    else:
        place.parent.mkdir(exist_ok=True)
        place.touch()
    said = f"{operation.name} is in progress in {root}. End it first: {operation.end}"
    assert refused(lambda: check_can_commit(repo)) == said


def test_a_commit_needs_one_before_it_a_branch_and_no_conflict(repo: Repo, root: Path, tmp_path: Path) -> None:
    check_can_commit(repo)
    blob = git(root, "rev-parse", "HEAD:a")
    for name in ("b", "a"):
        stages = "".join(f"100644 {blob} {stage}\t{name}\n" for stage in (1, 2, 3))
        git(root, "update-index", "--index-info", input=f"0 {'0' * 40}\t{name}\n{stages}")
    said = "a, b: unresolved conflicts. Resolve them, and add the files with git add"
    assert refused(lambda: check_can_commit(repo)) == said
    for name in ("\udcff", "x\ty"):
        git(root, "reset", "-q")
        git(root, "update-index", "-z", "--index-info", input=f"0 {'0' * 40}\t{name}\0")
        git(root, "update-index", "-z", "--index-info", input=f"100644 {blob} 2\t{name}\0")
        assert refused(lambda: check_can_commit(repo)).startswith(f"{name}: unresolved conflicts")
    git(root, "reset", "-q")
    with pytest.raises(BadInputError, match="'a b' is not a valid branch name"):
        check_can_commit(repo, branch="a b")
    git(root, "switch", "-q", "--detach")
    check_can_commit(repo, branch="bump")
    assert refused(lambda: check_can_commit(repo)) == (
        f"{root} has no branch checked out (HEAD is detached). Switch to one with git switch, or add --branch=NAME"
    )
    git(tmp_path, "init", "-q", "empty")
    empty = Repo(tmp_path / "empty/.git", tmp_path / "empty")
    said = f"{tmp_path}/empty has no commit yet. Make the first one (git commit), then run this again"
    assert refused(lambda: check_can_commit(empty)) == said


LOCKS = ("index.lock", "HEAD.lock", "packed-refs.lock", "refs/heads/main.lock")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_of_git_is_named_with_those_that_go_with_it(lock: str, repo: Repo, root: Path) -> None:
    place = root / ".git" / lock
    others = [root / f".git/next-index-{number}.lock" for number in (1, 2)]
    for each in (place, *others):
        each.touch()
    assert refused(lambda: check_unlocked(repo)) == (
        f"{place} exists: git is running in {root}, or was killed there. Wait until it ends; if none is running: "
        f"rm {shlex.join(map(str, [place, *others]))}"
    )
    assert refused(lambda: check_can_commit(repo)).startswith(f"{place} exists")
    place.unlink()
    check_unlocked(repo)


def test_a_lock_that_goes_is_waited_for(repo: Repo, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 2:
            (root / ".git/index.lock").unlink()

    (root / ".git/index.lock").touch()
    monkeypatch.setattr(writable, "LOCK_WAIT", 60.0)
    monkeypatch.setattr("time.sleep", wait)
    check_unlocked(repo)
    assert waited == [3.0, 3.0]


def test_the_locks_of_another_branch_and_without_one_do_not_matter(repo: Repo, root: Path) -> None:
    (root / ".git/refs/heads/other.lock").touch()
    check_unlocked(repo)
    (root / ".git/refs/heads/main.lock").touch()
    git(root, "symbolic-ref", "HEAD", "refs/heads/third")
    check_unlocked(repo)
    git(root, "update-ref", "--no-deref", "HEAD", git(root, "rev-parse", "main"))
    check_unlocked(repo)


def test_a_commit_needs_somebody_who_makes_it(repo: Repo, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_NAME", "")
    monkeypatch.setenv("GIT_COMMITTER_EMAIL", "")
    git(root, "config", "user.useConfigOnly", "true")
    with pytest.raises(BadInputError, match="git does not know who you are"):
        check_can_commit(repo)
