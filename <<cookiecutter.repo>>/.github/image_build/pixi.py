"""The lock of a pixi environment."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

from image_build.programs import docker, last

FROM = re.compile(r"^FROM\s+(\S*/pixi:\S+)", re.MULTILINE)


def lock(session: nox.Session) -> None:
    """Write pixi.lock with the pixi that the Dockerfile installs with."""
    found = FROM.search(Path("Dockerfile").read_text(encoding="utf-8"))
    if not found:
        session.error("Dockerfile has no line FROM .../pixi:VERSION, which says with which pixi to make the lock")
    before = Path("pixi.lock").read_bytes() if Path("pixi.lock").is_file() else b""
    words = ["--user", f"{os.getuid()}:{os.getgid()}", "--volume", f"{Path.cwd()}:/work", "--workdir", "/work"]
    words += ["--env", "HOME=/tmp", "--env", "PIXI_CACHE_DIR=/tmp/pixi", "--entrypoint", "pixi", found[1], "lock"]
    done = docker("run", "--rm", *words)
    if done.returncode:
        session.error(f"there is no lock for pixi.toml: {done.stderr.strip() or last(done)}")
    same = Path("pixi.lock").read_bytes() == before
    session.log("pixi.lock is up to date" if same else "pixi.lock has changed. Commit it")


@contextmanager
def new_lock(session: nox.Session) -> Iterator[str]:
    """Yield a new lock for pixi.toml in a file elsewhere; pixi.lock stays as it is."""
    file = Path("pixi.lock")
    before = file.read_bytes() if file.is_file() else None
    lock(session)
    with tempfile.TemporaryDirectory(prefix="pixi-") as folder:
        made = Path(folder, file.name)
        made.write_bytes(file.read_bytes())
        if before is None:
            file.unlink()
        else:
            file.write_bytes(before)
        yield str(made)


def check_lock(session: nox.Session) -> None:
    """Stop if there is no lock to install from."""
    if not Path("pixi.lock").is_file():
        session.error("there is no pixi.lock, from which the image is installed. Make it with nox -s lock, and commit it")
