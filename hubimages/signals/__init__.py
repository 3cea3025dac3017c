"""Signals that end a task, while it changes something: held back, or turned into an exception so that it cleans up."""

import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.signals.threads import Threads as Threads

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submod_attrs={"threads": ["Threads"]})

ENDING = (signal.SIGTERM, signal.SIGHUP)


class Ended(SystemExit):
    """A signal has ended the task. Not an error: it passes everything that handles errors, as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number  # as shells report it
        super().__init__(self.exit_code)
        self.number = number

    def __str__(self) -> str:
        return f"ended by {signal.Signals(self.number).name}"


def held_back() -> AbstractContextManager[None]:
    """Deliver Ctrl-C, SIGTERM and SIGHUP only after the block: what it does is done whole."""
    return _masked(signal.SIG_BLOCK)


def let_through() -> AbstractContextManager[None]:
    """Deliver signals at once within the block, also inside of a block where they are held back."""
    return _masked(signal.SIG_UNBLOCK)


@contextmanager
def _masked(how: int) -> Iterator[None]:
    before = signal.pthread_sigmask(how, {signal.SIGINT, *ENDING})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def raising() -> Iterator[None]:
    """Raise Ended on SIGTERM and SIGHUP within the block; a signal that is ignored (nohup) stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set handlers
        return

    def end(number: int, frame: FrameType | None) -> None:
        raise Ended(number)

    taken = [number for number in ENDING if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in taken:
            signal.signal(number, end)
        yield
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)
