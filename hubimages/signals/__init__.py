"""Signals that end a task, while it changes something: held back, or turned into an exception so that it cleans up."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.signals.programs import complete as complete
    from hubimages.signals.programs import started as started
    from hubimages.signals.threads import Threads as Threads

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__, submod_attrs={"programs": ["complete", "started"], "threads": ["Threads"]}
)

ENDING = (signal.SIGTERM, signal.SIGHUP)


class Ended(SystemExit):
    """A signal has ended the task. Not an error: it passes everything that handles errors, as Ctrl-C does."""

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number  # as shells report it
        super().__init__(self.exit_code)
        self.number = number

    def __str__(self) -> str:
        return f"ended by {signal.Signals(self.number).name}"


@contextmanager
def held_back() -> Iterator[None]:
    """Deliver Ctrl-C, SIGTERM and SIGHUP only after the block, to its programs too: what it does is done whole."""
    with postponed(), _masked(signal.SIG_BLOCK):
        yield


@contextmanager
def postponed() -> Iterator[Callable[[], None]]:
    """Have what they raise raised only after the block, also where another thread gets them.

    Programs that start in the block do not inherit it, as they do a mask. A fork does: it calls what the block gets.
    """
    came: list[int] = []
    handlers: dict[signal.Signals, Callable[[int, FrameType | None], object]] = {}
    if threading.current_thread() is threading.main_thread():  # which alone runs handlers
        for number in (signal.SIGINT, *ENDING):
            if callable(handler := signal.getsignal(number)):
                handlers[number] = handler

    def as_before() -> None:
        for number, handler in handlers.items():
            signal.signal(number, handler)

    try:
        for number in handlers:
            signal.signal(number, lambda each, _: came.append(each))
        yield as_before
    finally:
        with _masked(signal.SIG_BLOCK):
            as_before()
            for each in dict.fromkeys(came):
                signal.raise_signal(each)


def whatever_comes(clean_up: Callable[[], object]) -> None:
    """Clean up with signals held back, and again if one came just before they were."""
    try:
        with held_back():
            clean_up()
    except (KeyboardInterrupt, Ended):
        with held_back():
            clean_up()
        raise


def let_through() -> AbstractContextManager[None]:
    """Let signals reach the handlers and programs of the block, also inside of a block where they are held back."""
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
