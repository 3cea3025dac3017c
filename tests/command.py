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
from importlib import import_module
from pathlib import Path
from typing import IO, Any, NoReturn

from tests import forking
from tests.forking import ROOT, SERVER, received

# What imports a library with threads of its own, or one of an extra: a task imports it when it runs.
LATE = ("hubimages.__main__", "hubimages.environment", "hubimages.imagebuilding", "hubimages.scanning")


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
        given, stdout, stderr = streams = [stack.enter_context(temporary()) for _ in range(3)]
        mask = os.umask(0o022)
        os.umask(mask)
        asked: dict[str, object] = {
            "argv": argv,
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
        }
        asked["first"] = list(first)
        given.write(stdin)
        given.flush()
        given.seek(0)
        with SERVER.ask({**asked, "umask": mask}, [file.fileno() for file in streams]) as answer:
            received(answer)
            status = received(answer)
        texts = []
        for file in (stdout, stderr):
            file.seek(0)
            texts.append(file.read())
    return subprocess.CompletedProcess(argv, os.waitstatus_to_exitcode(status), *texts)


def temporary() -> IO[str]:
    return tempfile.TemporaryFile("w+", encoding="utf-8")


def become(asked: Mapping[str, Any], streams: Sequence[int]) -> None:
    """Take the arguments, environment, directory and streams of a request."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.environ.clear()
    os.environ.update(asked["env"])
    os.chdir(asked["cwd"])
    os.umask(asked["umask"])
    sys.argv = [str(ROOT / "hubimages/__main__.py"), *asked["argv"]]
    if asked["first"]:
        SERVER.alone = True
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
    open_doors()
    forking.warm()
    subprocess.Popen = forking.Forked  # type: ignore[misc]
    link, forking.SERVER.link, end = (socket.socket(fileno=int(number)) for number in sys.argv[1:])
    gc.freeze()
    request, *numbers = forking.serve(link, end)
    for each in (link, end):
        each.close()
    with os.fdopen(request, encoding="utf-8") as file:
        asked = json.load(file)
    if "program" in asked:
        forking.become(asked, dict(zip(asked["files"], numbers, strict=True)))
    become(asked, numbers)
    finish(main)
