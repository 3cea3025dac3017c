"""Whether a lock is that of an environment file."""

from pathlib import Path

from hubimages.environment.lock import conda_lock_file
from hubimages.environment.lock.formats import PIXI, read_lock
from hubimages.environment.lock.model import Lock, content_hash
from hubimages.environment.specs import read_environment_file
from hubimages.environment.surroundings import RECORD
from hubimages.environment.versions import admits, release_of


def is_made_for(file: Path, text: str) -> bool:
    """Return whether a lock was made for the text of an environment file.

    A conda-lock.yml of ours says so. One that another program wrote, and every pixi.lock, are judged by their packages:
    each that is asked for must be there in a version that is asked for. Raises BadInputError, NotInstalledError.
    """
    if not file.name.endswith(PIXI):
        asked = conda_lock_file.asked_hash(file.read_text(encoding="utf-8", errors="replace"))
        if asked:
            return asked == content_hash(text)
    return holds(read_lock(file), text)


def holds(lock: Lock, text: str) -> bool:
    """Return whether every package asked for is locked on every platform, in a version that is asked for."""
    specs = [spec for spec in read_environment_file("", text).specs if spec.name]
    for platform in lock.platforms:
        for manager in ("conda", "pip"):
            locked = {each.name: each.version for each in lock.of(platform, manager)}
            for spec in specs:
                if spec.pip == (manager == "pip"):
                    version = locked.get(spec.name)
                    if version is None or admits(spec.version, release_of(version)) is False:
                        return False
    return True


def remedy(root: Path) -> str:
    """Return how to make the lock anew: in a generated repository with its session."""
    return "Run nox -s lock" if (root / RECORD).is_file() else "Run hubimages lock-environment"
