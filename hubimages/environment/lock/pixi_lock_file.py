"""Read and write pixi.lock with py-rattler, the library of pixi.

py-rattler 0.28 writes pip packages without hashes, so a lock with pip packages is read, but not written.
"""

from pathlib import Path
from typing import Any

from hubimages import systems, yaml_text
from hubimages.environment.lock.model import Lock, Locked
from hubimages.errors import BadInputError, NotInstalledError


def write(lock: Lock, file: Path, records: dict[str, list[Any]]) -> None:
    """Write a pixi.lock; `records` are py-rattler's by platform. Raises BadInputError if there are pip packages."""
    import rattler

    pip = next((each.name for each in lock.packages if each.manager == "pip"), None)
    if pip:
        raise BadInputError(
            f"pixi.lock cannot hold {pip}: py-rattler writes pip packages without hashes. Use --format conda-lock"
        )
    platforms = {name: rattler.LockPlatform(name) for name in lock.platforms}
    content = rattler.LockFile(list(platforms.values()))
    content.set_channels("default", [rattler.LockChannel(rattler.Channel(name).base_url) for name in lock.channels])
    for name, here in records.items():
        for record in here:
            content.add_conda_package("default", platforms[name], record)
    content.to_path(file)


def read(file: Path) -> Lock:
    """Return the lock in a pixi.lock. Raises BadInputError, or NotInstalledError without py-rattler."""
    try:
        import rattler
    except ImportError as error:
        raise NotInstalledError(f"py-rattler is not installed. Run {systems.install_line('lock')}") from error
    try:
        text = file.read_text(encoding="utf-8")
        yaml_text.load(text)  # py-rattler never ends at deep nesting, and follows every alias
        environment = rattler.LockFile.from_path(file).environment("default")  # default_environment() is never None
    except Exception as error:  # py-rattler's classes differ by the mistake
        raise BadInputError(f"{file} is no pixi.lock: {' '.join(str(error).split())[:200]}") from error
    if environment is None:
        raise BadInputError(f"{file} has no environment `default`")
    packages: list[Locked] = []
    for platform in environment.platforms():
        for each in environment.packages(platform) or []:
            try:
                packages.append(_locked(each, platform.name))
            except AttributeError as error:  # of py-rattler itself, where a package has no hash
                raise BadInputError(f"{file} has a package without a hash: {each.location}") from error
    return Lock([str(channel) for channel in environment.channels()], packages)


def _locked(each: Any, platform: str) -> Locked:
    record = getattr(each, "package_record", None)
    url = Path(each.location).as_uri() if each.location.startswith("/") else each.location
    hashes = getattr(each, "hashes", None)
    sha256 = hashes.sha256.hex() if hashes and hashes.sha256 else ""
    if record is None:
        return Locked(platform, "pip", each.name, str(each.version), "", url, "", sha256)
    md5 = hashes.md5.hex() if hashes and hashes.md5 else ""
    return Locked(
        platform, "conda", record.name.normalized, str(record.version), str(record.build), url, md5, sha256,
        tuple(record.depends),
    )  # fmt: skip
