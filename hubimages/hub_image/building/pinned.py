"""The version of chartpress that a repository pins, in an environment of its own, made once and kept."""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from hubimages import console
from hubimages.errors import NoAnswerError, RefusedError
from hubimages.run import attempt

Ask = Callable[[str], bool]


def environment(version: str) -> Path:
    """Return the directory of the environment for a version of chartpress."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "hubimages" / f"chartpress-{version}"


def program(version: str) -> Path:
    """Return the path of chartpress in that environment, whether or not it is there."""
    return environment(version) / "bin/chartpress"


def refusal(wanted: str, place: str) -> RefusedError:
    """Return the error for a pin that is no single version: only a person says what to run then."""
    shown = console.censor(wanted)
    return RefusedError(
        f"{place} asks for chartpress {shown}, and no such chartpress is installed. Install it: python3 -m venv "
        f".venv && .venv/bin/pip install {shlex.quote(spec(wanted))}, or name a program with --chartpress PATH"
    )


def spec(wanted: str) -> str:
    """Return what pip installs for a pin: an address as it is, a version behind the name."""
    return wanted if "://" in wanted else f"chartpress{wanted}"


def install(version: str, place: str, ask: Ask) -> Path:
    """Make the environment, after a question. Raises RefusedError, and NoAnswerError if pip cannot install it."""
    directory = environment(version)
    question = f"{place} pins chartpress=={version}, which is not installed. Install it in {directory}?"
    if not ask(question):
        raise RefusedError(f"chartpress {version} is not installed. Name another program with --chartpress PATH")
    making = directory.with_name(f".{directory.name}-{os.getpid()}")
    making.parent.mkdir(parents=True, exist_ok=True)
    try:
        # Our own pip, where there is one, saves the seconds that putting one into the environment takes.
        python = str(making / "bin/python")
        no_pip, pip = [], [python, "-m", "pip"]
        if find_spec("pip"):
            no_pip, pip = ["--without-pip"], [sys.executable, "-m", "pip", "--python", python]
        steps = (
            [sys.executable, "-m", "venv", *no_pip, str(making)],
            [*pip, "install", "-q", f"chartpress=={version}"],
        )
        for argv in steps:
            console.command(argv)
            done = attempt(*argv, cwd=making.parent)
            if done.returncode:
                said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
                raise NoAnswerError(
                    f"chartpress {version} could not be installed: {said[-1] if said else 'no message'}. "
                    "Name another program with --chartpress PATH"
                )
        launcher(making, directory)
        shutil.rmtree(directory, ignore_errors=True)
        making.rename(directory)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return program(version)


def launcher(making: Path, directory: Path) -> None:
    """Write a start script that works where the environment will be: pip's own names the path where it was made."""
    python = shlex.quote(str(directory / "bin/python"))
    text = f"#!/bin/sh\nexec {python} -c 'import sys, chartpress; sys.exit(chartpress.main())' \"$@\"\n"
    start = making / "bin/chartpress"
    start.write_text(text)
    start.chmod(0o755)
