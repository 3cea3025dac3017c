"""Counts, inside the process of a task, what it does to the disk and to other programs, and acts before one of it.

Python tells an audit hook of each opened file, renaming, removal, started program and connection before it happens
(https://docs.python.org/3/library/audit_events.html). So a moment is a number, not a time, and is the same in each run.
"""

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

EVENTS = {
    "fcntl.flock", "http.client.connect", "http.client.send", "os.chmod", "os.link", "os.mkdir", "os.remove",
    "os.rename", "os.rmdir", "os.symlink", "os.truncate", "os.utime", "socket.connect", "subprocess.Popen",
}  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def install(record: str, moment: int = 0, action: str = "") -> None:
    """Count moments into a file, and act before one of them; 0 only counts. `action`: the name of a signal."""
    tempfile.tempdir = None  # of the process that this one was forked from
    act: Callable[[], None] = lambda: os.kill(os.getpid(), signal.Signals[action])  # noqa: E731
    sys.addaudithook(Counter(record, moment, act).hear)


class Counter:
    """What has happened so far."""

    def __init__(self, record: str, moment: int, act: Callable[[], None]) -> None:
        self.moment, self.act = moment, act
        self.number = 0
        self.owner = os.getpid()
        self.file = os.open(record, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC)
        os.write(self.file, b"0")

    def hear(self, event: str, args: tuple[object, ...]) -> None:
        if os.getpid() != self.owner or not (event in EVENTS or (event == "open" and writes(args))):
            return
        self.number += 1
        if self.moment:
            if self.number == self.moment:
                os.pwrite(self.file, f"{event} {args[:1]}".encode(), 0)
                self.act()
        else:
            os.pwrite(self.file, str(self.number).encode(), 0)


def writes(args: tuple[object, ...]) -> bool:
    """Return True if a file is opened to be written, which is not one of Python's own."""
    path, mode, flags = args
    name = os.fsdecode(path) if isinstance(path, str | bytes) else str(path)
    if name == os.devnull or "__pycache__" in name or name.isdecimal():
        return False
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & WRITING)


def counted(record: Path) -> int:
    """Return how many moments a run had that only counted them."""
    return int(record.read_text())


def forget() -> None:
    """Have this process find its own directory for temporary files."""
    tempfile.tempdir = None
