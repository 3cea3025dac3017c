"""Jobs are done in several processes; one that is killed takes its own job with it, and no other."""

import errno
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

from hubimages import signals
from hubimages.errors import HubImagesError, ProgramFailedError, RefusedError, StorageError
from hubimages.migration import workers


@contextmanager
def at_work(number: int) -> Iterator[Callable[[int], tuple[int, int]]]:
    def do(job: int) -> tuple[int, int]:
        if job == 100:
            raise RefusedError("not this one")
        if job == 200 and number:
            os.kill(os.getpid(), signal.SIGKILL)
        if job == 300 and number:
            os.kill(os.getpid(), signal.SIGINT)
        assert sys.stdin is None  # nobody is asked
        sys.stderr.write("not on the terminal\n")
        return job, number

    yield do


def done(jobs: list[int], processes: int) -> dict[int, tuple[int, int] | HubImagesError]:
    found = list(workers.each(jobs, at_work, processes))
    assert len({place for place, _ in found}) == len(found)  # each once
    return dict(sorted(found))


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("jobs", [0, 1, 2, 3, 7])
def test_every_job_is_done_once(jobs: int, processes: int, capfd: pytest.CaptureFixture[str]) -> None:
    found = done(list(range(jobs)), processes)
    assert [one[0] for one in found.values() if isinstance(one, tuple)] == list(range(jobs))
    assert {one[1] for one in found.values() if isinstance(one, tuple)} <= set(range(processes))
    assert capfd.readouterr().err == ""
    assert sys.stdin is not None


def test_an_error_is_that_of_its_job_alone() -> None:
    found = done([1, 100, 2], 2)
    assert [type(one) for one in found.values()] == [tuple, RefusedError, tuple]


@pytest.mark.parametrize(("job", "code"), [(200, "signal 9"), (300, "exit code 130")])
def test_a_stopped_process_takes_the_job_that_it_did_and_the_next_is_done_by_another(job: int, code: str) -> None:
    # The fork gets the first job and, since there are enough, the one after this process's own.
    found = done([job, 1, 2, 3, 4, 5, 6], 2)
    (error,) = [one for one in found.values() if isinstance(one, HubImagesError)]
    assert isinstance(error, ProgramFailedError)
    assert f"was stopped ({code})" in str(error)
    assert [one[0] for one in found.values() if isinstance(one, tuple)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("error", [StorageError("the disk is full"), OSError(errno.ENOSPC, "No space left on device")])
def test_a_process_that_cannot_begin_says_why_for_each_of_its_jobs(
    error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def full(number: int) -> Iterator[Callable[[int], int]]:
        if number:
            raise error
        yield lambda job: job

    found = dict(workers.each(list(range(5)), full, 2))
    failed = [one for one in found.values() if not isinstance(one, int)]
    assert len(found) == 5
    assert failed
    assert {type(one) for one in failed} == {StorageError}
    assert capfd.readouterr().err == ""


def test_a_process_that_starts_as_a_signal_comes_is_waited_for_and_gets_later_ones(tmp_path: Path) -> None:
    us = os.getpid()

    def interrupt(frame: FrameType, event: str, called: object) -> None:
        if event == "c_return" and called is os.fork:
            sys.setprofile(None)
            if os.getpid() == us:
                signal.raise_signal(signal.SIGTERM)

    @contextmanager
    def slow(number: int) -> Iterator[Callable[[int], int]]:
        time.sleep(0.3)
        handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
        (tmp_path / f"{number} {handlers == before}").touch()
        yield lambda job: job

    with signals.raising():
        before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
        with pytest.raises(signals.Ended):
            sys.setprofile(interrupt)
            list(workers.each([1, 2, 3], slow, 2))
    assert [each.name for each in tmp_path.iterdir()] == ["1 True"]
