"""Show how far a run over many repositories is: a bar on a terminal, elsewhere a line for each repository."""

import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

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


def do_all(
    jobs: Sequence[Callable[[], T]], at_once: int, progress: "Progress", name: str, line: Callable[[T], Line]
) -> list[T]:
    """Do all jobs, some at once; return their results in order. If this thread is stopped, the rest is not begun."""
    pool = ThreadPoolExecutor(at_once)
    try:
        futures: list[Future[T]] = [pool.submit(job) for job in jobs]
        left = set(futures)
        with progress.counting(name, len(jobs)) as done:
            while left:
                # Not as_completed: a signal that comes just before a wait without an end is noticed only after it.
                ready, left = wait(left, timeout=WAKE, return_when=FIRST_COMPLETED)
                for future in ready:
                    done(line(future.result()))
        return [future.result() for future in futures]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class Progress:
    """A display on stderr. Lines of other parts of the program appear above the bar."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._alone = ExitStack()  # of the line that every task has
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            parts = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
            self._bar = Bar(*parts, TimeElapsedColumn(), console=Console(stderr=True), redirect_stdout=False)

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._alone.enter_context(DISPLAY.paused())
            self._bar.start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._alone.close()

    @contextmanager
    def counting(self, name: str, total: int) -> Iterator[Callable[[Line], None]]:
        """Give a function that is called with a line when a repository is done."""
        number = 0
        shown = self._bar.add_task(name, total=total) if self._bar is not None else None

        def done(line: Line) -> None:
            nonlocal number
            number += 1
            if shown is None:
                console.step(f"{number}/{total} {line.repository}: {line.state}")
            else:
                if line.failure:
                    self.note(f"{line.repository}: {line.failure}")
                self._bar.advance(shown)

        yield done

    def note(self, text: str) -> None:
        """Print one line."""
        if self._bar is None:
            console.step(text)
        else:
            self._bar.console.print(console.visible(text), markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Take the bar away while a person is asked."""
        if self._bar is not None:
            self._bar.stop()
        yield
        if self._bar is not None:
            self._bar.start()
