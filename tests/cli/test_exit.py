"""py-rattler's threads can crash while Python shuts down, so the command ends before: nothing is lost by that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("rattler", reason="py-rattler is not installed: pip install 'hubimages[solve]'")

# Loads py-rattler, and a task that prints much, writes a temporary file and ends as it is told.
PROGRAM = """
import os, sys, tempfile
import rattler
from hubimages import __main__ as entry
from hubimages import console
from hubimages.cli import program
from hubimages.errors import NoAnswerError

def task(code):
    with tempfile.TemporaryDirectory(prefix="ours-"):
        console.result("x" * 200_000)
        print("told", file=sys.stderr)
        if code == "error":
            raise SystemExit(NoAnswerError.exit_code)
        if code == "text":
            raise SystemExit("a message")
        if code != "none":
            raise SystemExit(int(code))

program.main = lambda: task(sys.argv[1])
entry.main()
"""


@pytest.mark.parametrize(("end", "code"), [("none", 0), ("0", 0), ("1", 1), ("2", 2), ("error", 75), ("130", 130)])
def test_exit_code_output_and_temporary_files_are_as_without_the_early_end(tmp_path: Path, end: str, code: int) -> None:
    env = {**os.environ, "TMPDIR": str(tmp_path), "PYTHONUNBUFFERED": ""}
    done = subprocess.run([sys.executable, "-c", PROGRAM, end], env=env, capture_output=True, check=False)
    assert (done.returncode, len(done.stdout), done.stderr) == (code, 200_001, b"told\n")
    assert list(tmp_path.glob("ours-*")) == []


def test_a_message_as_exit_code_is_printed(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM, "text"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "told\na message\n")


@pytest.mark.parametrize("output", ["gone", "closed"])
def test_output_that_nobody_reads_does_not_change_the_exit_code(output: str) -> None:
    """`hubimages ... | head -1` and `hubimages ... >&-`."""
    argv = [sys.executable, "-c", PROGRAM, "1"]
    if output == "closed":
        argv = ["sh", "-c", 'exec "$@" >&-', "sh", *argv]
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(argv, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (1, b"told\n")


def test_the_real_task_ends_early_with_its_result(tmp_path: Path) -> None:
    """Without the early end, atexit's functions would run."""
    code = (
        "import atexit, sys, rattler\natexit.register(lambda: print('late'))\n"
        "from hubimages import __main__ as entry\nsys.argv = ['hubimages', 'apply-lock', sys.argv[1]]\nentry.main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: there is no lock in `{tmp_path}`. Run hubimages lock-environment\n"
