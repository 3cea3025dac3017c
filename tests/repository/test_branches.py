"""A new branch starts at HEAD without a look at files; what fails leaves a person where they were."""

import subprocess
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError, StorageError
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo
from tests.references.pointing import IMAGE, hubimages, make_deployment


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "deployment"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "a").write_text("old\n")
    git(root, "add", "a")
    git(root, "commit", "-q", "-m", "Start")
    return root


def repo(root: Path) -> Repo:
    return changes.deployment_repository(root)


def fail(root: Path, branch: str = "bump") -> None:
    with pytest.raises(StorageError, match="as the test wants it"), changes.on_branch(repo(root), branch):
        raise StorageError("as the test wants it")


@pytest.mark.parametrize("hook", ["post-checkout", "pre-commit"])
def test_after_a_failure_the_branch_is_gone_and_head_is_back(hook: str, root: Path) -> None:
    (root / ".git/hooks").mkdir(exist_ok=True)
    (root / ".git/hooks" / hook).write_text("#!/bin/sh\nexit 1\n")
    (root / ".git/hooks" / hook).chmod(0o755)
    fail(root)
    assert git(root, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert git(root, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert not (root / ".git/logs/refs/heads/bump").exists()


def test_a_detached_head_is_detached_again(root: Path) -> None:
    git(root, "switch", "-q", "--detach")
    fail(root)
    assert git(root, "branch", "--show-current") == ""
    assert git(root, "for-each-ref", "--format=%(refname)") == "refs/heads/main"
    assert git(root, "rev-parse", "HEAD") == git(root, "rev-parse", "main")


def test_a_branch_that_was_there_stays(root: Path) -> None:
    git(root, "branch", "bump")
    fail(root)
    assert git(root, "for-each-ref", "--format=%(refname)") == "refs/heads/bump\nrefs/heads/main"
    assert git(root, "branch", "--show-current") == "main"


def test_a_branch_that_somebody_else_moved_meanwhile_stays(root: Path) -> None:
    other = git(root, "commit-tree", "-p", "HEAD", "-m", "Theirs", "HEAD^{tree}")
    with pytest.raises(StorageError, match="You are on branch bump now"), changes.on_branch(repo(root), "bump"):
        git(root, "update-ref", "refs/heads/bump", other)
        raise StorageError("full")
    assert git(root, "rev-parse", "bump") == other


def test_where_a_commit_stays_the_person_is_told_where_they_are_and_how_to_go_back(root: Path) -> None:
    with pytest.raises(StorageError) as failed, changes.on_branch(repo(root), "bump"):
        changes.commit(repo(root), Commit("New", [FileEdit("a", "old\n", "new\n")]))
        raise StorageError("the registry's disk is full")
    assert str(failed.value) == "the registry's disk is full\nYou are on branch bump now. To go back: git switch main"
    subprocess.run("git switch main", cwd=root, shell=True, check=True, capture_output=True)
    assert (root / "a").read_text() == "old\n"


@pytest.mark.parametrize("name", ["a b", "HEAD", "-x", "@{-1}", "a..b", "x.lock", "", "a/"])
def test_a_name_that_git_does_not_take_is_refused(name: str, root: Path) -> None:
    with pytest.raises(BadInputError, match="is not a valid branch name"):
        changes.check_branch(repo(root), name)


def test_the_command_that_is_shown_takes_a_person_to_the_branch(root: Path) -> None:
    assert changes.check_branch(repo(root), "main") == ""
    assert changes.check_branch(repo(root), "bump") == "git switch -c bump"
    git(root, "branch", "bump")
    assert changes.check_branch(repo(root), "bump") == "git switch bump"
    git(root, "branch", "folder/branch")
    for name, said in {"folder": "branch folder/branch exists", "bump/more": "branch bump exists"}.items():
        with pytest.raises(RefusedError, match=said):
            changes.check_branch(repo(root), name)


def test_a_dry_run_shows_what_would_be_run_and_is_refused_where_that_would_be(tmp_path: Path) -> None:
    root = make_deployment(tmp_path / "deployment")
    point = ("point-hubs", f"{IMAGE}:f5e4d3c2b1a0", "--all", "--unchecked", "--dry-run")
    assert "$ git switch -c bump\n" in hubimages(root, *point, "--branch=bump").stdout
    git(root, "branch", "bump")
    assert "$ git switch bump\n" in hubimages(root, *point, "--branch=bump").stdout
    git(root, "switch", "-q", "--detach")
    refused = hubimages(root, *point, "--commit")
    assert (refused.returncode, "HEAD is detached" in refused.stderr) == (3, True)
    git(root, "switch", "-q", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "More")
    refused = hubimages(root, *point, "--branch=bump")
    assert (refused.returncode, "branch bump exists and is at another commit" in refused.stderr) == (3, True)
