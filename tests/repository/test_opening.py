"""What git says of a repository reaches the person, with its remedy; only where there is none is there none."""

import os
import subprocess
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from hubimages.imagebuilding.new.make_hub import root_of
from hubimages.repository.opening import NoRepositoryError, deployment_repository


def git(root: Path, *args: str) -> None:
    subprocess.run(["git", *args], cwd=root, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / os.fsdecode(b"a \n \xff repository")
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    git(root, "commit", "-q", "--allow-empty", "-m", "Start")
    return root


def test_a_path_with_any_characters_is_read_right(root: Path) -> None:
    (root / "folder").mkdir()
    repo = deployment_repository(root / "folder")
    assert (repo.git_dir, repo.work_tree) == (root / ".git", root)


def test_a_work_tree_has_its_own_directory(root: Path, tmp_path: Path) -> None:
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    repo = deployment_repository(tmp_path / "linked")
    assert (repo.git_dir, repo.work_tree) == (root / ".git/worktrees/linked", tmp_path / "linked")


def spoil(root: Path, home: Path, case: str) -> Path:
    if case == "configuration":
        (root / ".git/config").write_text("[broken\n")
    elif case == "own configuration":
        (home / ".gitconfig").write_text("[broken\n")
    elif case == "format":
        git(root, "config", "core.repositoryFormatVersion", "99")
    elif case == "bare by mistake":
        git(root, "config", "core.bare", "true")
    elif case == "no HEAD":
        (root / ".git/HEAD").unlink()
    elif case == "bare":
        git(root.parent, "clone", "-q", "--bare", str(root), str(root.parent / "bare.git"))
        return root.parent / "bare.git"
    elif case == "git's own directory":
        return root / ".git"
    elif case == "owner":
        if os.geteuid() != 0:
            pytest.skip("needs root, to give a repository away")
        for place in (root, root / ".git"):
            os.chown(place, 12345, 12345)
    return root


SAID = {
    "configuration": (BadInputError, "bad config line 1"),
    "own configuration": (BadInputError, "bad config line 1"),
    "format": (BadInputError, "99"),
    "bare by mistake": (BadInputError, "config core.bare false"),
    "no HEAD": (BadInputError, r"git does not recognise .*\.git as a repository"),
    "bare": (BadInputError, "is a bare repository, which has no files to edit. Use a clone of it"),
    "git's own directory": (BadInputError, "is inside git's own directory"),
    "owner": (RefusedError, r"dubious ownership(.|\n)*git config --global --add safe.directory"),
}


@pytest.mark.parametrize("case", SAID)
def test_a_repository_that_git_cannot_use_is_not_taken_for_none(case: str, root: Path, home: Path) -> None:
    kind, said = SAID[case]
    where = spoil(root, home, case)
    with pytest.raises(kind, match=f"(?s){said}") as raised:
        deployment_repository(where)
    assert not isinstance(raised.value, NoRepositoryError)
    with pytest.raises(kind):
        root_of(where)


def test_where_there_is_no_repository_a_hub_can_be_made_beside_a_plain_file(tmp_path: Path) -> None:
    with pytest.raises(NoRepositoryError, match=r"is not a git repository\. Run this in a clone"):
        deployment_repository(tmp_path)
    assert root_of(tmp_path) == (tmp_path.resolve(), None)
