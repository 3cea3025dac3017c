"""Programs of ours that start many times in the tests, forked from the process that starts them: it has their imports.

A rendering starts in 0.03 s of CPU instead of 0.15. `-P` and the rest of their start are what tests/template's
test_renderer.py, tests/environment's test_task.py and every test that starts `python -m hubimages` are about.
"""

import inspect
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

OURS = Path(__file__).parents[1] / "hubimages"
PROGRAMS = (str(OURS / "template/renderer.py"), str(OURS / "environment/buildpack_probe.py"))
# They look at the environment or the template when they are imported.
ANEW = ("cookiecutter", "hubimages_filters", "hubimages_template", "repo2docker", "docker")
STARTED = subprocess.Popen
NAMES = list(inspect.signature(STARTED._execute_child).parameters)[1:]  # type: ignore[attr-defined]


class Forked(STARTED):  # type: ignore[type-arg,misc]
    """A process that is forked where its program is one of ours, and no other thread runs; else a usual one."""

    def _execute_child(self, *given: Any) -> None:
        asked = dict(zip(NAMES, given, strict=True))
        words = [os.fspath(word) for word in asked["args"]] if isinstance(asked["args"], tuple | list) else []
        ours = words[:2] == [sys.executable, "-P"] and words[2] in PROGRAMS
        if not ours or threading.active_count() > 1 or sys.platform != "linux":
            super()._execute_child(*given)  # type: ignore[misc]
            return
        streams = {0: asked["p2cread"], 1: asked["c2pwrite"], 2: asked["errwrite"]}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of xdist's thread, which only reads from a pipe
            self.pid = os.fork()
        if not self.pid:
            become(words[2:], streams, asked)
        self._child_created = True
        self._close_pipe_fds(*(asked[name] for name in NAMES if name in PIPES))  # type: ignore[attr-defined]


PIPES = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")


def become(words: list[str], streams: Mapping[int, int], asked: Mapping[str, Any]) -> NoReturn:
    """Be what the program is that was asked for, from its first line to its end."""
    code = 1
    try:
        if asked["start_new_session"]:
            os.setsid()
        kept = {number: os.dup(given) for number, given in streams.items() if given != -1}
        for number, given in kept.items():
            os.dup2(given, number)
        inherited = {*asked["pass_fds"]}
        begin = 3
        for number in [*sorted(inherited), os.sysconf("SC_OPEN_MAX")]:
            os.closerange(begin, number)
            begin = number + 1
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(asked["cwd"] or ".")
        if asked["env"] is not None:
            os.environ.clear()
            os.environ.update(asked["env"])
        sys.argv = words
        sys.path[:] = [place for place in sys.path if place not in ("", ".")]
        sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
        sys.pycache_prefix = os.environ.get("PYTHONPYCACHEPREFIX") or None
        for name in list(sys.modules):
            if name.partition(".")[0] in ANEW:
                del sys.modules[name]
        encoding = {"encoding": "utf-8", "errors": "surrogateescape"}
        sys.stdin, sys.stdout = os.fdopen(0, **encoding), os.fdopen(1, "w", **encoding)  # type: ignore[call-overload]
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        runpy.run_path(words[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)  # noqa: T201
    except BaseException:
        traceback.print_exc()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def warm() -> None:
    """Import what the renderer imports first."""
    import binaryornot.check  # noqa: F401
    import jinja2.compiler  # noqa: F401
    import requests  # noqa: F401
    import rich.prompt  # noqa: F401
    import slugify  # noqa: F401
    import yaml  # noqa: F401
