"""Programs that outlive a killed task, such as a git in a session of its own."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from tests import command

PATIENCE = 60.0


def wait_for_programs(place: Path) -> None:
    """Wait until no other program names this place or works in it.

    So does a fork of a task, which has the command line of the process that forks them.
    """
    deadline = time.monotonic() + PATIENCE
    while found := [line for pid, line in programs() if concerns(pid, line, place)]:
        assert time.monotonic() < deadline, found
        time.sleep(0.01)


def programs() -> Iterator[tuple[int, bytes]]:
    """Yield the process id and the command line, with spaces between its words, of all processes but this one."""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        pid = int(file.parent.name)
        if pid == os.getpid():
            continue
        try:
            line = file.read_bytes()
        except OSError:
            continue  # it has ended
        yield pid, line.replace(b"\0", b" ").strip()


def concerns(pid: int, line: bytes, place: Path) -> bool:
    try:
        if os.fsencode(command.__file__) in line:  # a fork whose parent is gone, or the one that makes them
            return "\nPPid:\t1\n" in Path(f"/proc/{pid}/status").read_text()
        return os.fsencode(place) in line or Path(f"/proc/{pid}/cwd").readlink().is_relative_to(place)
    except OSError:
        return False  # it has ended, or is another user's
