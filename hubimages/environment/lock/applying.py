"""Apply a lock: the environment file that makes repo2docker install exactly what is locked.

repo2docker reads no lock. It installs what the environment file lists into an environment of its own, with
`mamba env update`. So the lock becomes an environment file in the copy that is built: every conda package with version
and build, every pip package with its hash. The buildpack, the Python version and all other steps stay repo2docker's.
"""

from pathlib import Path

from hubimages import disk
from hubimages.environment.lock.formats import read_lock
from hubimages.environment.lock.freshness import is_made_for, remedy
from hubimages.environment.lock.model import Lock
from hubimages.environment.surroundings import ENVIRONMENT, LOCKS, find_root
from hubimages.errors import BadInputError


def find_lock(directory: Path) -> Path | None:
    """Return the lock in a directory of an environment file; None without one."""
    return next((directory / name for name in LOCKS if (directory / name).is_file()), None)


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

    `directory` is the one that repo2docker reads, in the copy. Raises BadInputError if it is no directory, and for a
    lock that cannot be read or that was made for another environment file.
    """
    file = find_lock(directory)
    if file is None:
        if not directory.is_dir():
            raise BadInputError(f"`{directory}` is not a directory. Name the one that repo2docker reads")
        return None
    text = locked_environment_in(directory, platform)
    place = _environment_file(directory) or directory / ENVIRONMENT[0]
    disk.write_whole(place, text, keep_link=False)  # it can be a link to the original
    return file


def locked_environment_in(directory: Path, platform: str) -> str:
    """Return the environment file that `apply_lock` would write, also where it has written it already.

    Raises BadInputError, too, if there is no lock.
    """
    again = remedy(find_root(directory))
    file = find_lock(directory)
    if file is None:
        raise BadInputError(f"there is no lock in `{directory}`. {again}")
    here = _environment_file(directory)
    before = here.read_text(encoding="utf-8") if here is not None else ""
    is_current = here is None or is_made_for(file, before)
    try:
        text = locked_environment(read_lock(file), platform)
    except BadInputError as error:
        if is_current:
            raise BadInputError(f"{error}. {again}") from error
        text = ""
    if here is not None and not is_current and before != text:
        raise BadInputError(f"{file.name} was made for another {here.name}. {again}, and commit both")
    return text


def _environment_file(directory: Path) -> Path | None:
    return next((place for name in ENVIRONMENT if (place := directory / name).is_file()), None)
