"""A registry, git server or GitHub that dies in the middle of its answers leaves all or nothing; then it works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.faults.counts import counted
from tests.faults.sample import cases
from tests.faults.tasks import SCENARIOS
from tests.faults.trial import Trial, spread

NO_ANSWER = 75


@pytest.mark.parametrize(("name", "most"), cases("server dies", most=6))
def test_a_server_that_dies_leaves_all_or_nothing(name: str, most: int, trial_of: Callable[[str], Trial]) -> None:
    trial = trial_of(name)
    tried = 0
    for server in trial.scenario.server.split():
        gate = trial.world.servers.gates[server]
        trial.reset()
        gate.open()
        done = trial.run()
        total = gate.passed
        assert total, f"{name} asks no {server}: {done.returncode} {done.stderr}"
        for limit in (each - 1 for each in spread(total, most)):
            what = f"{name}: {server} dies after {limit} of {total} bytes"
            trial.reset()
            gate.open(limit)
            done = trial.run()
            gate.open()
            with dead(trial):
                now = trial.check_failed(done, what, NO_ANSWER)
            trial.check_again(what, now)
            tried += 1
    counted(name, "server dies", tried)


@contextmanager
def dead(trial: Trial) -> Iterator[None]:
    """Have the scenario know that a server has died."""
    trial.world.has_died = True
    try:
        yield
    finally:
        trial.world.has_died = False


def test_each_server_is_asked_by_a_scenario() -> None:
    assert {server for each in SCENARIOS for server in each.server.split()} == {
        "registry",
        "git",
        "github",
        "channel",
        "hub",
    }
