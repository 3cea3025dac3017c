"""A dry run and a check change nothing; an update that is killed leaves nothing, or the branch, whole."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hubimages.update.released import installed_version
from tests.lingering import wait_for_programs
from tests.sample import some
from tests.update.repositories import ROOT, commit, files, git, state, update

BRANCH = f"update-to-template-{installed_version()}"


def in_conflict(repo: Path) -> Path:
    """The repository with a change that conflicts with another registry."""
    (repo / "README.md").write_text("Ours.\n")
    commit(repo)
    return repo


WORDS = [["--dry-run"], ["--check"], ["--dry-run", "--json"], ["--check", "--json"]]


@pytest.mark.parametrize("words", some(WORDS, 1, 2))
def test_a_dry_run_and_a_check_leave_every_byte_as_it_was(words, made_from):
    repo = made_from(1)
    before = state(repo)
    done = update(repo, *words, code=1 if "--check" in words else 0)
    assert state(repo) == before
    if "--json" in words:
        assert json.loads(done.stdout)["newer"] is True
    elif "--check" in words:
        assert f"What version {installed_version()} changes for you:" in done.stdout
        assert done.stdout.endswith(f"To have it: hubimages update-image-repo {repo}\n")


def test_a_check_needs_nobody_to_commit_as_and_an_update_does(made_from):
    repo = made_from(1)
    nobody = {"GIT_AUTHOR_NAME": "", "GIT_COMMITTER_NAME": ""}
    assert "What version" in update(repo, "--check", code=1, **nobody).stdout
    assert "git does not know who you are" in update(repo, code=2, **nobody).stderr


def test_the_diff_of_a_dry_run_is_the_diff_of_the_branch(made_from):
    repo = made_from(1)
    shown = update(repo, "--dry-run", "--set=registry=ghcr.io").stdout
    update(repo, "--set=registry=ghcr.io")
    assert shown.startswith(git(repo, "diff", "-M", f"main..{BRANCH}"))


def test_a_dry_run_of_a_conflict_shows_it_and_ends_as_the_update_would(made_from):
    repo = in_conflict(made_from(1))
    before = state(repo)
    shown = update(repo, "--dry-run", "--set=registry=ghcr.io", code=1).stdout
    assert state(repo) == before
    assert "+<<<<<<< " in shown
    assert "$ git cherry-pick COMMIT" in shown


def test_the_same_command_again_finds_its_branch(made_from):
    repo = made_from(1)
    first = json.loads(update(repo, "--json").stdout)["commit"]
    before = state(repo)
    assert json.loads(update(repo, "--json").stdout)["commit"] == first == git(repo, "rev-parse", BRANCH)
    assert state(repo) == before


def killed(repo: Path, seconds: float, number: int, *words: str) -> None:
    """Start an update and end it after a while."""
    argv = [sys.executable, "-m", "hubimages", "update-image-repo", str(repo), *words]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    process = subprocess.Popen(argv, env={**os.environ, "PYTHONPATH": str(ROOT)}, **quiet)
    time.sleep(seconds)
    process.send_signal(number)
    process.wait()


def assert_as_before_or_whole(repo: Path, before: dict, head: str) -> None:
    """The files, the index and the branch are as before; the new branch is not there, or has its one commit."""
    now = {path: data for path, data in state(repo).items() if not path.startswith(".git/")}
    assert now == {path: data for path, data in before.items() if not path.startswith(".git/")}
    assert git(repo, "rev-parse", "--abbrev-ref", "HEAD") == "main"
    refs = dict(row.split() for row in git(repo, "for-each-ref", "--format=%(refname:short) %(objectname)").split("\n"))
    assert refs.pop("main") == head
    if refs:
        assert list(refs) == [BRANCH]
        assert git(repo, "rev-parse", f"{BRANCH}^") == head
        assert b"template_version:" in files(repo, BRANCH)[".hubimages.yaml"][1]
    git(repo, "fsck", "--strict", "--no-dangling")


MOMENTS = [each / 10 for each in range(1, 41)]


def ends(**often: tuple[int, ...]) -> list[object]:
    """Return each signal with each moment; a normal run has those of these numbers."""
    return [
        pytest.param(seconds, signal.Signals[name], marks=[] if number in some else pytest.mark.deep)
        for name, some in often.items()
        for number, seconds in enumerate(MOMENTS)
    ]


@pytest.mark.parametrize(("seconds", "number"), ends(SIGKILL=(3,), SIGTERM=(7,)))
def test_killed_at_any_moment_the_repository_is_as_before_or_has_the_branch(seconds, number, made_from):
    repo = made_from(1)
    before, head = state(repo), git(repo, "rev-parse", "HEAD")
    killed(repo, seconds, number)
    wait_for_programs(repo)
    assert_as_before_or_whole(repo, before, head)
    update(repo)
    assert_as_before_or_whole(repo, before, head)
    assert git(repo, "rev-parse", f"{BRANCH}^") == head


@pytest.mark.parametrize(("seconds", "number"), ends(SIGKILL=(8,), SIGTERM=()))
def test_killed_with_conflicts_it_is_as_before_or_on_the_branch_with_all_of_them(seconds, number, made_from):
    repo = in_conflict(made_from(1))
    before, head = state(repo), git(repo, "rev-parse", "HEAD")
    killed(repo, seconds, number, "--set=registry=ghcr.io")
    wait_for_programs(repo)
    if (repo / ".git/CHERRY_PICK_HEAD").exists():
        assert git(repo, "branch", "--show-current") == BRANCH
        assert git(repo, "diff", "--name-only", "--diff-filter=U") == "README.md"
        git(repo, "cherry-pick", "--abort")
        git(repo, "switch", "--quiet", "main")
    elif git(repo, "branch", "--show-current") == BRANCH:  # between two steps, with no file changed
        git(repo, "switch", "--quiet", "main")
    if git(repo, "branch", "--list", BRANCH):
        assert git(repo, "rev-parse", BRANCH) == head
    now = {path: data for path, data in state(repo).items() if not path.startswith(".git/")}
    assert now == {path: data for path, data in before.items() if not path.startswith(".git/")}
    update(repo, "--set=registry=ghcr.io", code=1)
    assert git(repo, "diff", "--name-only", "--diff-filter=U") == "README.md"


def test_where_git_stops_in_the_middle_of_a_pick_everything_is_as_before(made_from):
    repo = in_conflict(made_from(1))
    git(repo, "config", "filter.broken.smudge", "false")
    git(repo, "config", "filter.broken.required", "true")
    (repo / ".git/info/attributes").write_text("/.github/image_build/visibility.py filter=broken\n")
    (repo / "mine.txt").write_text("mine\n")
    before = state(repo)
    done = update(repo, "--set=registry=ghcr.io", code=4)
    assert "smudge filter broken failed" in done.stderr
    unseen = (".git/objects/", ".git/logs/")
    assert {path: data for path, data in state(repo).items() if not path.startswith(unseen)} == {
        path: data for path, data in before.items() if not path.startswith(unseen)
    }
    (repo / ".git/info/attributes").unlink()
    update(repo, "--set=registry=ghcr.io", code=1)


def test_on_a_detached_head_and_in_a_linked_work_tree_it_goes_back_to_where_it_was(made_from, tmp_path):
    repo = in_conflict(made_from(1))
    git(repo, "worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    linked = tmp_path / "linked"
    head = git(repo, "rev-parse", "HEAD")
    done = update(linked, "--set=registry=ghcr.io", code=1)
    assert git(linked, "branch", "--show-current") == BRANCH
    assert git(linked, "diff", "--name-only", "--diff-filter=U") == "README.md"
    assert git(repo, "status", "--porcelain", "--branch") == "## main"
    back = next(line for line in done.stdout.splitlines() if line.startswith("Go back: ")).removeprefix("Go back: ")
    for command in back.split(" && "):
        git(linked, *command.split()[3:])
    assert git(linked, "status", "--porcelain", "--branch") == "## HEAD (no branch)"
    assert git(linked, "rev-parse", "HEAD") == head
    git(repo, "checkout", "--quiet", "HEAD~1")
    update(repo)
    assert git(repo, "rev-parse", f"{BRANCH}^") == git(repo, "rev-parse", "HEAD")
