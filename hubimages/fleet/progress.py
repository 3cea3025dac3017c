"""Show how far a run over many repositories is: a bar on a terminal, elsewhere a line for each repository."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hubimages import console
from hubimages.fleet.outcome import Outcome


class Progress:
    """A display on stderr. Lines of other parts of the program appear above the bar."""

    def __init__(self) -> None:
        self._bar: Any = None
        if sys.stderr is not None and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
            from rich.progress import Progress as Bar

            parts = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn())
            self._bar = Bar(*parts, TimeElapsedColumn(), console=Console(stderr=True), redirect_stdout=False)

    def __enter__(self) -> "Progress":
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    @contextmanager
    def counting(self, name: str, total: int) -> Iterator[Callable[[Outcome], None]]:
        """Give a function that is called with each row when its repository is done."""
        number = 0
        shown = self._bar.add_task(name, total=total) if self._bar is not None else None

        def done(row: Outcome) -> None:
            nonlocal number
            number += 1
            if shown is None:
                console.step(f"{number}/{total} {row.repository}: {row.state}")
            else:
                if row.failed:
                    self.note(f"{row.repository}: {row.detail}")
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
