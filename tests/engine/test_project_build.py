"""`nox -s build` in this project's checkout runs a repository's sessions, or says why it cannot."""

import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import Engine
from tests.histories import git

ROOT = Path(__file__).parents[2]
IMAGE = "127.0.0.1:9/our/project-build"

pytestmark = pytest.mark.usefixtures("no_container_left")


def build(engine: Engine, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the session as a contributor does."""
    return subprocess.run(
        [sys.executable, "-m", "nox", "-s", "build", "--", *words], cwd=ROOT, text=True, check=False,
        env=environment({**engine.env, "IMAGE": IMAGE, **env}), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a generated repository with a small image, and a contract that every image meets."""
    path = tmp_path / "small"
    template.plan_new_repository(path, {}).apply()
    (path / "Dockerfile").write_text("FROM scratch\nCOPY README.md /\n")
    (path / "image-contract/test_contract.py").write_text("def test_it():\n    pass\n")
    git("-C", path, "add", "--all")
    git("-C", path, "commit", "--quiet", "--message", "Make it small")
    return path


def test_a_repository_is_built_and_tested_by_its_own_sessions(engine: Engine, repository: Path) -> None:
    done = build(engine, str(repository))
    reference = f"{IMAGE}:{git('-C', repository, 'rev-parse', '--short=12', 'HEAD')[:12]}"
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert f"image   {reference}\n" in done.stdout
    engine.docker("image", "rm", reference)


def test_without_an_engine_it_says_so(engine: Engine, repository: Path) -> None:
    done = build(engine, str(repository), DOCKER_HOST="tcp://127.0.0.1:9")
    assert done.returncode == 1
    assert "Docker does not answer. Start it" in done.stdout


@pytest.mark.parametrize("words", [["no/such/place"], ["."], ["a", "b"], ["--push"]])
def test_what_is_no_user_image_repository_is_refused_at_once(engine: Engine, words: list[str]) -> None:
    done = build(engine, *words)
    assert done.returncode == 1
    assert "user-image repository" in done.stdout
    assert "jupyter-repo2docker" not in done.stdout
