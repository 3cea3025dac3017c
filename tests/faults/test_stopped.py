"""A task that a signal stops, at moments spread over its run, leaves all or nothing; run again, it succeeds."""

from collections.abc import Callable

import pytest

from tests.faults.counts import counted
from tests.faults.sample import cases
from tests.faults.trial import Trial, spread

MOST = {"SIGKILL": 12, "SIGINT": 6, "SIGTERM": 6}
CODES = {"SIGKILL": -9, "SIGINT": 130, "SIGTERM": 143}
LINES = {"SIGKILL": "", "SIGINT": "interrupted\n", "SIGTERM": "ended by SIGTERM\n"}
CASES = [
    pytest.param(signal, *case.values, id=f"{signal} {case.id}", marks=case.marks)
    for signal, most in MOST.items()
    for case in cases(signal, most)
]


@pytest.mark.parametrize(("signal", "name", "most"), CASES)
def test_stopped_at_any_moment_it_leaves_all_or_nothing(
    signal: str, name: str, most: int, trial_of: Callable[[str], Trial]
) -> None:
    trial = trial_of(name)
    moments = spread(trial.moments, most + 2)[1:-1] if most < 4 else spread(trial.moments, most)
    failures = []
    for moment in moments:
        trial.reset()
        done = trial.run(moment, signal)
        what = f"{name}: {signal} at {moment} of {trial.moments} ({trial.record.read_text()[:200]})"
        failures += trial.problems(done, what, signal, CODES[signal], LINES[signal])
    assert failures == [], "\n".join(failures)
    counted(name, signal, len(moments))


@pytest.mark.parametrize(("name", "most"), cases("SIGTERM while git runs", most=6))
def test_stopped_while_git_runs_it_leaves_all_or_nothing(
    name: str, most: int, trial_of: Callable[[str], Trial]
) -> None:
    trial = trial_of(name)
    programs = trial.programs()
    assert programs, f"{name} starts no git: say so in its `without`"
    moments = spread(programs, most)
    failures = []
    for number in moments:
        trial.reset()
        done = trial.run_with_program(number, "SIGTERM")
        what = f"{name}: SIGTERM while git {number} of {programs} runs"
        failures += trial.problems(done, what, "SIGTERM", CODES["SIGTERM"], LINES["SIGTERM"])
    assert failures == [], "\n".join(failures)
    counted(name, "SIGTERM while git runs", len(moments))
