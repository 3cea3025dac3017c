"""What a person sees: the result on stdout, so that it can be piped; one line per step on stderr."""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from typing import TextIO

from hubimages.errors import RefusedError

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
