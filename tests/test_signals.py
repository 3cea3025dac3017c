"""What a signal that comes at a bad moment leaves: no program that nobody waits for, and no block done by half."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType

import pytest

from hubimages import disk, run, signals, template
from hubimages.contents import engine
from hubimages.disk import temporary
from hubimages.doctor import programs
from hubimages.environment import buildpack
from hubimages.repository import staging
from hubimages.template import origin
from tests.forking import STARTED

RAISED = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: signals.Ended, signal.SIGHUP: signals.Ended}


def for_a_block(*argv: str, cwd: Path) -> None:
    with run.started(*argv, cwd=cwd):
        pass


def for_a_question(program: str, *, cwd: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "executable", program)
        with buildpack.asked(cwd, []):
            pass


STARTS: list[Callable[..., object]] = [
    run.attempt,
    for_a_block,
    for_a_question,
    lambda program, *, cwd: programs.ask(str(program)),
    lambda program, *, cwd: origin.git(cwd),
    lambda program, *, cwd: engine.read_local_image("a/b:1"),
]
NAMES = ["run", "run for a block", "repo2docker", "versions", "git of the template", "docker save"]
PROGRAM = """\
#!/bin/sh
[ "$1" = version ] && exit
cd {folder}
echo $$ > id
kill -{number} $PPID
sleep 0.3
mkdir late
"""


@pytest.mark.parametrize("number", RAISED)
@pytest.mark.parametrize("start", STARTS, ids=NAMES)
def test_a_program_that_starts_as_a_signal_comes_is_ended_and_waited_for(
    start: Callable[..., object], number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program sends it while Python, as on a busy machine, has not noted yet that there is one."""
    program = tmp_path / "git"
    program.write_text(PROGRAM.format(folder=tmp_path, number=number.value))
    program.chmod(0o755)
    (tmp_path / "docker").symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(subprocess, "Popen", STARTED)

    def wait(frame: FrameType, event: str, called: object) -> None:
        if event == "c_return" and getattr(called, "__name__", "") == "fork_exec":
            time.sleep(0.2)
            if (tmp_path / "id").exists():
                sys.setprofile(None)

    with pytest.raises(RAISED[number]), signals.raising():
        sys.setprofile(wait)
        try:
            start(str(program), cwd=tmp_path)
        finally:
            sys.setprofile(None)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)
    time.sleep(0.4)
    assert not (tmp_path / "late").exists()


@pytest.mark.parametrize("number", RAISED)
def test_a_block_is_done_whole_where_another_thread_gets_the_signal(number: signal.Signals) -> None:
    done, ready, ended = [], threading.Event(), threading.Event()

    def send() -> None:
        ready.wait()
        signal.raise_signal(number)
        ended.set()

    other = threading.Thread(target=send)
    other.start()
    with pytest.raises(RAISED[number]), signals.raising(), signals.held_back(), signals.held_back():
        ready.set()
        ended.wait()
        done.append("first half")
        done.append("second half")
    other.join()
    assert done == ["first half", "second half"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.parametrize("number", RAISED)
@pytest.mark.parametrize(
    "place", [lambda folder: disk.temporary_directory("test", folder), lambda folder: staging.beside(folder / "a/b")]
)
def test_a_signal_just_before_the_cleaning_up_does_not_keep_from_it(
    place: Callable[[Path], AbstractContextManager[object]], number: signal.Signals, tmp_path: Path
) -> None:
    def interrupt(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_name == "held_back":
            sys.setprofile(None)
            signal.raise_signal(number)

    with pytest.raises(RAISED[number]), signals.raising(), place(tmp_path):
        assert list(tmp_path.iterdir())
        sys.setprofile(interrupt)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", RAISED)
def test_a_process_that_is_forked_as_a_signal_comes_is_waited_for(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path / "none")
    monkeypatch.setattr(tempfile, "tempdir", None)
    us, forked = os.getpid(), []

    def interrupt(frame: FrameType, event: str, called: object) -> None:
        if event == "return" and frame.f_code.co_name == "_launch" and os.getpid() == us:
            sys.setprofile(None)
            forked.append(frame.f_locals["self"].pid)
            signal.raise_signal(number)

    with pytest.raises(RAISED[number]), signals.raising():
        sys.setprofile(interrupt)
        try:
            with template.rendering_server(1):
                pass
        finally:
            sys.setprofile(None)
    with pytest.raises(ChildProcessError):
        os.waitpid(*forked, os.WNOHANG)
    assert list(tmp_path.iterdir()) == []
