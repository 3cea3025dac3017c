"""The `hubimages` command, each time in a process of its own that is forked from one which has imported the package.

A task starts in a hundredth of a second instead of a sixth. Where the start itself, a signal, the environment of the
interpreter or a terminal is what a test is about, it starts `python -m hubimages`.
"""

import atexit
import gc
import json
import os
import pkgutil
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import IO, NoReturn

ROOT = Path(__file__).parents[1]
# What imports a library with threads of its own, or one of an extra: a task imports it when it runs.
LATE = ("hubimages.__main__", "hubimages.environment", "hubimages.imagebuilding", "hubimages.scanning")
TURN = Lock()


def hubimages(
    *words: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    stdin: str = "",
    first: Sequence[str] = (),
) -> "subprocess.CompletedProcess[str]":
    """Run a task and return how it ended, as `subprocess.run` does; `env` is its whole environment.

    `first` is a function, `MODULE:NAME`, and its arguments, which the task's process calls before it begins; where that
    raises SystemExit, it does not begin.
    """
    argv = list(map(str, words))
    with ExitStack() as stack:
        request, given, stdout, stderr = (stack.enter_context(temporary()) for _ in range(4))
        mask = os.umask(0o022)
        os.umask(mask)
        asked: dict[str, object] = {
            "argv": argv,
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
        }
        asked["first"] = list(first)
        request.write(json.dumps({**asked, "umask": mask}))
        given.write(stdin)
        for file in (request, given):
            file.flush()
            file.seek(0)
        with TURN:
            socket.send_fds(server(), [b"."], [file.fileno() for file in (request, given, stdout, stderr)])
            answer = server().recv(32)
        assert answer, "the process from which the tasks of the tests are forked has ended"
        texts = []
        for file in (stdout, stderr):
            file.seek(0)
            texts.append(file.read())
    return subprocess.CompletedProcess(argv, int(answer), *texts)


def temporary() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


@cache
def server() -> socket.socket:
    """Start the process that forks, and return the connection to it."""
    ours, theirs = socket.socketpair()
    argv = (sys.executable, "-P", __file__, str(theirs.fileno()))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(argv, pass_fds=[theirs.fileno()], env=env, cwd=ROOT, stdin=subprocess.DEVNULL)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours


def serve(connection: socket.socket) -> None:
    """Fork for each request and answer with the exit code. Returns in the forked processes, ready to run the task."""
    while True:
        asked, numbers, _, _ = socket.recv_fds(connection, 1, 4)
        if not asked:
            os._exit(0)
        child = os.fork()
        if not child:
            connection.close()
            become(*numbers)
            return
        for number in numbers:
            os.close(number)
        _, status = os.waitpid(child, 0)
        connection.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def become(request: int, *streams: int) -> None:
    """Take the arguments, environment, directory and streams of a request."""
    with open(request, encoding="utf-8") as file:
        asked = json.load(file)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    os.umask(asked["umask"])
    sys.argv = [str(ROOT / "hubimages/__main__.py"), *asked["argv"]]
    if asked["first"]:
        place, *given = asked["first"]
        module, _, name = place.partition(":")
        getattr(import_module(module), name)(*given)


def finish(main: Callable[[], None]) -> NoReturn:
    """Run the task and end as the interpreter does, without taking down what was imported before the fork."""
    try:
        main()
        code: object = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    if not isinstance(code, int):
        print(code, file=sys.stderr)  # noqa: T201
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]  # wait for its threads
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    os._exit(code & 0xFF)


def open_doors() -> None:
    """Import what each job's interface gives, as tasks do when they use it."""
    import hubimages as package

    for found in pkgutil.iter_modules(package.__path__, "hubimages."):
        if found.name not in LATE:
            door = import_module(found.name)
            for name in dir(door):
                with suppress(ImportError):  # an extra is not installed
                    getattr(door, name)


if __name__ == "__main__":
    from hubimages.__main__ import main
    from hubimages.cli.lean_invoke import lean_invoke

    with lean_invoke():
        import_module("hubimages.cli.program")
    from tests.forking import Forked, warm

    open_doors()
    warm()
    subprocess.Popen = Forked  # type: ignore[misc]
    gc.freeze()
    serve(socket.socket(fileno=int(sys.argv[1])))
    finish(main)
