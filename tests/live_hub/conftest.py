"""Hubs that run on loopback, one of each kind for all tests."""

from collections.abc import Iterator

import pytest

from tests.live_hub.hub import RunningHub, running_hub


@pytest.fixture(scope="module")
def profile_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub whose spawner takes the image from the free choice of a profile, as KubeSpawner does."""
    with running_hub(tmp_path_factory.mktemp("hub"), takes="profile") as hub:
        yield hub


@pytest.fixture(scope="module")
def silent_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub whose spawner takes the image from the option `image` and does not tell about it."""
    with running_hub(tmp_path_factory.mktemp("hub"), takes="silent") as hub:
        yield hub
