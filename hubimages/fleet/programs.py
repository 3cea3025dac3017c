"""Programs that run for many repositories at once, and end together when the task is stopped."""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Lock

from hubimages.errors import HubImagesError
from hubimages.run import started


class StoppedError(HubImagesError):
    """The task was stopped, so nothing more is started for this repository."""

    exit_code = 130


class Programs:
    """Starts programs from several threads. Each has a session of its own, which `stop` ends with all that is in it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = Event()

    def run(
        self, *argv: str, cwd: Path, env: Mapping[str, str] | None = None, stdin: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run the program and return its exit code and output; a failure is for the caller to judge.

        Raises NotInstalledError if it is missing, StoppedError after `stop`.
        """
        given = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        with ExitStack() as stack:
            with self._lock:
                if self._stopped.is_set():
                    raise StoppedError("stopped")
                process = stack.enter_context(started(*argv, cwd=cwd, env=env, stdin=given, new_session=True))
                self._running.add(process)
            try:
                output, errors = process.communicate(stdin)
            finally:
                with self._lock:
                    self._running.discard(process)
        if self._stopped.is_set():
            raise StoppedError("stopped")
        return subprocess.CompletedProcess(argv, process.returncode, output, errors)

    def wait(self, seconds: float) -> None:
        """Wait. Raises StoppedError at once after `stop`."""
        if self._stopped.wait(seconds):
            raise StoppedError("stopped")

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        with self._lock:
            self._stopped.set()
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
