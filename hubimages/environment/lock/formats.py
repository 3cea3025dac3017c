"""The files that a lock is kept in: conda-lock.yml, the default, and pixi.lock."""

from pathlib import Path
from typing import Any

from hubimages import disk
from hubimages.environment.lock import conda_lock_file, pixi_lock_file
from hubimages.environment.lock.model import Lock
from hubimages.environment.surroundings import LOCKS
from hubimages.errors import BadInputError

CONDA_LOCK, PIXI = LOCKS


def read_lock(file: Path) -> Lock:
    """Return the lock in a file. Raises BadInputError if it cannot be read, NotInstalledError without its library."""
    if not file.is_file():
        raise BadInputError(f"there is no lock {file}. Run hubimages lock-environment")
    return pixi_lock_file.read(file) if file.name.endswith(PIXI) else conda_lock_file.read(file)


def lock_text(lock: Lock, name: str, records: dict[str, list[Any]]) -> str:
    """Return a lock as its file's text; `records` are py-rattler's by platform. Raises BadInputError."""
    if name != PIXI:
        return conda_lock_file.written(lock)
    with disk.temporary_directory("lock") as folder:
        file = Path(folder) / name
        pixi_lock_file.write(lock, file, records)
        return file.read_text(encoding="utf-8")
