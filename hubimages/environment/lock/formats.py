"""Read and write conda-lock.yml with conda-lock's library, and pixi.lock with py-rattler.

conda-lock.yml is the default: it carries the hashes of pip packages. py-rattler 0.28 writes the pip packages of a
pixi.lock without hashes, so such a lock is written for environments without pip packages only.
"""

import tempfile
from pathlib import Path
from typing import Any

from hubimages.environment.lock.model import Lock, Locked
from hubimages.environment.lock.pip_part import INSTALL
from hubimages.errors import BadInputError, NotInstalledError

CONDA_LOCK, PIXI = "conda-lock.yml", "pixi.lock"
NAMES = (CONDA_LOCK, PIXI)


def read_lock(file: Path) -> Lock:
    """Return the lock in a file. Raises BadInputError if it cannot be read, NotInstalledError without its library."""
    if not file.is_file():
        raise BadInputError(f"there is no lock {file}. Run hubimages lock-environment")
    return _read_pixi(file) if file.name.endswith(PIXI) else _read_conda_lock(file)


def lock_text(lock: Lock, name: str, records: dict[str, list[Any]]) -> str:
    """Return a lock as its file's text; `records` are py-rattler's by platform. Raises BadInputError."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        if name == PIXI:
            _write_pixi(lock, file, records)
        else:
            _write_conda_lock(lock, file)
        return file.read_text(encoding="utf-8")


def _conda_lock() -> tuple[Any, Any]:
    try:
        from conda_lock import lockfile
        from conda_lock.lockfile.v2prelim import models
    except ImportError as error:
        raise NotInstalledError(f"conda-lock is not installed. Run {INSTALL}") from error
    return lockfile, models


def _write_conda_lock(lock: Lock, file: Path) -> None:
    lockfile, models = _conda_lock()
    from conda_lock.models.channel import Channel

    packages = [
        models.LockedDependency(
            name=each.name,
            version=each.version,
            manager=each.manager,
            platform=each.platform,
            dependencies=dict(_dependency(text) for text in each.depends),
            url=each.url,
            hash=models.HashModel(md5=each.md5 or None, sha256=each.sha256 or None),
            build=each.build or None,
            categories={"main"},
        )
        for each in lock.packages
    ]
    metadata = models.LockMeta(
        content_hash=dict.fromkeys(lock.platforms, lock.content),
        channels=[Channel.from_string(name) for name in lock.channels],
        platforms=lock.platforms,
        sources=["environment.yml"],
    )
    lockfile.write_conda_lock_file(
        models.Lockfile(package=packages, metadata=metadata), file, metadata_choices=None, include_help_text=False
    )


def _dependency(text: str) -> tuple[str, str]:
    name, _, version = text.partition(" ")
    return name, version.strip()


def _read_conda_lock(file: Path) -> Lock:
    lockfile, _ = _conda_lock()
    try:
        content = lockfile.parse_conda_lock_file(file)
    except Exception as error:  # pydantic's, PyYAML's and its own
        raise BadInputError(f"{file} is no conda-lock.yml: {' '.join(str(error).split())[:200]}") from error
    packages = [
        Locked(
            each.platform, each.manager, each.name, each.version, each.build or _build_of(each.url, each.manager),
            each.url, each.hash.md5 or "", each.hash.sha256 or "",
            tuple(f"{name} {version}".strip() for name, version in each.dependencies.items()),
        )
        for each in content.package
    ]  # fmt: skip
    hashes = sorted(set(content.metadata.content_hash.values()))
    return Lock([channel.url for channel in content.metadata.channels], packages, hashes[0] if len(hashes) == 1 else "")


def _build_of(url: str, manager: str) -> str:
    """Return the build in a conda package's file name; conda-lock itself writes none."""
    if manager != "conda":
        return ""
    stem = url.rpartition("/")[2].removesuffix(".conda").removesuffix(".tar.bz2")
    return stem.rpartition("-")[2]


def _write_pixi(lock: Lock, file: Path, records: dict[str, list[Any]]) -> None:
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


def _read_pixi(file: Path) -> Lock:
    try:
        import rattler
    except ImportError as error:
        raise NotInstalledError(f"py-rattler is not installed. Run {INSTALL}") from error
    try:
        environment = rattler.LockFile.from_path(file).default_environment()
    except Exception as error:  # py-rattler's classes differ by the mistake
        raise BadInputError(f"{file} is no pixi.lock: {' '.join(str(error).split())[:200]}") from error
    if environment is None:
        raise BadInputError(f"{file} has no environment `default`")
    packages: list[Locked] = []
    for platform in environment.platforms():
        for each in environment.packages(platform) or []:
            packages.append(_of_rattler(each, platform.name))
    return Lock([str(channel) for channel in environment.channels()], packages)


def _of_rattler(each: Any, platform: str) -> Locked:
    record = getattr(each, "package_record", None)
    url = Path(each.location).as_uri() if each.location.startswith("/") else each.location
    hashes = getattr(each, "hashes", None)
    sha256 = hashes.sha256.hex() if hashes and hashes.sha256 else ""
    if record is None:
        return Locked(platform, "pip", each.name, str(each.version), "", url, "", sha256)
    md5 = hashes.md5.hex() if hashes and hashes.md5 else ""
    return Locked(
        platform,
        "conda",
        record.name.normalized,
        str(record.version),
        str(record.build),
        url,
        md5,
        sha256,
        tuple(record.depends),
    )
