"""Jobs are done in several processes; one that is killed takes its own job with it, and no other."""

import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from hubimages.errors import HubImagesError, ProgramFailedError, RefusedError, StorageError
from hubimages.migration import workers


@contextmanager
def at_work(number: int) -> Iterator[Callable[[int], tuple[int, int]]]:
    def do(job: int) -> tuple[int, int]:
        if job == 100:
            raise RefusedError("not this one")
        if job == 200 and number:
            os.kill(os.getpid(), signal.SIGKILL)
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


def test_a_killed_process_takes_the_job_that_it_did_and_the_next_is_done_by_another() -> None:
    # The fork gets the first job and, since there are enough, the one after this process's own.
    found = done([200, 1, 2, 3, 4, 5, 6], 2)
    (error,) = [one for one in found.values() if isinstance(one, HubImagesError)]
    assert isinstance(error, ProgramFailedError)
    assert "was stopped (signal 9)" in str(error)
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
