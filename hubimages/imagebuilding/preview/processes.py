"""The processes of a preview's hub. Each has its own session, so a process group does not contain them."""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from hubimages.run import attempt


def descendants(pid: int) -> list[int]:
    """Return every descendant of a process."""
    listed = attempt("ps", "-A", "-o", "pid=,ppid=", cwd=Path("/")).stdout.decode().split()
    children: dict[int, list[int]] = {}
    for child, parent in zip(listed[::2], listed[1::2], strict=True):
        children.setdefault(int(parent), []).append(int(child))
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end(pids: Sequence[int], *, patience: float) -> None:
    """Stop processes with SIGTERM, and after some seconds with SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while _any_runs(pids) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _any_runs(pids):
            return


def runs(pid: int) -> bool:
    """Return True if the process runs and is not a zombie."""
    return _any_runs([pid])


def _any_runs(pids: Sequence[int]) -> bool:
    named = ",".join(map(str, pids))
    states = attempt("ps", "-o", "stat=", "-p", named, cwd=Path("/")).stdout.decode().split()
    return any(not state.startswith("Z") for state in states)
