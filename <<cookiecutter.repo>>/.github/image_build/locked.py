"""Build from the lock, if the repository has one (nox -s lock writes it)."""

import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

from image_build import sources

LOCKS = ("conda-lock.yml", "pixi.lock")
PLATFORMS = {"x86_64": "linux-64", "AMD64": "linux-64", "aarch64": "linux-aarch64", "arm64": "linux-aarch64"}


def lock() -> Path | None:
    """Return the lock of the environment file, beside it; None without one."""
    place = sources.directory()
    if not any((place / name).is_file() for name in ("environment.yml", "environment.yaml")):
        return None
    return next((place / name for name in LOCKS if (place / name).is_file()), None)


@contextmanager
def source(session: nox.Session) -> Iterator[str]:
    """Yield the directory to build: this one, or with a lock a copy whose environment file lists what is locked.

    repo2docker reads no lock, so it gets exact versions, builds and hashes where it reads packages. All else is the same.
    """
    if lock() is None:
        yield "."
        return
    program = shutil.which("hubimages", path=session.bin) or shutil.which("hubimages")
    if program is None:
        session.error(f"hubimages is needed to build from {lock()}. Install it: pip install 'hubimages[lock]'")
    with tempfile.TemporaryDirectory(prefix="locked-") as folder:
        copy = Path(folder) / "image"
        shutil.copytree(".", copy, symlinks=True, ignore=not_in_the_image)
        argv = ["apply-lock", str(copy / sources.directory()), "--write", "--platform", PLATFORMS[platform.machine()]]
        session.run(program, *argv, external=True)
        yield str(copy)


def not_in_the_image(directory: str, names: list[str]) -> set[str]:
    """Return which folders at the top .dockerignore leaves out by name, such as .git: they need not be copied.

    Files are copied in any case: engines read a Dockerfile that is named there, and hubimages reads the record.
    """
    ignored = Path(".dockerignore")
    if directory != "." or not ignored.is_file():
        return set()
    left_out = {line.strip().strip("/") for line in ignored.read_text(encoding="utf-8").splitlines()}
    return {name for name in names if name in left_out and Path(name).is_dir()}
