"""The servers that the tasks ask, each behind a gate, and the scenarios made for a test."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.engine.plugin import serve
from tests.environment.channel import BASE, make_channel
from tests.environment.wheels import Quiet
from tests.faults.dying import gate
from tests.faults.servers import GitHubServer, Servers, publish
from tests.faults.tasks import SCENARIOS
from tests.faults.tasks.live_hubs import STORED
from tests.faults.trial import Trial, begin
from tests.faults.world import World
from tests.imagebuilding.encryption import key, sops_program
from tests.live_hub.hub import RunningHub
from tests.live_hub.test_configurator import configurator_hub
from tests.serving import git_daemon, serving

__all__ = ["key", "sops_program"]  # fixtures


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A registry, a server of git repositories and one that answers as GitHub's API, each behind a gate."""
    registries = serve(tmp_path_factory.mktemp("registry"))
    registry = next(registries)
    with (
        gate(registry.address) as images,
        git_daemon() as git,
        GitHubServer.answering() as github,
    ):
        publish(registry)
        with gate(git) as repositories, gate(github.address) as api:
            yield Servers(registry, github, {"registry": images, "git": repositories, "github": api})
    for _ in registries:
        pass


@pytest.fixture(scope="session")
def channel(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a conda channel, behind a gate."""
    folder = tmp_path_factory.mktemp("channel")
    make_channel(folder, [*BASE, ("numpy", "2.3", ("python",))])
    with serving(partial(Quiet, directory=str(folder))) as address, gate(address) as before:
        servers.gates["channel"] = before
        yield f"http://{before.address}"


@pytest.fixture(scope="session")
def hub(servers: Servers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A real JupyterHub with the Configurator; there is a gate before it for the tasks."""
    place = tmp_path_factory.mktemp("hub")
    with configurator_hub(place, stored=STORED) as running, gate(urlsplit(running.address).netloc) as before:
        servers.gates["hub"] = before
        yield running


@pytest.fixture(scope="session")
def encryption(sops_program: str, key: tuple[str, str]) -> tuple[str, str, str]:
    """PATH with a real sops, the folder of a key of gpg, and the key's fingerprint."""
    return os.pathsep.join([sops_program, os.environ["PATH"]]), *key


@pytest.fixture(scope="session")
def trials() -> dict[str, Trial]:
    """The scenarios made so far."""
    return {}


@pytest.fixture
def trial_of(
    trials: dict[str, Trial],
    tmp_path_factory: pytest.TempPathFactory,
    servers: Servers,
    request: pytest.FixtureRequest,
) -> Callable[[str], Trial]:
    """Return a function that makes a scenario by its name, once for all faults, and runs it undisturbed."""

    def make(name: str) -> Trial:
        scenario = next(each for each in SCENARIOS if each.name == name)
        if scenario.needs is not None:
            scenario.needs()
        given = {name: request.getfixturevalue(name) for name in scenario.fixtures}
        servers.open()
        if name not in trials:
            trials[name] = begin(scenario, World(tmp_path_factory.mktemp("faults") / "w", servers, given=given))
        return trials[name]

    return make
