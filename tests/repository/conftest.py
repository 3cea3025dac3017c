"""The profile for many examples is known before the command line is read; a clone whose remote is on this machine."""

import subprocess
from pathlib import Path

import pytest

from hubimages.repository import pull_request
from tests import examples  # noqa: F401 - its profile


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty clone of an empty repository on github.com, which git finds in a folder of this machine; no token."""

    def git(*args: str | Path) -> None:
        subprocess.run(["git", "-C", root, *args], check=True)

    for name in (*pull_request.TOKENS, "GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    bare, root = tmp_path / "served/org/deployment.git", tmp_path / "clone"
    root.mkdir()
    git("init", "-q", "--bare", "-b", "main", bare)
    git("init", "-q", "-b", "main")
    git("config", "--global", f"url.{tmp_path / 'served'}/.insteadOf", "https://github.com/")
    git("remote", "add", "origin", "https://github.com/org/deployment.git")
    return root
