"""A generated repository with an image of one small layer, in which sessions run in a second or two."""

import re
import subprocess
import sys
import urllib.error
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.histories import git

# The names of images that these tests build, on an engine that others may use, too.
OURS = re.compile("/our/(small|cached|dated|joined|preview):")
PASSES = "def test_it():\n    pass\n"
SMALL = {"Dockerfile": "FROM scratch\nCOPY README.md /\n", "image-contract/test_contract.py": PASSES}


@dataclass(frozen=True)
class Repository:
    """A generated repository with a small image, and the environment in which its sessions run."""

    path: Path
    env: Mapping[str, str]

    def nox(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a session as a user does."""
        return subprocess.run(
            self.argv(*words), cwd=self.path, env={**self.env, **env}, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "nox", "-R", "-s", *words]  # -R: install only once

    @property
    def tag(self) -> str:
        return git("-C", self.path, "rev-parse", "--short=12", "HEAD")[:12]

    def write(self, files: Mapping[str, str]) -> None:
        """Write files and commit them."""
        for name, text in files.items():
            (self.path / name).write_text(text)
        git("-C", self.path, "add", "--all")
        git("-C", self.path, "commit", "--allow-empty", "--quiet", "--message", "Change")


def images(engine: Engine) -> set[str]:
    """Return the references of the engine's images."""
    names = engine.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").splitlines()
    return {name for name in names if OURS.search(name)}


def session_error(done: subprocess.CompletedProcess[str]) -> str:
    """Return the message of a failed session, without the output of the programs that it ran."""
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stdout
    return "\n".join(line for line in done.stdout.splitlines() if line.startswith("nox > "))


def digest(registry: Registry, name: str, tag: str) -> str:
    """Return the digest of a tag in a registry; empty if the tag does not exist."""
    try:
        return registry.digest(name, tag)
    except urllib.error.HTTPError as error:
        assert error.code == 404
        return ""
