"""What is shown reaches the person, whatever characters are in it."""

import io
import os
import re
import subprocess
import sys

import pytest

from hubimages import console


@pytest.mark.parametrize(
    ("encoding", "errors", "shown"),
    [
        ("utf-8", "strict", "niño \\udcff\n".encode()),
        ("utf-8", "surrogateescape", "niño ".encode() + b"\xff\n"),  # the very bytes of the file's name
        ("ascii", "strict", b"ni\\xf1o \\udcff\n"),
    ],
)
def test_a_name_that_the_terminal_cannot_show_is_escaped(encoding: str, errors: str, shown: bytes) -> None:
    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding=encoding, errors=errors)
    console.write(terminal, "niño \udcff")
    assert written.getvalue() == shown


def test_a_question_without_a_terminal_is_refused_with_the_flags_that_answer_it() -> None:
    code = "from hubimages import console; console.confirm('Follow?', yes=False, flags='--yes')"
    done = subprocess.run([sys.executable, "-c", code], input="y\n", capture_output=True, text=True, check=False)
    assert done.stderr.endswith("RefusedError: Follow? There is no terminal to ask on; answer with --yes\n")


WAITING = """
import sys, time
from pathlib import Path
from hubimages.console import Waiting
from hubimages.run import watch
with Waiting("builder") as waiting:
    waiting.begun -= float(sys.argv[1])
    script = "echo https://me:secret@host/; echo first; sleep 1.5; echo last >&2; exit 3"
    done = watch("sh", "-c", script, cwd=Path("/"), said=waiting)
print(done.returncode, done.stdout)
"""
SAID = "3 b'https://me:secret@host/\\nfirst\\nlast\\n'\n"


def test_on_a_terminal_one_line_shows_that_a_program_is_at_work_and_goes_at_the_end() -> None:
    ours, theirs = os.openpty()
    done = subprocess.run([sys.executable, "-c", WAITING, "65"], stdout=subprocess.PIPE, stderr=theirs, check=True)
    os.close(theirs)
    seen = os.read(ours, 4096).decode()
    os.close(ours)
    assert re.fullmatch(r"(\r\x1b\[Kbuilder 1:\d\d first)+\r\x1b\[K", seen)
    assert done.stdout.decode() == SAID


def test_without_a_terminal_a_line_a_minute_shows_that_a_program_is_at_work() -> None:
    for seconds, shown in (("0", ""), ("65", "builder has run for 1 minute: first\n")):
        done = subprocess.run([sys.executable, "-c", WAITING, seconds], capture_output=True, text=True, check=True)
        assert (done.stdout, done.stderr) == (SAID, shown)
