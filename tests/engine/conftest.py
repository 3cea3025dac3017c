"""Fixtures and marks for the tests that need an engine."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import Engine
from tests.engine.small import SMALL, Repository, images
from tests.histories import git

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests, so that `-m "not engine"` leaves them out."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.engine)


@pytest.fixture(scope="session", autouse=True)
def pip_cache() -> Iterator[None]:
    """Give all installations one cache: each test has its own HOME, in which pip would have none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_CACHE_DIR", os.environ.get("PIP_CACHE_DIR", str(Path.home() / ".cache/pip")))
        yield


@pytest.fixture(scope="module", autouse=True)
def logins_end_with_the_module(engine: Engine) -> Iterator[None]:
    """Log out after each module: all tests share Docker's configuration."""
    file = Path(engine.env["DOCKER_CONFIG"]) / "config.json"
    before = file.read_bytes() if file.exists() else None
    yield
    if before is not None:
        file.write_bytes(before)
    else:
        file.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def folder(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a generated repository with the sessions' tools installed, for all tests."""
    path = tmp_path_factory.mktemp("refusals") / "small"
    template.plan_new_repository(path, {"image": "our/small", "arm64": "yes"}).apply()
    repository = Repository(path, environment({**engine.env, "IMAGE": "127.0.0.1:9/our/small", "PATIENCE": "0"}))
    repository.write(SMALL)
    done = subprocess.run([sys.executable, "-m", "nox", "-s", "build"], cwd=path, env=repository.env, check=False)
    assert done.returncode == 0
    engine.docker("image", "rm", f"127.0.0.1:9/our/small:{repository.tag}")
    return path


@pytest.fixture
def repository(engine: Engine, folder: Path) -> Iterator[Repository]:
    """Return a repository with an image of one small layer, and a contract that every image meets."""
    first = git("-C", folder, "rev-list", "--max-parents=0", "HEAD").strip()
    git("-C", folder, "reset", "--quiet", "--hard", first)
    git("-C", folder, "clean", "--quiet", "--force", "-d")
    repository = Repository(folder, environment({**engine.env, "IMAGE": "127.0.0.1:9/our/small", "PATIENCE": "0"}))
    repository.write(SMALL)
    before = images(engine)
    yield repository
    for name in images(engine) - before:
        engine.try_docker("image", "rm", "--force", name)
