"""Do jobs in several processes: git-filter-repo does one thing at a time in a process, and Python uses one core.

The processes are forks, so that what was read for all is there without being sent. When the parent has gone, even
killed, each ends after the job that it has begun. A pool of concurrent.futures fails as a whole when one of its
processes is killed; here the others go on.
"""

import contextlib
import io
import multiprocessing
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from hubimages.errors import HubImagesError, ProgramFailedError
from hubimages.run import os_failure

J = TypeVar("J")
R = TypeVar("R")


@dataclass(frozen=True)
class Worker(Generic[J, R]):
    """A process, and the connection to it."""

    process: multiprocessing.process.BaseProcess
    wire: Connection


def each(
    jobs: Sequence[J],
    at_work: "Callable[[int], contextlib.AbstractContextManager[Callable[[J], R]]]",
    processes: int,
) -> Iterator[tuple[int, R | HubImagesError]]:
    """Yield the number of each job that is done, in the order in which they end, and its result or error.

    `at_work` gives the function that does a job, in the process with that number, from 0.
    """
    forks = multiprocessing.get_context("fork")
    waiting = list(enumerate(jobs))
    busy: dict[Connection, tuple[int, int]] = {}  # to the worker's number and the job's
    workers: dict[int, Worker[J, R]] = {}

    def begin(number: int) -> None:
        if not waiting:
            return
        if number not in workers:
            ours, theirs = forks.Pipe()
            others = [ours, *(worker.wire for worker in workers.values())]
            process = forks.Process(target=_work, args=(theirs, others, at_work, number), daemon=True)
            process.start()
            theirs.close()
            workers[number] = Worker(process, ours)
        place, job = waiting.pop(0)
        busy[workers[number].wire] = (number, place)
        workers[number].wire.send(job)

    try:
        for number in range(min(processes, len(jobs))):
            begin(number)
        while busy:
            for wire in connection.wait(list(busy)):
                assert isinstance(wire, Connection)
                number, place = busy.pop(wire)
                done: R | HubImagesError
                try:
                    done = wire.recv()
                except (EOFError, ConnectionError):
                    code = _ended(workers.pop(number))
                    done = ProgramFailedError(f"the process that extracts it was stopped ({code}). Run the task again")
                begin(number)
                yield place, done
    finally:
        for worker in workers.values():
            worker.wire.close()
        for worker in workers.values():
            worker.process.join()


def _ended(worker: Worker[J, R]) -> str:
    worker.wire.close()
    worker.process.join()
    code = worker.process.exitcode or 0
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _work(
    wire: Connection,
    others: Sequence[Connection],
    at_work: "Callable[[int], contextlib.AbstractContextManager[Callable[[J], R]]]",
    number: int,
) -> None:
    for other in others:  # or the end of the parent would go unnoticed
        other.close()
    sys.stdin = None
    with (
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.suppress(EOFError, ConnectionError, KeyboardInterrupt),
        at_work(number) as do,
    ):
        while True:
            wire.send(_result(do, wire.recv()))


def _result(do: Callable[[J], R], job: J) -> R | HubImagesError:
    try:
        return do(job)
    except HubImagesError as error:
        return error
    except OSError as error:
        known = os_failure(error)
        return known if isinstance(known, HubImagesError) else ProgramFailedError(traceback.format_exc())
    except Exception:
        return ProgramFailedError(traceback.format_exc())
