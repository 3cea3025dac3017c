"""Threads are waited for, also when a signal comes while one starts."""

import signal
import sys
import threading
import time
from types import FrameType

import pytest

from hubimages.signals import Threads


def test_a_job_whose_thread_starts_as_a_signal_comes_is_waited_for() -> None:
    begun, done = threading.Event(), []

    def job() -> None:
        begun.set()
        time.sleep(0.2)
        done.append("job")

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is threading.Thread.start.__code__:
            sys.setprofile(None)
            begun.wait()
            signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt), Threads(1) as threads:
        sys.setprofile(interrupt)
        threads.submit(job)
    assert done == ["job"]


def test_a_job_that_has_not_begun_then_never_begins() -> None:
    done: list[str] = []
    held = threading.Event()

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is threading.Thread.start.__code__:
            sys.setprofile(None)
            signal.raise_signal(signal.SIGINT)

    class Late(Threads):
        def _done(self, *given: object) -> object:  # type: ignore[override]
            held.wait()
            return super()._done(*given)  # type: ignore[arg-type]

    with pytest.raises(KeyboardInterrupt), Late(1) as threads:
        sys.setprofile(interrupt)
        threads.submit(done.append, "job")
    held.set()
    for thread in threading.enumerate():
        if thread.name.startswith("ThreadPoolExecutor"):
            thread.join()
    assert done == []
