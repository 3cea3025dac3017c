"""Helm (helm-python-sdk) in a process of its own, which renders while the rules of another hub run.

Helm is a library in Go, which reads its settings when a process starts.
"""

import importlib.util
import pickle
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from hubimages import disk, systems
from hubimages.errors import NotInstalledError, ProgramFailedError
from hubimages.run import failure, started
from hubimages.signals import Threads

LIBRARY = "helm_python"
SETTINGS = {"GOGC": "400"}  # Go collects garbage less often: a fifth less time for some 50 MB
PROGRAM = Path(__file__).with_name("helm_process.py")


@dataclass(frozen=True)
class Answer:
    """The rendered texts by template, or what Helm said when it refused."""

    texts: Mapping[str, str]
    refused: str = ""


class Helm:
    """Renders charts, one after the other, in the order of the calls. A context manager, which ends the process."""

    def __init__(self) -> None:
        self._line = Threads(1)
        self._open = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None

    def __enter__(self) -> "Helm":
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()  # the process first, so that a call that waits for it returns
        self._line.shutdown(cancel_futures=True)
        self._open.close()  # and what the last call has started since

    def render(self, chart: Path, values: dict[str, Any], name: str) -> "Future[Answer]":
        """Return the answer to come. Its result raises NotInstalledError, and ProgramFailedError if Helm crashed."""
        return self._line.submit(self._ask, chart, values, name)

    def _ask(self, chart: Path, values: dict[str, Any], name: str) -> Answer:
        process = self._process = self._process or self._start()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            pickle.dump((str(chart), values, name), process.stdin, protocol=pickle.HIGHEST_PROTOCOL)
            process.stdin.flush()
            done, said = pickle.load(process.stdout)
        except (EOFError, OSError, ValueError, pickle.UnpicklingError):
            raise self._crashed(process) from None
        return Answer(said) if done else Answer({}, said)

    def _start(self) -> "subprocess.Popen[bytes]":
        if importlib.util.find_spec(LIBRARY) is None:
            raise NotInstalledError(f"helm-python-sdk is not installed: {systems.install_line('imagebuilding')}")
        self._errors = self._open.enter_context(disk.unnamed_file())  # the stack closes it
        # -P: no directory of ours or of the user comes before the installed packages
        argv = (sys.executable, "-P", str(PROGRAM))
        return self._open.enter_context(
            started(*argv, cwd=Path("/"), env=SETTINGS, stdin=subprocess.PIPE, stderr=self._errors)
        )

    def _crashed(self, process: "subprocess.Popen[bytes]") -> Exception:
        said = b""
        if self._errors is not None and not self._errors.closed:
            self._errors.seek(0)
            said = self._errors.read()
        return failure(["helm"], process.wait(), said) if said else ProgramFailedError("Helm crashed")


__all__ = ["Answer", "Helm"]
