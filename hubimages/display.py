"""Show on a terminal that a task is at work: one line below everything else, with a bar where the number is known.

A task that runs for more than a second gets the line, whatever it waits for; what knows more says so (`Activity`).
Nothing is written where stderr is no terminal. The line is taken away before anything else is written, while a person
is asked, and at the end.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

DELAY = 0.6  # seconds without the line
EVERY = 0.2  # seconds between two frames
FIRST, MINUTE = 2.0, 60.0  # seconds after which a terminal that cannot overwrite a line gets a line
FRAMES, PLAIN_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
BAR, ROOM_FOR_A_BAR = 24, 72  # columns


class Activity:
    """What a task waits for, as the line shows it."""

    def __init__(self, name: str, total: int | None = None) -> None:
        self.name, self.total, self.done, self.detail = name, total, 0, ""
        self.begun = time.monotonic()

    @property
    def elapsed(self) -> float:
        """Seconds."""
        return time.monotonic() - self.begun


class Display:
    """The line of this process. Several threads may write; a process that is forked has none."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._activities: list[Activity] = []
        self._ended: threading.Event | None = None  # of the thread that draws
        self._stream: Any = None  # stderr as the task began: a job that is kept quiet has another one
        self._live: Any = None  # rich.live.Live, while the line is on the terminal
        self._owner = 0  # the thread whose activities are shown
        self._holds = 0
        self._asked = False
        self._still = False
        self._said = ""
        self._due = 0.0
        self._guards_forks = False

    @property
    def is_shown(self) -> bool:
        """Return True if there is a terminal, and a task is at work."""
        return self._ended is not None

    @property
    def overwrites(self) -> bool:
        """Return True if the terminal shows the line in place."""
        return self.is_shown and not _is_plain()

    @property
    def activity(self) -> Activity | None:
        """Return the innermost one."""
        return self._activities[-1] if self._activities else None

    @contextmanager
    def showing(self, name: str, total: int | None = None) -> Iterator[Activity]:
        """Show within the block what it does; the innermost block of the thread that was first counts."""
        activity = Activity(name, total)
        if self._activities and threading.get_ident() != self._owner:
            yield activity
            return
        with self._lock:
            self._activities.append(activity)
            self._owner = threading.get_ident()
            started = self._start()
        try:
            yield activity
        finally:
            with self._lock:
                self._activities.remove(activity)
                self._clear()
            if started:
                self._stop()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away within the block, which writes something else."""
        with self._lock:
            self._asked = False
            self._clear()
            yield

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Show nothing within the block, for example because it has a display of its own."""
        with self._lock:
            self._holds += 1
            self._clear()
        try:
            yield
        finally:
            with self._lock:
                self._holds -= 1

    def ask(self) -> None:
        """Show nothing until something else is written, or `answered`: a question stands on the terminal."""
        with self._lock:
            self._clear()
            self._asked = True

    def answered(self) -> None:
        """Show the line again."""
        self._asked = False

    @contextmanager
    def still(self, *, when: bool = True) -> Iterator[None]:
        """Draw the line within the block only if it says something new: a program may ask on the same terminal."""
        with self._lock:
            before, self._still = self._still, when
            self._said = self._saying()
        try:
            yield
        finally:
            self._still = before

    def _start(self) -> bool:
        if self._ended is not None or sys.stderr is None or not sys.stderr.isatty():
            return False
        if not self._guards_forks:
            # A fork must not happen while the other thread holds a lock: nobody would release it in the new process.
            os.register_at_fork(
                before=self._lock.acquire, after_in_parent=self._lock.release, after_in_child=self._forget
            )
            self._guards_forks = True
        self._due = time.monotonic() + FIRST
        self._stream = sys.stderr
        self._ended = threading.Event()
        # The thread takes no signal: those that the task holds back would be delivered to it.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            threading.Thread(target=self._run, args=(self._ended,), name="display", daemon=True).start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return True

    def _stop(self) -> None:
        if self._ended is not None:
            self._ended.set()
            self._ended = None

    def _forget(self) -> None:
        self._ended = self._live = None
        self._activities = []
        self._lock.release()

    def _run(self, ended: threading.Event) -> None:
        begun = time.monotonic()
        plain = _is_plain()
        number = 0
        while not ended.wait(EVERY):
            with self._lock:
                waits = time.monotonic() - begun < DELAY or self._holds or self._asked
                if ended.is_set() or waits or not self._activities or _elsewhere(self._stream):
                    continue
                number += 1
                with suppress(OSError):  # the terminal is gone
                    (self._say if plain else self._draw)(self._activities[-1], number)

    def _saying(self) -> str:
        return f"{self.activity.name} {self.activity.detail}" if self.activity else ""

    def _draw(self, activity: Activity, number: int) -> None:
        if self._still and self._saying() == self._said:
            return
        self._said = self._saying()
        if self._live is None:
            from rich.console import Console
            from rich.live import Live

            class Terminal(Console):
                def show_cursor(self, show: bool = True) -> bool:
                    return False  # never hidden: a task that is killed could not show it again

            self._live = Live(
                console=Terminal(file=self._stream), auto_refresh=False, transient=True, redirect_stdout=False,
                redirect_stderr=False,
            )  # fmt: skip
            self._live.start()
        self._live.update(_line(activity, number, self._live.console), refresh=True)

    def _clear(self) -> None:
        if self._live is not None:
            live, self._live = self._live, None
            with suppress(OSError):
                live.stop()

    def _say(self, activity: Activity, number: int) -> None:
        """Write a whole line: first after two seconds, then each minute."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + MINUTE
            text = " ".join(filter(None, (activity.name, _elapsed(activity), activity.detail)))
            os.write(self._stream.fileno(), f"{text} ...\n".encode(self._stream.encoding or "utf-8", "replace"))


def _line(activity: Activity, number: int, console: Any) -> Any:
    """Return what rich shows for the activity, never wider than the terminal."""
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    ascii_only = console.options.ascii_only
    frames = PLAIN_FRAMES if ascii_only else FRAMES
    counted = "" if activity.total is None else f"{activity.done}/{activity.total}"
    head = Text(f"{frames[number % len(frames)]} {activity.name}", no_wrap=True, overflow="ellipsis")
    tail = Text(" ".join(filter(None, (counted, _elapsed(activity), activity.detail))))
    tail.no_wrap, tail.overflow = True, "ellipsis"
    if activity.total is None or console.width < ROOM_FOR_A_BAR:
        head.append(" ").append_text(tail)
        head.truncate(console.width - 1, overflow="crop" if ascii_only else "ellipsis")
        return head
    head.truncate(console.width // 3)
    tail.truncate(console.width - console.width // 3 - BAR - 3, overflow="crop" if ascii_only else "ellipsis")
    row = Table.grid(padding=(0, 1))
    row.add_row(head, ProgressBar(total=max(activity.total, 1), completed=activity.done, width=BAR), tail)
    return row


def _elapsed(activity: Activity) -> str:
    """`1:05`."""
    seconds = int(activity.elapsed)
    return f"{seconds // 60}:{seconds % 60:02}"


def _is_plain() -> bool:
    """Return True for a terminal that cannot overwrite a line, such as Emacs' shell."""
    return os.environ.get("TERM", "") in ("", "dumb", "unknown")


def _elsewhere(stream: Any) -> bool:
    """Return True if the terminal is another program's now: it asks for a password, or we run in the background."""
    import termios

    try:
        number = stream.fileno()
        if not termios.tcgetattr(number)[3] & termios.ECHO:
            return True
    except (termios.error, OSError, ValueError):  # ValueError: it is closed
        return True
    try:
        return os.tcgetpgrp(number) != os.getpgrp()
    except OSError:  # not the terminal that this process is controlled by
        return False


DISPLAY = Display()  # of this process, as sys.stderr is: two lines at once would overwrite each other
