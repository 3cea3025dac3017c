"""Print results on stdout and steps on stderr, and ask questions on a terminal."""

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
    """Print the result. Raises OSError if it cannot be written, for example on a full disk."""
    write(sys.stdout, text)


def step(text: str) -> None:
    """Print one line of progress."""
    write(sys.stderr, text)


def write(stream: TextIO, text: str) -> None:
    """Write the text and a newline in one call, whatever characters it has.

    A reader that stops early (`| head`) does not stop the task or change its exit code.
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
    """Show how long a program has run and its last line, in one line that is overwritten.

    Without a terminal it prints one line a minute. Use it as a context; the line is removed at the end.
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
        """Show the program's last line."""
        seconds = time.monotonic() - self.begun
        if self.in_place:
            shown = "".join(character if character.isprintable() else " " for character in line)
            said = f"{self.name} {int(seconds) // 60}:{int(seconds) % 60:02} {shown}"
            self._over(said[: shutil.get_terminal_size().columns - 1])
        elif seconds >= self.next:
            self.next += MINUTE
            step(f"{self.name} has run for {count(int(seconds / MINUTE), 'minute')}: {line}")

    def _over(self, text: str) -> None:
        with suppress(OSError):  # the terminal is gone
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()


def discard(stream: TextIO) -> None:
    """Redirect the stream to /dev/null, so that Python does not fail again when it flushes the stream at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def command(argv: Sequence[str]) -> None:
    """Print a command as a person would type it, without passwords in addresses."""
    step("$ " + censor(shlex.join(argv)))


def censor(text: str) -> str:
    """Return the text with `user:password@` in addresses replaced by `***@`."""
    return USERINFO.sub("***", text)


def count(number: int, noun: str) -> str:
    """Return the number and the noun: `1 commit`, `2 commits`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def is_interactive() -> bool:
    """Return True if there is a terminal to ask questions on."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def confirm(question: str, *, yes: bool, flags: str) -> bool:
    """Ask a question on the terminal and return the answer; Enter means yes.

    With `yes` the answer is yes. Raises RefusedError, with the flags that answer it, if there is no terminal.
    """
    if yes:
        step(f"{question} yes")
        return True
    if not is_interactive():
        raise RefusedError(f"{question} There is no terminal to ask on; answer with {flags}")
    while True:
        print(f"{question} [Y/n] ", end="", file=sys.stderr, flush=True)  # noqa: T201
        answer = sys.stdin.readline()
        if not answer:
            raise RefusedError(f"{question} No answer; answer with {flags}")
        if answer.strip().lower() in ("", "y", "yes"):
            return True
        if answer.strip().lower() in ("n", "no"):
            return False
