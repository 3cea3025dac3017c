"""The servers that the tasks ask, each behind a gate, and the scenarios made for a test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.plugin import serve
from tests.faults.dying import gate
from tests.faults.servers import GitHubServer, Servers, git_daemon, publish
from tests.faults.tasks import SCENARIOS
from tests.faults.trial import Trial, begin
from tests.faults.world import World


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A registry, a server of git repositories and one that answers as GitHub's API, each behind a gate."""
    registries = serve(tmp_path_factory.mktemp("registry"))
    registry = next(registries)
    with gate(registry.address) as images, git_daemon() as git, GitHubServer.answering() as github:
        publish(registry)
        with gate(git) as repositories, gate(github.address) as api:
            yield Servers(registry, github, {"registry": images, "git": repositories, "github": api})
    for _ in registries:
        pass


@pytest.fixture
def trial_of(tmp_path: Path, servers: Servers) -> Callable[[str], Trial]:
    """Return a function that makes a scenario by its name and runs it once, undisturbed."""

    def make(name: str) -> Trial:
        scenario = next(each for each in SCENARIOS if each.name == name)
        if scenario.needs is not None:
            scenario.needs()
        servers.open()
        return begin(scenario, World(tmp_path / "w", servers))

    return make
