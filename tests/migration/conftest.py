"""A real registry that needs no engine."""

from collections.abc import Iterator

import pytest

from tests.engine.plugin import serve
from tests.engine.registry import Registry


@pytest.fixture(scope="session")
def open_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry that asks for no password."""
    yield from serve(tmp_path_factory.mktemp("open"))
