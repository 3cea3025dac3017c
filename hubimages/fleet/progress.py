"""Show how far a run over many repositories is: a bar on a terminal, elsewhere a line for each repository."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from hubimages import console
from hubimages.display import DISPLAY

WAKE = 0.2  # seconds

T = TypeVar("T")


@dataclass(frozen=True)
class Line:
    """What is said when a repository is done; `failure` is the reason, or "" if there is none."""

    repository: str
    state: str
    failure: str = ""


def do_all(jobs: Sequence[Callable[[], T]], at_once: int, name: str, line: Callable[[T], Line]) -> list[T]:
    """Do all jobs, some at once; return their results in order. If this thread is stopped, the rest is not begun."""
    pool = ThreadPoolExecutor(at_once)
    try:
        futures: list[Future[T]] = [pool.submit(job) for job in jobs]
        left = set(futures)
        with _counting(name, len(jobs)) as done:
            while left:
                # Not as_completed: a signal that comes just before a wait without an end is noticed only after it.
                ready, left = wait(left, timeout=WAKE, return_when=FIRST_COMPLETED)
                for future in ready:
                    done(line(future.result()))
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _counting(name: str, total: int) -> Iterator[Callable[[Line], None]]:
    """Yield a function that is called with a line when a repository is done."""
    with DISPLAY.showing(name, total) as activity:

        def done(line: Line) -> None:
            activity.done += 1
            if not DISPLAY.overwrites:
                console.step(f"{activity.done}/{total} {line.repository}: {line.state}")
            elif line.failure:
                console.step(f"{line.repository}: {line.failure}")

        yield done
