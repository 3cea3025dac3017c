"""Programs that are not left to themselves where a signal comes while they start.

Python's subprocess leaves one then: a git that nobody waits for writes on, into a directory that is removed meanwhile.
"""

import contextlib
import subprocess
from collections.abc import Sequence
from typing import Any

from hubimages.signals import postponed


def start(argv: Sequence[str], **settings: Any) -> "subprocess.Popen[bytes]":
    """Start a program as `subprocess.Popen` does."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with postponed():
            process = subprocess.Popen(argv, **settings)
    except BaseException:
        if process is not None:
            end(process)
        raise
    return process


def complete(argv: Sequence[str], stdin: bytes, **settings: Any) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end as `subprocess.run` does."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with postponed():
            process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **settings)
        output, errors = process.communicate(stdin)
        return subprocess.CompletedProcess(argv, process.returncode, output, errors)
    finally:
        if process is not None:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """Kill the program if it still runs, and wait for it."""
    if process.poll() is None:
        process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):  # unwritten input no longer matters
                pipe.close()
    process.wait()
