"""Do jobs in several processes: git-filter-repo does one thing at a time in a process, and Python uses one core.

This process does jobs, too. The others are forks, so that what was read for all is there without being sent. When the
parent has gone, even killed, each ends after the job that it has begun. A pool of concurrent.futures fails as a whole
when one of its processes is killed; here the others go on.
"""

import contextlib
import gc
import io
import multiprocessing
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from hubimages import signals
from hubimages.errors import INTERRUPTED, HubImagesError, ProgramFailedError
from hubimages.run import os_failure

J = TypeVar("J")
R = TypeVar("R")
AtWork = Callable[[int], contextlib.AbstractContextManager[Callable[[J], R]]]


@dataclass
class Others(Generic[J, R]):
    """The forks, and the jobs that they have."""

    at_work: "AtWork[J, R]"
    waiting: deque[tuple[int, J]]
    number: int  # of processes, this one included
    processes: dict[Connection, multiprocessing.process.BaseProcess] = field(default_factory=dict)
    given: dict[Connection, list[tuple[int, J]]] = field(default_factory=dict)

    def supply(self) -> None:
        """Give each fork a job, and the next one where there are enough: this process may be busy when it is done."""
        while len(self.processes) < self.number - 1 and len(self.waiting) > 1:
            self._start()
        for wire, given in self.given.items():
            while self.waiting and len(given) < (2 if len(self.waiting) > self.number else 1):
                given.append(self.waiting.popleft())
                with contextlib.suppress(ConnectionError):  # it has ended: `take` finds out
                    wire.send(given[-1][1])

    def _start(self) -> None:
        forks = multiprocessing.get_context("fork")
        ours, theirs = forks.Pipe()
        with signals.postponed() as as_before:  # until it is known for whom to wait
            arguments = (as_before, theirs, [ours, *self.processes], self.at_work, len(self.processes) + 1)
            process = forks.Process(target=_work, args=arguments, daemon=True)
            process.start()
            theirs.close()
            self.processes[ours], self.given[ours] = process, []

    def take(self, *, wait: bool) -> Iterator[tuple[int, R | HubImagesError]]:
        """Yield what they have done since the last time; `wait` until there is something."""
        busy = [wire for wire, given in self.given.items() if given]
        for wire in connection.wait(busy, None if wait else 0) if busy else ():
            assert isinstance(wire, Connection)
            (place, _), *later = self.given[wire]
            try:
                done: R | HubImagesError = wire.recv()
            except (EOFError, ConnectionError):
                self.waiting.extendleft(reversed(later))
                code = self._ended(wire)
                done = ProgramFailedError(f"the process that extracts it was stopped ({code}). Run the task again")
            else:
                self.given[wire] = later
            yield place, done

    def _ended(self, wire: Connection) -> str:
        del self.given[wire]
        process = self.processes.pop(wire)
        wire.close()
        process.join()
        code = process.exitcode or 0
        return f"signal {-code}" if code < 0 else f"exit code {code}"

    def end(self) -> None:
        """Let each fork end after the job that it does."""
        for wire in self.processes:
            wire.close()
        for process in self.processes.values():
            process.join()


def each(jobs: Sequence[J], at_work: "AtWork[J, R]", processes: int) -> Iterator[tuple[int, R | HubImagesError]]:
    """Yield the number of each job that is done, in the order in which they end, and its result or error.

    `at_work` gives the function that does a job, in the process with that number: 0 is this one.
    """
    others: Others[J, R] = Others(at_work, deque(enumerate(jobs)), processes)
    gc.freeze()  # what all processes share stays shared: the collector does not write into it
    try:
        others.supply()
        with contextlib.ExitStack() as stack:
            do: Callable[[J], R] | None = None
            while others.waiting or any(others.given.values()):
                if others.waiting:
                    do = do or _ready(at_work, 0, stack)
                    place, job = others.waiting.popleft()
                    others.supply()
                    with quiet():
                        done = _result(do, job)
                    yield place, done
                yield from others.take(wait=not others.waiting)
                others.supply()
    finally:
        others.end()
        gc.unfreeze()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Let nothing in the block write to the terminal, or ask there: several jobs run at once."""
    stdin, sys.stdin = sys.stdin, None
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        sys.stdin = stdin


def _work(
    as_before: Callable[[], None],
    wire: Connection,
    others: Sequence[Connection],
    at_work: "AtWork[J, R]",
    number: int,
) -> None:
    as_before()
    for other in others:  # or the end of the parent would go unnoticed
        other.close()
    try:
        with quiet(), contextlib.suppress(EOFError, ConnectionError), contextlib.ExitStack() as stack:
            do = _ready(at_work, number, stack)
            while True:
                wire.send(_result(do, wire.recv()))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _ready(at_work: "AtWork[J, R]", number: int, stack: contextlib.ExitStack) -> Callable[[J], R]:
    """Return the function that does a job; where there is none, as on a full disk, one that says why for each job."""
    try:
        return stack.enter_context(at_work(number))
    except (HubImagesError, OSError) as error:
        why = error

    def fail(job: J) -> R:
        raise why

    return fail


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
