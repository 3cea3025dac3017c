"""A login in an address reaches the server, and nothing else: no argument, no file, no message."""

import os
from pathlib import Path

import pytest

from tests.faults.tasks.image_repos import HISTORY
from tests.faults.tasks.many import IN_EACH, WORDS
from tests.histories import git
from tests.histories import make as make_history
from tests.hostile.secrets import ENVIRONMENT, in_address, places, spied
from tests.migration import fleet


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    for name in ("temporary", "there"):
        (tmp_path / name).mkdir()
    return {**os.environ, **ENVIRONMENT, "TMPDIR": str(tmp_path / "temporary")}


def test_extract_and_push_with_logins_in_addresses(guarded: str, tmp_path: Path, env: dict[str, str]) -> None:
    make_history(tmp_path / "served/hubs.git", HISTORY)
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "served/image.git")
    git("-C", tmp_path / "served/image.git", "config", "http.receivepack", "true")
    login = in_address("address")
    words = (f"http://{login}@{guarded}/hubs.git", fleet.place(0), "made/image", "--yes", "--json")
    to = (f"--origin=http://{login}@{guarded}/image.git", "--push")
    done = spied("extract-image", *words, *to, cwd=tmp_path / "there", env=env, log=tmp_path / "log")
    assert done.code == 0, done.said
    assert git("-C", tmp_path / "there/made/image", "remote", "get-url", "origin") == f"http://{guarded}/image.git"
    made = git("-C", tmp_path / "there/made/image", "rev-parse", "main")
    assert git("-C", tmp_path / "served/image.git", "rev-parse", "main") == made
    assert done.leaks() == []
    assert places(tmp_path / "there") == []
    assert places(tmp_path / "temporary") == []


@pytest.mark.deep
def test_each_clones_and_pushes_with_a_login_in_the_list(guarded: str, tmp_path: Path, env: dict[str, str]) -> None:
    bare = tmp_path / "served/org/one.git"
    git("init", "--quiet", "--bare", "--initial-branch=main", bare)
    git("-C", bare, "config", "http.receivepack", "true")
    work = tmp_path / "work"
    git("clone", "--quiet", bare, work)
    (work / "a").write_text("old\n")
    git("-C", work, "add", "a")
    git("-C", work, "commit", "--quiet", "--message=Start")
    git("-C", work, "push", "--quiet", "origin", "HEAD:main")
    (tmp_path / "there/repos").write_text(f"http://{in_address('address')}@{guarded}/org/one.git\n")
    done = spied(*WORDS, "--push", *IN_EACH, cwd=tmp_path / "there", env=env, log=tmp_path / "log")
    assert done.code == 0, done.said
    assert git("-C", bare, "show", "new:a") == "new"
    assert done.leaks() == []
    assert places(tmp_path / "there", but=["repos"]) == []
    assert places(tmp_path / "temporary") == []


@pytest.mark.deep
@pytest.mark.parametrize("task", ["extract-image", "find-images"])
def test_a_login_that_is_refused_is_not_shown(task: str, guarded: str, tmp_path: Path, env: dict[str, str]) -> None:
    make_history(tmp_path / "served/hubs.git", HISTORY)
    more = (fleet.place(0), "made/image", "--yes") if task == "extract-image" else ()
    words = (task, f"http://{in_address('wrong')}@{guarded}/hubs.git", *more)
    done = spied(*words, cwd=tmp_path / "there", env=env, log=tmp_path / "log")
    assert done.code == 77, done.said
    assert done.leaks() == []
    assert places(tmp_path / "there") == []
