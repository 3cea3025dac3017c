"""Fixtures of the engine tests: a real engine, real registries, and stand-ins for images that would be pulled.

Load it in the top conftest: `pytest_plugins = ["tests.engine.plugin"]`.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import needs
from tests.engine import registry as registries
from tests.engine.engine import Engine, any_engine
from tests.engine.install import DISK, EngineUnavailableError, ensure_registry
from tests.engine.stand_ins import repo2docker_base, stand_ins

# Besides the base of repo2docker. `stand_ins` takes any other tag of these.
BASES = ("pangeo/base-image:2025.01.10", "quay.io/jupyter/minimal-notebook:2025-01-10")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Yield a container engine; give `engine.env` to the programs that use it."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(any_engine())
        except EngineUnavailableError as reason:
            needs.ENGINE.missing(str(reason))
        yield started


@pytest.fixture
def engine_env(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Yield the engine, with DOCKER_HOST and DOCKER_CONFIG set for code that reads the environment."""
    for name, value in engine.env.items():
        monkeypatch.setenv(name, value)
    return engine


@pytest.fixture(scope="session")
def registry(engine: Engine) -> Iterator[registries.Registry]:
    """Yield a registry without a password. A private daemon looks there for docker.io's images, too."""
    if engine.mirror is not None:
        yield engine.mirror
        return
    with tempfile.TemporaryDirectory(prefix="hubimages-registry-", dir=DISK) as folder:
        yield from serve(Path(folder))


@pytest.fixture(scope="session")
def password_registry(engine: Engine) -> Iterator[registries.Registry]:
    """Yield a registry that requires a password for everything."""
    with tempfile.TemporaryDirectory(prefix="hubimages-registry-", dir=DISK) as folder:
        yield from serve(Path(folder), username="robot", password="correct horse")


def serve(root: Path, *, username: str = "", password: str = "") -> Iterator[registries.Registry]:
    """Yield a registry, or skip with the reason if there is none."""
    try:
        ensure_registry()
        with registries.serve(root, username=username, password=password) as served:
            yield served
    except EngineUnavailableError as reason:
        needs.REGISTRY.missing(str(reason))


@pytest.fixture(scope="session")
def base_images(engine: Engine) -> Iterator[tuple[str, ...]]:
    """Yield repo2docker's base and the names in BASES, each an image that builds need not pull."""
    names = (repo2docker_base(), *BASES)
    with stand_ins(engine, *names):
        yield names


@pytest.fixture
def no_container_left(engine: Engine) -> Iterator[None]:
    """Fail the test if it leaves a container behind."""
    before = engine.containers()
    yield
    left = engine.containers() - before
    deadline = time.monotonic() + 30
    while left and not engine.private and time.monotonic() < deadline:
        time.sleep(1)  # perhaps another user's, and gone in a moment
        left &= engine.containers()
    # another user of this engine may have started it
    for container in left if engine.private else ():
        engine.try_docker("rm", "--force", "--volumes", container)
    assert not left, f"containers left behind: {left}"
