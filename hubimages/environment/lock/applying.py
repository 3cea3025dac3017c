"""Apply a lock: the environment file that makes repo2docker install exactly what is locked.

repo2docker reads no lock. It installs what the environment file lists into an environment of its own, with
`mamba env update`. So the lock becomes an environment file in the copy that is built: every conda package with version
and build, every pip package with its hash. The buildpack, the Python version and all other steps stay repo2docker's.
"""

from pathlib import Path

from hubimages.environment.lock.formats import NAMES, read_lock
from hubimages.environment.lock.model import Lock, content_hash
from hubimages.environment.specs import read_environment_file
from hubimages.environment.surroundings import ENVIRONMENT
from hubimages.environment.versions import admits, release_of
from hubimages.errors import BadInputError


def find_lock(directory: Path) -> Path | None:
    """Return the lock in a directory of an environment file; None without one."""
    return next((directory / name for name in NAMES if (directory / name).is_file()), None)


def locked_environment(lock: Lock, platform: str) -> str:
    """Return the environment file of one platform. Raises BadInputError if the lock does not have the platform."""
    conda, pip = lock.of(platform, "conda"), lock.of(platform, "pip")
    if not conda:
        raise BadInputError(f"the lock has no packages for {platform}, only for {', '.join(lock.platforms) or 'none'}")
    lines = ["channels:", *(f"- {name}" for name in lock.channels), "dependencies:"]
    lines += [f"- {each.name}={each.version}={each.build}" for each in conda]
    if pip:
        lines += ["- pip:", *(f"  - {each.name}=={each.version} --hash=sha256:{each.sha256}" for each in pip)]
    return "\n".join(lines) + "\n"


def apply_lock(directory: Path, platform: str) -> Path | None:
    """Replace the environment file in a copy that is built, if there is a lock; return the lock.

    `directory` is the one that repo2docker reads, in the copy. Raises BadInputError for a lock that cannot be read or
    that was made for another environment file.
    """
    file = find_lock(directory)
    if file is None:
        return None
    lock = read_lock(file)
    check_fresh(lock, directory, file)
    names = [name for name in ("environment.yml", "environment.yaml") if (directory / name).is_file()]
    (directory / (names[0] if names else "environment.yml")).write_text(
        locked_environment(lock, platform), encoding="utf-8"
    )
    return file


def locked_environment_in(directory: Path, platform: str) -> str:
    """Return the environment file that `apply_lock` would write. Raises BadInputError, too, if there is no lock."""
    file = find_lock(directory)
    if file is None:
        raise BadInputError(f"there is no lock in {directory}. Run hubimages lock-environment")
    lock = read_lock(file)
    check_fresh(lock, directory, file)
    return locked_environment(lock, platform)


def check_fresh(lock: Lock, directory: Path, file: Path) -> None:
    """Raise BadInputError if the environment file asks for something else than what is locked.

    A conda-lock.yml says what it was made for. A pixi.lock has no place for that, so its packages are compared.
    """
    here = next((place for name in ENVIRONMENT if (place := directory / name).is_file()), None)
    if here is None:
        return
    text = here.read_text(encoding="utf-8")
    if (lock.content and lock.content != content_hash(text)) or not _holds(lock, text):
        raise BadInputError(
            f"{file.name} was made for another {here.name}. Run hubimages lock-environment, and commit both"
        )


def _holds(lock: Lock, text: str) -> bool:
    """Return whether every package asked for is locked, in a version that is asked for."""
    for platform in lock.platforms:
        for manager in ("conda", "pip"):
            locked = {each.name: each.version for each in lock.of(platform, manager)}
            for spec in read_environment_file("", text).specs:
                if spec.name and spec.pip == (manager == "pip"):
                    version = locked.get(spec.name)
                    if version is None or admits(spec.version, release_of(version)) is False:
                        return False
    return True
