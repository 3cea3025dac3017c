"""The clock is in the past, nobody reads what a task prints, or it runs twice at once: the result is the same."""

import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import needs
from tests.faults.counts import counted
from tests.faults.sample import cases
from tests.faults.trial import Trial, spread
from tests.faults.world import State

ID = re.compile(r"\b[0-9a-f]{40}\b")
PAST = "2001-02-03 04:05:06"
REFUSED = 3
CLOSED = 'exec "$@" >&-'
GONE = 'exec "$@" | :'
FULL = 'exec "$@" > /dev/full'
PATIENCE = 120  # seconds


@pytest.mark.parametrize(("name", "most"), cases("clock in the past", most=1))
def test_with_a_clock_in_the_past_the_result_is_the_same(
    name: str, most: int, trial_of: Callable[[str], Trial]
) -> None:
    faketime = needs.FAKETIME.program("faketime")
    trial = trial_of(name)
    trial.reset()
    process = trial.process(faketime, "-f", PAST)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == trial.scenario.code, said
    assert without_commits(trial.state()) == without_commits(trial.after)
    assert trial.left() == []
    counted(name, "clock in the past", most)


@pytest.mark.parametrize(("name", "most"), cases("closed stdout", most=3))
def test_when_nobody_reads_what_it_prints_the_result_is_the_same(
    name: str, most: int, trial_of: Callable[[str], Trial]
) -> None:
    trial = trial_of(name)
    for script in (CLOSED, GONE, FULL)[:most]:
        what = f"{name}: {script}"
        trial.reset()
        process = trial.process("sh", "-c", script, "sh")
        _, said = process.communicate(timeout=PATIENCE)
        assert "Traceback" not in said, said
        if script == FULL and trial.prints:
            assert process.returncode == 74, f"{what}: {said}"
            assert said.count("the disk is full") == 1, said
        elif script != GONE:
            assert process.returncode == trial.scenario.code, f"{what}: {said}"
        assert trial.state() == trial.after, what
        assert trial.left() == [], what
    counted(name, "closed stdout", most)


@pytest.mark.parametrize(("name", "most"), cases("two at once", most=4))
def test_two_runs_at_once_do_it_once(name: str, most: int, trial_of: Callable[[str], Trial]) -> None:
    trial = trial_of(name)
    moments = spread(trial.moments, most + 1)[1:]
    for moment in moments:
        what = f"{name}: two at once, one waits at {moment} of {trial.moments}"
        trial.reset()
        first = trial.observed(moment, "SIGSTOP")
        until_stopped(first)
        second = trial.observed(0, "")
        until_it_waits(second)
        if first.poll() is None:
            first.send_signal(signal.SIGCONT)
        said = [process.communicate(timeout=PATIENCE)[1] for process in (first, second)]
        codes = [process.returncode for process in (first, second)]
        allowed = {trial.scenario.code, *trial.scenario.again, REFUSED, *trial.scenario.meets}
        assert set(codes) <= allowed, f"{what}: {codes} {said}"
        assert trial.scenario.code in codes, f"{what}: {codes} {said}"
        assert "Traceback" not in "".join(said), said
        now = trial.check_between(what)
        if REFUSED in codes:
            trial.check_again(what, now)
        else:
            assert now == trial.after, what
    counted(name, "two at once", len(moments))


def without_commits(found: State) -> State:
    """Return the state without ids: a message may say since when something is so."""
    return {path: ID.sub("", text) if path.endswith(".git") else text for path, text in found.items()}


def until_stopped(process: "subprocess.Popen[str]") -> None:
    """Wait until a process has stopped itself, or ended."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        if Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return
        time.sleep(0.01)


def until_it_waits(process: "subprocess.Popen[str]") -> None:
    """Wait until a process has ended, or waits for a lock that the other holds."""
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        if any(f" {process.pid} " in line and "->" in line for line in Path("/proc/locks").read_text().splitlines()):
            return
        time.sleep(0.02)
