"""A person sees on a terminal that a task is at work, and nothing of it anywhere else or afterwards."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.terminal import Seen, on_a_terminal, screen

START = """
import os, signal, subprocess, sys, threading
from pathlib import Path
from hubimages import console, display
from hubimages.display import DISPLAY
display.DELAY, display.EVERY, display.FIRST = 0.0, 0.01, 0.0
"""


def argv(program: str) -> list[str]:
    return [sys.executable, "-c", START + program]


def shown(program: str, text: str, **options: object) -> Seen:
    """Run a program that waits for a line, which it gets once the terminal has shown the text."""
    seen = on_a_terminal(argv(program), until=lambda written: text.encode() in written, **options)  # type: ignore[arg-type]
    assert seen.code == 0, seen.terminal.decode()
    return seen


WORK = """
with DISPLAY.showing("some-task"):
    console.step("a step")
    sys.stdin.readline()
    console.step("another step")
    console.result("the result")
"""


def test_a_task_that_waits_has_a_line_which_is_gone_afterwards() -> None:
    seen = shown(WORK, "some-task 0:00")
    assert seen.screen == "a step\nanother step"
    assert seen.stdout == b"the result\n"


def test_nothing_is_written_without_a_terminal() -> None:
    program = WORK.replace("sys.stdin.readline()", "import time; time.sleep(0.3)")
    done = subprocess.run(argv(program), capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("the result\n", "a step\nanother step\n")


COUNTING = """
with DISPLAY.showing("some-task"), console.counting("reading a rather long name of things", 12) as one_more:
    for _ in range(5):
        one_more()
    sys.stdin.readline()
"""


def test_what_is_counted_has_a_bar_in_colour() -> None:
    seen = shown(COUNTING, "5/12 0:00")
    assert re.search(rb"reading a rather long name of .*\x1b\[38;[\d;]+m\xe2\x94\x81", seen.terminal)
    assert seen.screen == ""


def test_no_color_takes_the_colours_and_leaves_the_bar() -> None:
    seen = shown(COUNTING, "5/12 0:00", env={"NO_COLOR": "1"})
    assert re.search(rb"\x1b\[[\d;]+m", seen.terminal) is None
    assert "━".encode() in seen.terminal


@pytest.mark.parametrize("columns", [8, 20, 40, 72, 80])
def test_the_line_fits_a_narrow_terminal(columns: int) -> None:
    text = "reading"[: columns - 4]
    seen = shown(COUNTING, text, columns=columns)
    frames = re.split(rb"\x1b\[2K|\r\n", seen.terminal)
    assert max(len(screen(frame)) for frame in frames) <= columns
    assert seen.screen == ""


def test_a_terminal_that_cannot_overwrite_gets_a_whole_line() -> None:
    seen = shown(COUNTING, "...", env={"TERM": "dumb"})
    assert seen.terminal.replace(b"\r\n", b"\n") == b"reading a rather long name of things 0:00 ...\n"


def test_a_terminal_without_unicode_gets_plain_characters() -> None:
    env = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    assert shown(COUNTING, "5/12 0:00", env=env).terminal.isascii()


ASKING = """
with DISPLAY.showing("some-task"):
    for _ in range(2):
        console.prompt("Which? ")
        threading.Event().wait(0.2)  # twenty frames
        console.answer()
"""


def test_nothing_overwrites_a_question() -> None:
    seen = shown(ASKING, "Which?", answer=b"a\nb\n", typed=True)
    assert re.sub(rb"\s", b"", seen.terminal.replace(b"Which?", b"")) in (b"ab", b"")


def test_nothing_is_written_while_a_password_is_typed_or_another_display_is_there() -> None:
    wait = "threading.Event().wait(0.2)"
    program = f"with DISPLAY.showing('some-task'): {wait}"
    assert on_a_terminal(argv(program), echo=False).terminal == b""
    program = f"with DISPLAY.showing('some-task'), DISPLAY.paused(): {wait}"
    assert on_a_terminal(argv(program)).terminal == b""


def test_a_program_that_may_ask_is_overwritten_only_by_news() -> None:
    program = """
with DISPLAY.showing("some-task") as activity, DISPLAY.still():
    os.write(2, b"Username: ")
    threading.Event().wait(0.2)
    os.write(2, b"| ")
    activity.detail = "1 %"
    sys.stdin.readline()
"""
    assert shown(program, "1 %").terminal.startswith(b"Username: | ")


def test_a_fork_has_no_line_and_ends() -> None:
    program = """
with DISPLAY.showing("some-task"):
    sys.stdin.readline()
    for _ in range(20):
        if not (child := os.fork()):
            console.result("from the fork")
            os._exit(0)
        os.waitpid(child, 0)
"""
    assert shown(program, "some-task").stdout == b"from the fork\n" * 20


def test_the_line_stays_while_a_job_is_kept_quiet() -> None:
    program = """
from hubimages.migration.workers import quiet
with DISPLAY.showing("some-task"):
    with quiet():
        print("of the job", file=sys.stderr)
        os.read(0, 1)
    console.step("a step")
"""
    assert shown(program, "some-task 0:00").screen == "a step"


def test_signals_that_are_held_back_stay_held_back() -> None:
    program = """
before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
with DISPLAY.showing("some-task"):
    sys.stdin.readline()
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(0.01)
console.result("not stopped")
"""
    assert shown(program, "some-task").stdout == b"not stopped\n"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    origin = tmp_path / "origin"
    subprocess.run(["git", "init", "-q", origin], check=True)
    (origin / "file").write_text("text\n")
    subprocess.run(["git", "-C", origin, "add", "file"], check=True)
    subprocess.run(["git", "-C", origin, "commit", "-qm", "Add a file"], check=True)
    return origin


TRANSFER = """
from hubimages.run import attempt
with DISPLAY.showing("some-task"):
    done = attempt("git", "clone", "--quiet", *sys.argv[1:], cwd=Path("/"))
    said = DISPLAY._saying()
console.result(f"{done.returncode} {done.args[1:3]} {done.stderr.decode()}")
"""


def test_how_far_git_is_can_be_seen_and_is_not_in_its_output(origin: Path, tmp_path: Path) -> None:
    # A server that waits in the middle of its progress until the terminal has shown it.
    fifo = tmp_path / "go-on"
    hook = tmp_path / "pack-objects"
    hook.write_text(f'#!/bin/sh\nprintf "Counting objects: 40%% (2/5)\\r" >&2\ncat {fifo}\nexec "$@"\n')
    hook.chmod(0o755)
    subprocess.run(["mkfifo", fifo], check=True)
    config = tmp_path / "gitconfig"
    config.write_text(f"[uploadpack]\n\tpackObjectsHook = {hook}\n")
    feeding = (
        f"threading.Thread(target=lambda: (sys.stdin.readline(), Path({str(fifo)!r}).write_text('')), daemon=True)"
    )
    seen = on_a_terminal(
        [*argv(f"{feeding}.start()\n{TRANSFER}"), f"file://{origin}", str(tmp_path / "clone")],
        until=lambda written: b"git clone 0:00 Counting objects: 40% (2/5)" in written,
        env={"GIT_CONFIG_GLOBAL": str(config)},
    )
    assert seen.stdout == b"0 ('clone', '--quiet') \n", seen.terminal
    assert seen.screen == ""
    assert (tmp_path / "clone/file").read_text() == "text\n"


def test_what_git_says_of_a_failure_stays(tmp_path: Path) -> None:
    seen = on_a_terminal([*argv(TRANSFER), f"file://{tmp_path}/nowhere", str(tmp_path / "clone")])
    assert seen.stdout.startswith(b"128 ('clone', '--quiet') fatal: ")
    assert b"Cloning" not in seen.stdout


def test_of_several_threads_the_first_one_is_shown() -> None:
    program = """
def beside():
    with DISPLAY.showing("beside"):
        threading.Event().wait(0.2)

with DISPLAY.showing("some-task"):
    other = threading.Thread(target=beside)
    other.start()
    other.join()
    sys.stdin.readline()
"""
    assert b"beside" not in shown(program, "some-task").terminal


def test_each_shows_a_bar_and_takes_it_away(origin: Path, tmp_path: Path) -> None:
    (tmp_path / "go-on").mkdir()
    (tmp_path / "repositories").write_text(f"{origin}\n")
    words = ["each", "--repos", str(tmp_path / "repositories"), "--run", "--", "sh", "-c"]
    words.append(f"until [ -e {tmp_path}/go-on/now ]; do sleep 0.1; done")
    feeding = f"lambda: (sys.stdin.readline(), Path({str(tmp_path / 'go-on/now')!r}).touch())"
    program = f"""
threading.Thread(target={feeding}, daemon=True).start()
from hubimages.cli.program import HubImages
HubImages().run(["hubimages", *sys.argv[1:]])
"""
    seen = on_a_terminal([*argv(program), *words], until=lambda written: b"0/1 0:0" in written)
    assert (seen.code, seen.screen) == (0, "1 repository: 1 nothing to do")
