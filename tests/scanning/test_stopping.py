"""A search that is stopped does not wait for the blob that it is at."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hubimages.repository.git import Repo
from hubimages.scanning.engines.processes import Order, examine_all
from tests.forking import STARTED
from tests.histories import Commit, make


def test_a_blob_that_takes_long_is_left_when_the_search_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "r.git", [Commit("one", [], {"a": "1\n"})])
    program = tmp_path / "worker"
    program.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/id\nexec sleep 20\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(subprocess, "Popen", STARTED)

    def stop() -> None:
        while not (tmp_path / "id").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=stop).start()
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(examine_all(Repo(tmp_path / "r.git"), [Order("main:a", "a")], b"salt", plugins=False))
    assert time.monotonic() - began < 15
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "id").read_text()), 0)
