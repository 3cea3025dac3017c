"""Fixtures: real registries without an engine, and the user's Docker configuration."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.plugin import serve
from tests.engine.registry import Registry

Configure = Callable[..., None]


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Yield a real registry without a password."""
    yield from serve(tmp_path_factory.mktemp("open"))


@pytest.fixture(scope="session")
def locked_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """Yield a real registry that needs a password for everything."""
    yield from serve(tmp_path_factory.mktemp("locked"), username="robot", password="correct horse")


@pytest.fixture
def configure(home: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Return a function that writes Docker's configuration: `configure(host="user:password", ..., **settings)`."""
    monkeypatch.delenv("DOCKER_CONFIG", raising=False)

    def write(logins: dict[str, str] | None = None, **settings: Any) -> None:
        auths = {host: {"auth": b64encode(login.encode()).decode()} for host, login in (logins or {}).items()}
        file = home / ".docker/config.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps({"auths": auths, **settings}))

    write()
    return write
