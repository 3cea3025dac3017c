"""What a person sees: the result on stdout, so that it can be piped; one line per step on stderr."""

import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import TextIO

from hubimages.errors import RefusedError

MINUTE = 60.0  # seconds
USERINFO = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def result(text: str) -> None:
    """Print what was asked for. Raises OSError when it cannot be written, on a full disk say."""
    write(sys.stdout, text)


def step(text: str) -> None:
    """Show one line of progress."""
    write(sys.stderr, text)


def write(stream: TextIO, text: str) -> None:
    """Write the text and a newline at once, whatever characters are in it.

    A reader that went away (`| head`) has seen what it wanted: the work goes on, and its exit code is the work's own.
    """
    line = text if text.endswith("\n") else text + "\n"
    encoding = stream.encoding or "utf-8"
    try:
        line.encode(encoding, stream.errors or "strict")
    except UnicodeEncodeError:
        line = line.encode(encoding, "backslashreplace").decode(encoding)
    try:
        stream.write(line)
        stream.flush()
    except BrokenPipeError:
        discard(stream)
    except OSError:
        discard(stream)
        raise


class Waiting:
    """What a person sees who waits for a program: how long, and its latest line, in one line that is written over.

    Without a terminal, a line a minute. Use as a context: the line is gone at its end.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.begun = time.monotonic()
        self.next = MINUTE
        self.in_place = sys.stderr is not None and sys.stderr.isatty()

    def __enter__(self) -> "Waiting":
        return self

    def __exit__(self, *reason: object) -> None:
        if self.in_place:
            self._over("")

    def __call__(self, line: str) -> None:
        """Show that the program is at work, and at what."""
        seconds = time.monotonic() - self.begun
        if self.in_place:
            shown = "".join(character if character.isprintable() else " " for character in line)
            said = f"{self.name} {int(seconds) // 60}:{int(seconds) % 60:02} {shown}"
            self._over(said[: shutil.get_terminal_size().columns - 1])
        elif seconds >= self.next:
            self.next += MINUTE
            step(f"{self.name} is at work for {count(int(seconds / MINUTE), 'minute')}: {line}")

    def _over(self, text: str) -> None:
        with suppress(OSError):  # a terminal that went away
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()


def discard(stream: TextIO) -> None:
    """Send the rest of the stream nowhere; otherwise Python fails once more when it flushes it at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def command(argv: Sequence[str]) -> None:
    """Show a command as a person would type it, without the secrets an address may carry."""
    step("$ " + censor(shlex.join(argv)))


def censor(text: str) -> str:
    """The text with `user:password@` of every address in it replaced by `***@`."""
    return USERINFO.sub("***", text)


def count(number: int, noun: str) -> str:
    """`1 commit`, `2 commits`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def columns() -> int | None:
    """Return the width of the terminal that results go to; None if they go somewhere else."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def is_interactive() -> bool:
    """Whether a question can be put to a person."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, *, yes: bool, flags: str) -> bool:
    """Put a question to the person at the terminal; Enter takes the recommended answer, yes.

    With `yes` it is answered so. Raises RefusedError, naming the flags that answer it, where there is no terminal.
    """
    if yes:
        step(f"{question} yes")
        return True
    if not is_interactive():
        raise RefusedError(f"{question} There is no terminal to ask: answer with {flags}")
    while True:
        print(f"{question} [Y/n] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        answer = sys.stdin.readline()
        if not answer:
            raise RefusedError(f"{question} No answer: answer with {flags}")
        if answer.strip().lower() in ("", "y", "yes"):
            return True
        if answer.strip().lower() in ("n", "no"):
            return False
