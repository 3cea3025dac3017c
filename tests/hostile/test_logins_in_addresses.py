"""A login in an address reaches the server, and nothing else: no argument, no file, no message."""

from pathlib import Path

import pytest

from tests.faults.tasks.image_repos import HISTORY
from tests.histories import git
from tests.histories import make as make_history
from tests.hostile.secrets import ENVIRONMENT, in_address, places, spied
from tests.migration import fleet


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    import os

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
