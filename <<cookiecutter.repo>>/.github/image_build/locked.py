"""Build from the lock, if the repository has one (nox -s lock writes it)."""

import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

from image_build import sources
from image_build.programs import git

LOCKS = ("conda-lock.yml", "pixi.lock")
PLATFORMS = {"x86_64": "linux-64", "AMD64": "linux-64", "aarch64": "linux-aarch64", "arm64": "linux-aarch64"}


def lock() -> Path | None:
    """Return the lock of environment.yml, beside it; None without one."""
    place = sources.directory()
    if not (place / "environment.yml").is_file():
        return None
    return next((place / name for name in LOCKS if (place / name).is_file()), None)


@contextmanager
def source(session: nox.Session) -> Iterator[str]:
    """Yield the directory to build: this one, or with a lock a copy whose environment.yml lists what is locked.

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
        for name in git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
            if name and (Path(name).is_file() or Path(name).is_symlink()):
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(name, copy / name, follow_symlinks=False)
        argv = ["apply-lock", str(copy / sources.directory()), "--write", "--platform", PLATFORMS[platform.machine()]]
        session.run(program, *argv, external=True)
        yield str(copy)
