"""Stop what takes too long, by the processor's time: how busy the machine is does not matter."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SECONDS = 20.0  # for at most a megabyte; what is in order takes far less than one


class TooLongError(BaseException):
    """It was still running."""


@contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TooLongError in a block that takes more seconds of the processor."""

    def stop(*_: object) -> None:
        raise TooLongError(f"more than {seconds:.0f} s of the processor")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
