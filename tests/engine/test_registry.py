"""The registry on loopback is a real one: it keeps digests, and requires the password."""

import json
import urllib.error
from pathlib import Path

import pytest

from hubimages.errors import ProgramFailedError
from tests.engine import process
from tests.engine.engine import Engine
from tests.engine.registry import Registry, serve


@pytest.fixture
def small_image(engine: Engine, tmp_path: Path) -> str:
    """Return an image of one file that is not pushed yet."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    engine.build(tmp_path, "small:1")
    return "small:1"


def test_what_is_pushed_is_pulled_back_with_the_same_digest(
    engine: Engine, registry: Registry, small_image: str
) -> None:
    there = f"{registry.address}/a/small:1"
    engine.docker("tag", small_image, there)
    engine.docker("push", there)
    digest = registry.digest("a/small", "1")
    assert json.loads(engine.docker("image", "inspect", "--format", "{{json .RepoDigests}}", there)) == [
        f"{registry.address}/a/small@{digest}"
    ]
    engine.docker("image", "rm", there)
    engine.docker("pull", there)
    assert f"@{digest}" in engine.docker("image", "inspect", "--format", "{{json .RepoDigests}}", there)
    assert registry.tags("a/small") == ["1"]


def test_the_password_is_asked_for(engine: Engine, password_registry: Registry, small_image: str) -> None:
    there = f"{password_registry.address}/a/small:1"
    engine.docker("tag", small_image, there)
    with pytest.raises(ProgramFailedError, match=r"no basic auth credentials|unauthorized"):
        engine.docker("push", there)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        password_registry.digest("a/small", "1")
    engine.login(password_registry)
    try:
        engine.docker("push", there)
    finally:
        engine.logout(password_registry)
    assert password_registry.tags("a/small") == ["1"]


def test_a_wrong_password_is_refused(engine: Engine, password_registry: Registry) -> None:
    wrong = Registry(password_registry.address, password_registry.process, password_registry.log, "robot", "guess")
    with pytest.raises(ProgramFailedError, match=r"(?i)unauthorized"):
        engine.login(wrong)


def test_a_registry_is_gone_afterwards(engine: Engine, tmp_path: Path) -> None:
    with serve(tmp_path / "registry") as served:
        port = int(served.address.rpartition(":")[2])
        assert process.listens(port)
    assert not process.listens(port)
    assert served.process.poll() is not None
