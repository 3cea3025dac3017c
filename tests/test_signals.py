"""What a signal that comes at a bad moment leaves: no program that nobody waits for, and no block done by half."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType

import pytest

from hubimages import disk, run, signals
from hubimages.repository import staging

RAISED = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: signals.Ended, signal.SIGHUP: signals.Ended}


@pytest.mark.parametrize("number", RAISED)
@pytest.mark.parametrize("start", [run.attempt, run.start])
def test_a_program_that_starts_as_a_signal_comes_is_ended_and_waited_for(
    start: Callable[..., object], number: signal.Signals, tmp_path: Path
) -> None:
    """The program sends it while Python, as on a busy machine, has not noted yet that there is one."""
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $$ > id\nkill -{number.value} $PPID\nsleep 0.5\nmkdir late\n")
    program.chmod(0o755)

    def wait(frame: FrameType, event: str, called: object) -> None:
        if event == "c_return" and getattr(called, "__name__", "") == "fork_exec":
            sys.setprofile(None)
            time.sleep(0.2)

    with pytest.raises(RAISED[number]), signals.raising():
        sys.setprofile(wait)
        try:
            start(str(program), cwd=tmp_path)
        finally:
            sys.setprofile(None)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)
    time.sleep(0.8)
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
