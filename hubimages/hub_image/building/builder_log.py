"""Run chartpress: one line on the terminal or, with --verbose, everything; all of it in a file if it fails."""

import os
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from hubimages import console, disk
from hubimages.errors import HubImagesError
from hubimages.run import attempt, failure, watch

# Control sequences of terminals, whole (ECMA-48): colours, cursor movements, window titles.
SEQUENCES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
TRACEBACK = b"Traceback (most recent call last)"


def plain(output: bytes) -> bytes:
    """Return a program's output without the control sequences of terminals."""
    return SEQUENCES.sub(b"", output)


def run_chartpress(program: Path, options: Sequence[str], directory: Path, *, verbose: bool = False) -> None:
    """Run chartpress. Raises ProgramFailedError with its output before its traceback, and the file that has all."""
    argv = (str(program), *options)
    console.command(argv)
    if verbose:
        show = Lines()
        done = watch(*argv, cwd=directory, said=lambda line: None, live=show)
        show.rest()
    else:
        with console.Waiting(program.name) as waiting:
            done = watch(*argv, cwd=directory, said=lambda line: waiting(shown(line)))
    if done.returncode:
        raise failed(argv, done.returncode, plain(done.stdout))


def run_chartpress_quietly(program: Path, options: Sequence[str], directory: Path, *, verbose: bool = False) -> None:
    """Run chartpress for its tags alone. Raises ProgramFailedError."""
    argv = (str(program), *options)
    done = attempt(*argv, cwd=directory)
    if done.returncode:
        raise failed(argv, done.returncode, plain(done.stderr or done.stdout))


def shown(line: str) -> str:
    return plain(line.encode()).decode()


class Lines:
    """Shows output as it comes, by whole lines: a secret or a control sequence can lie across two parts of it."""

    def __init__(self) -> None:
        self.waiting = b""

    def __call__(self, chunk: bytes) -> None:
        """Show the lines that are complete by now."""
        whole, newline, self.waiting = (self.waiting + chunk).rpartition(b"\n")
        if newline:
            console.step(console.censor(plain(whole).decode(errors="replace")))

    def rest(self) -> None:
        """Show what came behind the last line end."""
        if self.waiting:
            console.step(console.censor(plain(self.waiting).decode(errors="replace")))


def failed(argv: Sequence[str], code: int, output: bytes) -> HubImagesError:
    """Return the error for a chartpress that failed, with the path of its whole output."""
    said, _, trace = output.rpartition(TRACEBACK)
    error = failure(argv, code, said.strip() or trace)
    descriptor, path = tempfile.mkstemp(prefix="hubimages-build-", suffix=".log", dir=disk.folder())
    with os.fdopen(descriptor, "wb") as log:
        log.write(console.censor(output.decode(errors="replace")).encode())
    return type(error)(f"{error}\nThe whole output: {path}")
