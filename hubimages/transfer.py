"""Run a git command that sends or receives objects, and show in the line of `display` how far git is."""

import os
import re
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from hubimages import console, signals
from hubimages.display import DISPLAY

# `Receiving objects:  12% (34/280), 1.20 MiB | 2.00 MiB/s`, `remote: Counting objects: 5, done.`
PROGRESS = re.compile(rb"(?:remote: )?(?P<text>[A-Z][a-z]+(?: [a-z]+)*: +\d.*)")
# What else git writes only beside its progress.
REMARK = re.compile(rb"(?:remote: )?(?:Total \d+ \(delta|Delta compression using|Cloning into '|To |\s*$)")
ENDS = re.compile(rb"[\r\n]")
TRANSFERS, TALKS = ("clone", "fetch", "push"), ("ls-remote",)


def subcommand(argv: Sequence[str]) -> int:
    """Return the place of git's subcommand in a command line, with settings before it; 0 if there is none."""
    place = 1
    while place < len(argv):
        if argv[place] in ("-c", "-C"):
            place += 2
        elif argv[place].startswith("-"):
            place += 1
        else:
            return place
    return 0


def is_transfer(argv: Sequence[str]) -> bool:
    """Return True if the command talks to a remote, and a person can see how far it is."""
    place = subcommand(argv) if argv[0] == "git" and DISPLAY.is_shown else 0
    return place > 0 and argv[place] in (*TRANSFERS, *TALKS)


def transfer(
    argv: Sequence[str], *, cwd: Path, stdin: bytes, env: Mapping[str, str]
) -> "subprocess.CompletedProcess[bytes]":
    """Run the command as `subprocess.run` does. The result's stderr is without git's progress."""
    place = subcommand(argv)
    told = [*argv[: place + 1], *(["--progress"] if argv[place] in TRANSFERS else []), *argv[place + 1 :]]
    reading, writing = os.pipe()
    said = bytearray()
    with DISPLAY.showing(f"git {argv[place]}") as activity:

        def read() -> None:
            with os.fdopen(reading, "rb", buffering=0) as pipe:
                while chunk := pipe.read(1 << 16):
                    said.extend(chunk)
                    lines = [found for found in map(PROGRESS.fullmatch, ENDS.split(bytes(said[-4096:]))) if found]
                    if lines:
                        activity.detail = console.visible(lines[-1]["text"].decode(errors="replace").strip())

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            # A person may be asked for a login on this terminal: only news from git overwrites the line then.
            with DISPLAY.still(when=console.is_interactive()):
                done = signals.complete(told, stdin, cwd=cwd, env=env, stderr=writing)
        except BaseException:
            os.close(writing)
            raise
        os.close(writing)
        reader.join()
    return subprocess.CompletedProcess(argv, done.returncode, done.stdout, _without_progress(bytes(said)))


def _without_progress(said: bytes) -> bytes:
    """Return what git would have written to a pipe."""
    return b"\n".join(line for line in ENDS.split(said) if not PROGRESS.fullmatch(line) and not REMARK.match(line))
