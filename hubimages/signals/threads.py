"""Threads that do jobs beside others, and are waited for whatever ends the block that has them."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Threads(ThreadPoolExecutor):
    """A pool that waits at its end for every job that has begun, and begins no other one then.

    A signal that comes while a thread starts keeps Python's pool from knowing that thread, and from waiting for it: it
    would work on, in a directory that is removed meanwhile.
    """

    def __init__(self, number: int | None = None) -> None:
        super().__init__(number)
        self._turn = threading.Condition()
        self._busy = 0
        self._has_ended = False

    def submit(self, job: Callable[P, R], /, *args: P.args, **more: P.kwargs) -> "Future[R]":
        """Have a thread do a job."""
        return super().submit(self._done, job, args, more)

    def _done(self, job: Callable[..., R], args: Any, more: Any) -> R:
        with self._turn:
            if self._has_ended:
                raise CancelledError
            self._busy += 1
        try:
            return job(*args, **more)
        finally:
            with self._turn:
                self._busy -= 1
                self._turn.notify_all()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for the threads that Python's pool knows, and for what any other has begun."""
        super().shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            with self._turn:
                self._has_ended = True
                self._turn.wait_for(lambda: not self._busy)
