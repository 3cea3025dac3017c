"""Programs of ours that start many times in the tests, forked from a process that has their imports.

A rendering starts in 0.03 s of CPU instead of 0.15. `-P` and the rest of their start are what tests/template's
test_renderer.py, tests/environment's test_task.py and every test that starts `python -m hubimages` are about.
"""

import atexit
import fcntl
import gc
import inspect
import json
import os
import re
import runpy
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
import types
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[1]
OURS = ROOT / "hubimages"
PROGRAMS = {str(OURS / "template/renderer.py"), str(OURS / "environment/buildpack_probe.py")}
PROGRAMS.add("hubimages.scanning.engines.worker")
# They look at the environment or the template when they are imported; the renderer changes cookiecutter.
ANEW = re.compile(r"(cookiecutter|(repo2)?docker)(\..*)?|hubimages_(filters|template)")
STARTED = subprocess.Popen
NAMES = list(inspect.signature(STARTED._execute_child).parameters)[1:]  # type: ignore[attr-defined]
NUMBER = 8  # bytes of a process id, or of how a process ended


class Server:
    """The process that forks, for this one, those that it forked, and all their threads.

    A process is `alone` that has limits of its own, which what it starts must have, too: it forks by itself.
    """

    link: socket.socket | None = None
    alone = False
    turn = threading.Lock()

    def ask(self, request: Mapping[str, object], numbers: Sequence[int]) -> socket.socket:
        """Have a process forked that gets these files; return where its id arrives, and later how it ended."""
        ours, theirs = socket.socketpair()
        with theirs, tempfile.TemporaryFile("w+") as file:
            json.dump(request, file)
            file.flush()
            file.seek(0)
            with self.turn:
                socket.send_fds(self.link or self.start(), [b"."], [theirs.fileno(), file.fileno(), *numbers])
        return ours

    def start(self) -> socket.socket:
        """Start the process and return the connection to it; it ends with this process."""
        ours, theirs = socket.socketpair()
        life, end = socket.socketpair()
        passed = [str(each.fileno()) for each in (theirs, ours, end)]
        argv = (sys.executable, "-P", str(ROOT / "tests/command.py"), *passed)
        env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
        process = STARTED(argv, pass_fds=list(map(int, passed)), env=env, cwd=ROOT, stdin=subprocess.DEVNULL)
        theirs.close()
        end.close()

        def stop() -> None:
            life.close()
            process.wait()

        atexit.register(stop)
        self.link = ours
        return ours


SERVER = Server()


def received(answer: socket.socket, flags: int = 0) -> int:
    """A number from the process that forks."""
    data = answer.recv(NUMBER, socket.MSG_WAITALL | flags)
    assert data, "the process from which the processes of the tests are forked has ended"
    return int.from_bytes(data, "big")


def serve(link: socket.socket, end: socket.socket) -> list[int]:
    """Fork for each request, until the other side of `end` is closed.

    Return in the forked processes, with the numbers of their files.
    """
    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running: dict[int, socket.socket] = {}
    waiting = selectors.DefaultSelector()
    for each in (link, end, woken):
        waiting.register(each, selectors.EVENT_READ)
    while True:
        ready = [key.fileobj for key, _ in waiting.select()]
        if end in ready:
            os._exit(0)
        if link in ready:
            _, numbers, _, _ = socket.recv_fds(link, 1, 64)
            child = os.fork()
            if not child:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                os.close(numbers[0])
                waiting.close()
                return numbers[1:]
            running[child] = socket.socket(fileno=numbers[0])
            for number in numbers[1:]:
                os.close(number)
            running[child].sendall(child.to_bytes(NUMBER, "big"))
        if woken in ready:
            woken.recv(1024)
            with suppress(ChildProcessError):
                while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                    with running.pop(ended[0]) as answer, suppress(OSError):
                        answer.sendall(ended[1].to_bytes(NUMBER, "big"))


class Forked(STARTED):  # type: ignore[type-arg,misc]
    """A process that is forked where its program is one of ours; else a usual one."""

    _answer: socket.socket | None = None

    def _execute_child(self, *given: Any) -> None:
        asked = dict(zip(NAMES, given, strict=True))
        words = [os.fspath(word) for word in asked["args"]] if isinstance(asked["args"], tuple | list) else []
        ours = words[:2] == [sys.executable, "-P"] and PROGRAMS & {*words[2:4]}
        if not ours or sys.platform != "linux" or (SERVER.alone and threading.active_count() > 1):
            super()._execute_child(*given)  # type: ignore[misc]
            return
        streams = {0: asked["p2cread"], 1: asked["c2pwrite"], 2: asked["errwrite"]}
        files = {number: number if at == -1 else at for number, at in streams.items()}
        files |= {number: number for number in asked["pass_fds"]}
        request = {
            "program": words[2:], "files": [*files], "cwd": str(Path.cwd() / (asked["cwd"] or "")),
            "env": {os.fsdecode(name): os.fsdecode(text) for name, text in (asked["env"] or os.environ).items()},
            "session": asked["start_new_session"], "umask": mask(),
        }  # fmt: skip
        if SERVER.alone:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of xdist's thread, which only reads from a pipe
                self.pid = os.fork()
            if not self.pid:
                become(request, files)
        else:
            self._answer = SERVER.ask(request, [*files.values()])
            self.pid = received(self._answer)
        self._child_created = True
        self._close_pipe_fds(*(asked[name] for name in NAMES if name in PIPES))  # type: ignore[attr-defined]

    def _try_wait(self, flags: int) -> tuple[int, int]:
        if self._answer is None:
            return super()._try_wait(flags)  # type: ignore[misc,no-any-return]
        try:
            return self.pid, received(self._answer, socket.MSG_DONTWAIT if flags else 0)
        except BlockingIOError:
            return 0, 0

    def _internal_poll(self, *given: Any, **more: Any) -> int | None:
        if self._answer is None:
            return super()._internal_poll(*given, **more)  # type: ignore[misc,no-any-return]
        if self.returncode is None and self._waitpid_lock.acquire(blocking=False):  # type: ignore[attr-defined]
            try:
                pid, status = self._try_wait(os.WNOHANG) if self.returncode is None else (0, 0)
                if pid:
                    self._handle_exitstatus(status)  # type: ignore[attr-defined]
            finally:
                self._waitpid_lock.release()  # type: ignore[attr-defined]
        return self.returncode

    def _handle_exitstatus(self, *given: Any, **more: Any) -> None:
        super()._handle_exitstatus(*given, **more)  # type: ignore[misc]
        if self._answer is not None:
            self._answer.close()


PIPES = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")


def mask() -> int:
    """The mask for the modes of new files; nothing else shows it without changing it for all threads."""
    return int(re.findall(r"^Umask:\s+(\d+)", Path("/proc/self/status").read_text(), re.MULTILINE)[0], 8)


def become(asked: Mapping[str, Any], files: Mapping[int, int]) -> NoReturn:
    """Be the program that was asked for, from its first line to its end; `files` are its numbers, and ours of each."""
    code = 1
    try:
        if asked["session"]:
            os.setsid()
        gc.collect()  # not later, when what it closes has become another file
        above = max(files) + 1  # none is overwritten before it is at its place
        kept = {number: fcntl.fcntl(given, fcntl.F_DUPFD, above) for number, given in files.items()}
        for number, given in kept.items():
            os.dup2(given, number)
        begin = 3
        for number in [*sorted({*files} - {0, 1, 2}), os.sysconf("SC_OPEN_MAX")]:
            os.closerange(begin, number)
            begin = number + 1
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.umask(asked["umask"])
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        sys.argv = asked["program"]
        sys.path[:] = [place for place in sys.path if place not in ("", ".")]
        sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
        sys.pycache_prefix = os.environ.get("PYTHONPYCACHEPREFIX") or None
        forget()
        encoding = {"encoding": "utf-8", "errors": "surrogateescape"}
        sys.stdin, sys.stdout = os.fdopen(0, **encoding), os.fdopen(1, "w", **encoding)  # type: ignore[call-overload]
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
        if sys.argv[0] == "-m":
            runpy.run_module(sys.argv[1], run_name="__main__", alter_sys=True)
        else:
            sys.modules["__main__"] = made = types.ModuleType("__main__")
            made.__file__ = sys.argv[0]
            exec(compiled(sys.argv[0]), made.__dict__)
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


@cache
def compiled(program: str) -> types.CodeType:
    """The code of a program, compiled before it is forked."""
    return compile(Path(program).read_text(encoding="utf-8"), program, "exec")


def forget() -> None:
    """Have the modules imported anew that look at what differs."""
    for name in list(sys.modules):
        if ANEW.fullmatch(name):
            del sys.modules[name]


def warm() -> None:
    """Import what the programs import first, and have jinja2 compile the template."""
    import arrow  # noqa: F401
    import binaryornot.check  # noqa: F401
    import jinja2.compiler  # noqa: F401
    import requests  # noqa: F401
    import rich.prompt  # noqa: F401
    import slugify  # noqa: F401
    import yaml  # noqa: F401

    with suppress(ImportError):
        from hubimages.scanning.engines.plugins import plugins

        plugins()

    for program in PROGRAMS:
        if program.endswith(".py"):
            compiled(program)
    before = dict(sys.modules)
    with suppress(ModuleNotFoundError):
        runpy.run_path(str(OURS / "environment/buildpack_probe.py"))["import_buildpacks"]()
    sys.modules.update(before)  # it puts others in the place of some

    renderer = runpy.run_path(str(OURS / "template/renderer.py"))
    renderer["compile_once"]()
    writes_none = sys.dont_write_bytecode
    with tempfile.TemporaryDirectory() as place:
        answers = {"__template": "https://github.com/example/hubimages", "__commit": "0" * 40, "__problem": ""}
        renderer["render"]({"template": str(ROOT), "output": place, "home": place, "answers": answers})
    sys.dont_write_bytecode, tempfile.tempdir = writes_none, None
    forget()
