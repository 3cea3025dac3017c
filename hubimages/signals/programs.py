"""Programs that are not left to themselves where a signal comes while they start.

Python's subprocess leaves one then: a git that nobody waits for writes on, into a directory that is removed meanwhile.
Nothing else in the package starts programs (tests/test_programs.py).
"""

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from hubimages.signals import postponed


@contextlib.contextmanager
def started(argv: Sequence[str], **settings: Any) -> "Iterator[subprocess.Popen[bytes]]":
    """Start a program as `subprocess.Popen` does; if it still runs when the block ends, kill it."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with postponed():
            process = subprocess.Popen(argv, **settings)
        yield process
    finally:
        if process is not None:
            _end(process)


def complete(
    argv: Sequence[str], stdin: bytes, seconds: float | None = None, **settings: Any
) -> "subprocess.CompletedProcess[bytes]":
    """Run a program to its end as `subprocess.run` does. Raises TimeoutExpired for one that takes more seconds."""
    with started(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **settings) as process:
        output, errors = process.communicate(stdin, seconds)
        return subprocess.CompletedProcess(argv, process.returncode, output, errors)


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with contextlib.suppress(OSError):  # unwritten input no longer matters
                pipe.close()
    process.wait()
