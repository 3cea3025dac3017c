"""Print results on stdout and steps on stderr, and ask questions on a terminal."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

from hubimages.display import DISPLAY, MINUTE
from hubimages.errors import RefusedError

# `user:password@` in addresses, to the last @ since a password may have others, and over HTTP also a name alone, which
# may be a token. `docker://name:tag@sha256:` is no login.
USERINFO = re.compile(
    r"""(?<=://)[^:/?#\s@"<>`|\\^{}]*:[^/?#\s"<>`|\\^{}]+(?=@(?!sha256:))"""
    r"""|(?:(?<=http://)|(?<=https://))(?=[\w%])[^/?#\s"<>`|\\^{}]+(?=@(?!sha256:))"""
)

# Sequences that terminals act on (ECMA-48): CSI as in colours, OSC as in window titles, two-byte escapes.
SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]"
)
# Characters that a terminal acts on, that reorder a line (https://trojansource.codes) or that nobody sees. A line feed
# and a tab stay, and so does the carriage return of a line end, which diffs of such files need.
UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
    r"|\r(?!\n)"
)


def result(text: str) -> None:
    """Print the result. Raises OSError if it cannot be written, for example on a full disk."""
    write(sys.stdout, text)


def step(text: str) -> None:
    """Print one line of progress."""
    write(sys.stderr, text)


def write(stream: TextIO | None, text: str) -> None:
    """Write the text and a newline in one call, whatever characters it has.

    Characters that a terminal acts on or that nobody sees are written as escapes (see `visible`): names, messages and
    paths come from other people's repositories. A reader that stops early (`| head`) or a closed stream does not stop
    the task or change its exit code.
    """
    if stream is None:  # closed before we started
        return
    text = visible(text)
    line = text if text.endswith("\n") else text + "\n"
    encoding = stream.encoding or "utf-8"
    try:
        line.encode(encoding, stream.errors or "strict")
    except UnicodeEncodeError:
        line = line.encode(encoding, "backslashreplace").decode(encoding)
    with DISPLAY.aside():
        try:
            stream.write(line)
            stream.flush()
        except BrokenPipeError:
            discard(stream)
        except OSError:
            discard(stream)
            raise


def visible(text: str) -> str:
    """Return the text with control, bidirectional and invisible characters as escapes: `\\x1b`, `\\u202e`.

    Logins in addresses become `***`. JSON stays JSON: what `json.dumps` leaves becomes an escape that JSON has.
    """
    return UNSEEN.sub(_escape, censor(text))


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x20:
        return f"\\x{code:02x}"
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def without_colours(text: str) -> str:
    """Return a program's output without the sequences for a terminal, and of overwritten lines only the last text."""
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in SEQUENCE.sub("", text).split("\n"))
    return "\n".join(lines)


class Waiting:
    """Show what a task waits for and how far it is, in the line of `display`.

    Without a terminal it prints one line a minute. Use it as a context.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.next = MINUTE
        self._context = DISPLAY.showing(name)

    def __enter__(self) -> "Waiting":
        self.activity = self._context.__enter__()
        return self

    def __exit__(self, *reason: Any) -> None:
        self._context.__exit__(*reason)

    def __call__(self, line: str) -> None:
        """Show how far it is, for example a program's last line."""
        line = without_colours(line)
        self.activity.detail = "".join(each if each.isprintable() else " " for each in line)
        if not DISPLAY.is_shown and self.activity.elapsed >= self.next:
            self.next += MINUTE
            step(f"{self.name} has run for {count(int(self.activity.elapsed / MINUTE), 'minute')}: {line}")


@contextmanager
def progress(what: str, number: int) -> Iterator[Callable[[str], None]]:
    """Yield a function that prints a line and counts one more as done: in a bar on a terminal."""
    with DISPLAY.showing(what, number) as activity:

        def advance(line: str) -> None:
            activity.done += 1
            step(line)

        yield advance


@contextmanager
def counting(what: str, number: int) -> Iterator[Callable[[], None]]:
    """Yield a function that counts one more as done: in a bar on a terminal, and nowhere else."""
    with DISPLAY.showing(what, number) as activity:

        def advance() -> None:
            activity.done += 1

        yield advance


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
    return USERINFO.sub("***", text) if "@" in text else text


def count(number: int, noun: str) -> str:
    """Return the number and the noun: `1 commit`, `2 commits`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def columns() -> int | None:
    """Return the width of the terminal that results go to; None if they go somewhere else."""
    return shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else None


def is_interactive() -> bool:
    """Return True if there is a terminal to ask questions on."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def prompt(question: str) -> None:
    """Print a question and leave the cursor behind it; `answer` reads what is typed."""
    DISPLAY.ask()
    sys.stderr.write(visible(question))
    sys.stderr.flush()


def answer() -> str:
    """Return the line that is typed, with its newline; empty at the end of the input."""
    try:
        return sys.stdin.readline()
    finally:
        DISPLAY.answered()


def ask_line(question: str, flags: str) -> str:
    """Ask a question on the terminal and return the answer. Raises RefusedError, with the flags, without an answer."""
    prompt(question)
    typed = answer()
    if not typed:
        raise RefusedError(f"{question.strip()} No answer; answer with {flags}")
    return typed.strip()


def confirm(question: str, *, yes: bool, flags: str, recommended: bool = True) -> bool:
    """Ask a question on the terminal and return the answer.

    With `yes` the answer is yes, and Enter means yes; if yes is not `recommended`, `yes` does not answer the question,
    and Enter means no. Raises RefusedError, with the flags that answer it, if there is no terminal.
    """
    if yes and recommended:
        step(f"{question} yes")
        return True
    if not is_interactive():
        no_answer = "There is no terminal to ask on" + ("" if recommended else ", and --yes does not answer this")
        raise RefusedError(f"{question} {no_answer}; answer with {flags}")
    while True:
        prompt(f"{question} [Y/n] " if recommended else f"{question} [y/N] ")
        typed = answer()
        if not typed:
            raise RefusedError(f"{question} No answer; answer with {flags}")
        word = typed.strip().lower() or ("yes" if recommended else "no")
        if word in ("y", "yes"):
            return True
        if word in ("n", "no"):
            return False
