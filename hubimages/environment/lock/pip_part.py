"""Lock the pip packages of an environment with uv, on top of the conda packages."""

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from hubimages import disk, run, systems
from hubimages.environment.lock.model import Locked
from hubimages.environment.solving.request import ARCHITECTURES
from hubimages.environment.solving.solver import GLIBC
from hubimages.environment.specs import Spec
from hubimages.errors import BadInputError, NoAnswerError, NotInstalledError, ProgramFailedError

NETWORK = re.compile(
    r"dns error|failed to connect|error sending request|timed out|Could not connect|Failed to fetch", re.I
)


def lock_pip(specs: Sequence[Spec], conda: Sequence[Locked], platform: str, python: str) -> list[Locked]:
    """Return the pip packages and what they need beyond the conda packages.

    The conda packages are constraints, so that pip keeps them. Raises BadInputError for an entry that cannot be locked,
    NoAnswerError without an index, ProgramFailedError with uv's explanation if nothing fits.
    """
    for spec in specs:
        if not spec.name:
            raise BadInputError(
                f"line {spec.line}: {spec.text!r} cannot be locked: it is an option, a path or an address. "
                "Name the package and its version"
            )
    if not specs:
        return []
    there = {normalized(each.name): each.version for each in conda}
    with disk.temporary_directory("lock") as folder:
        asked, kept, written = (Path(folder) / name for name in ("asked.in", "conda.txt", "pylock.toml"))
        asked.write_text("".join(f"{spec.text}\n" for spec in specs), encoding="utf-8")
        kept.write_text("".join(f"{name}=={version}\n" for name, version in there.items()), encoding="utf-8")
        argv = [uv(), "pip", "compile", str(asked), "--constraint", str(kept), "--format", "pylock.toml", "--quiet"]
        argv += ["--output-file", str(written), "--python-version", python, "--python-platform", target(platform)]
        argv += ["--python", sys.executable, "--no-header"]
        done = run.attempt(*argv, cwd=Path(folder), env={"UV_PYTHON_DOWNLOADS": "never", "UV_NO_CONFIG": "1"})
        if done.returncode:
            told = done.stderr.decode("utf-8", "replace").strip()
            if about_disk := run.disk_failure(told):
                raise about_disk
            if NETWORK.search(told):
                raise NoAnswerError(f"the package index gave no answer: {' '.join(told.split())[:300]}")
            raise ProgramFailedError(f"the pip packages cannot be installed together on {platform}:\n{told}")
        packages = tomllib.loads(written.read_text(encoding="utf-8")).get("packages", [])
    asked_for = {spec.name for spec in specs}
    return [
        locked(package, platform, python)
        for package in packages
        if normalized(package["name"]) not in there or normalized(package["name"]) in asked_for
    ]


def locked(package: dict[str, Any], platform: str, python: str) -> Locked:
    """Return a package of pylock.toml: the wheel that pip takes on the platform, or else the source."""
    from packaging.utils import parse_wheel_filename

    rank = {tag: place for place, tag in enumerate(tags(platform, python))}
    wheels: list[tuple[int, dict[str, Any]]] = []
    for wheel in package.get("wheels", []):
        name = unquote(wheel["url"].partition("#")[0].rpartition("/")[2])
        places = [rank[tag] for tag in parse_wheel_filename(name)[3] if tag in rank]
        if places:
            wheels.append((min(places), wheel))
    best = min(wheels, key=lambda each: each[0])[1] if wheels else None
    chosen = best or package.get("sdist") or package.get("archive")
    if chosen is None:
        raise BadInputError(f"{package['name']} {package['version']} has no file for {platform}")
    name, version, url = normalized(package["name"]), package["version"], chosen["url"]
    return Locked(platform, "pip", name, version, "", url, "", chosen["hashes"]["sha256"])


def tags(platform: str, python: str) -> list[Any]:
    """Return the tags of wheels that fit, the best first."""
    from packaging.tags import compatible_tags, cpython_tags

    machine = ARCHITECTURES[platform]
    newest = int(GLIBC.partition(".")[2])
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, 4, -1)]
    at = {17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"}
    for minor, name in at.items():
        platforms.insert(platforms.index(f"manylinux_2_{minor}_{machine}") + 1, f"{name}_{machine}")
    platforms.append(f"linux_{machine}")
    version = [int(part) for part in python.split(".")[:2]]
    first = cpython_tags(version, platforms=platforms)
    return [*first, *compatible_tags(version, f"cp{version[0]}{version[1]}", platforms)]


def target(platform: str) -> str:
    """Return a platform in the words of uv."""
    return f"{ARCHITECTURES[platform]}-manylinux_{GLIBC.replace('.', '_')}"


def normalized(name: str) -> str:
    """Return a name as PyPI compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def uv() -> str:
    """Return the path of uv. Raises NotInstalledError."""
    try:
        from uv import find_uv_bin  # type: ignore[import-not-found,unused-ignore]

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise NotInstalledError(f"uv is not installed. Run {systems.install_line('lock')}") from error
