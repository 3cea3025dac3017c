"""Run a program on a terminal, and tell what a person sees there."""

import fcntl
import os
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CONTROL = re.compile(rb"\x1b\[(\d*)([A-K])|\x1b\[[\d;]*m|\x1b\[\?\d+[hl]|(\r)|(\n)|([^\x1b\r\n]+)")


@dataclass(frozen=True)
class Seen:
    """What a program wrote: on the terminal (its stderr), and on stdout, a pipe."""

    code: int
    terminal: bytes
    stdout: bytes

    @property
    def screen(self) -> str:
        """What stands on the terminal at the end."""
        return screen(self.terminal)


def on_a_terminal(
    argv: Sequence[str],
    *,
    columns: int = 100,
    env: Mapping[str, str] | None = None,
    until: Callable[[bytes], bool] | None = None,
    answer: bytes = b"\n",
    typed: bool = False,
    echo: bool = True,
    cwd: Path | None = None,
) -> Seen:
    """Run a program whose stderr is a terminal. It gets `answer` once `until` holds of what it has written there.

    The answer comes through a pipe or, if it is to be `typed`, from the terminal, which shows it.
    """
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    settings = termios.tcgetattr(theirs)
    settings[3] &= ~termios.ECHO if not echo else -1
    termios.tcsetattr(theirs, termios.TCSANOW, settings)
    # GNU readline, which pytest imports, sets the size of the terminal that it was started on.
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    whole = {**inherited, "TERM": "xterm-256color", **(env or {})}
    reading, writing = os.pipe()
    stdin = theirs if typed else reading
    process = subprocess.Popen(argv, stdin=stdin, stdout=subprocess.PIPE, stderr=theirs, env=whole, cwd=cwd)
    os.close(theirs)
    os.close(reading)
    seen = b""
    try:
        while data := os.read(ours, 65536):
            seen += data
            if until is not None and until(seen):
                until = None
                os.write(ours if typed else writing, answer)
    except OSError:  # the terminal's last user has ended
        pass
    finally:
        os.close(ours)
        os.close(writing)
    assert process.stdout is not None
    with process.stdout:
        return Seen(process.wait(timeout=60), seen, process.stdout.read())


def screen(written: bytes) -> str:
    """Return the lines that a terminal shows after it got these bytes, without spaces and empty lines at the end."""
    lines, row, column = [""], 0, 0
    for number, letter, back, new, text in CONTROL.findall(written):
        if back:
            column = 0
        elif new:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif text:
            shown = text.decode()
            lines[row] = lines[row][:column].ljust(column) + shown + lines[row][column + len(shown) :]
            column += len(shown)
        elif letter == b"A":
            row -= int(number or 1)
        elif letter == b"K":
            lines[row] = "" if number == b"2" else lines[row][:column]
    return "\n".join(line.rstrip() for line in lines).rstrip("\n")
