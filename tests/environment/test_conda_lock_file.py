"""conda-lock.yml is what conda-lock's own library writes and reads."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from hubimages.environment.lock import conda_lock_file
from hubimages.environment.lock.model import Lock, Locked


@pytest.fixture(autouse=True, scope="module")
def conda_lock_is_there() -> None:
    """Here rather than at the top: its import takes half a second of each process that collects the tests."""
    pytest.importorskip("conda_lock", reason="conda-lock is not installed: pip install conda-lock")


# What YAML reads as numbers, dates, booleans and the like, besides ordinary versions and names.
WORDS = some.sampled_from(
    ["1.0", "3.12", "1_0", "1e3", "0o7", "0x1f", "12:30", "2026-01-01", "2026.1.1", "yes", "no", "on", "y", "null", "~",
     "=", ".5", "1.", "+1", "true", "py312h1_0", "_openmp_mutex", "0", "007", ".inf", "1:2", "a #b", "a: b", "#c"]
)  # fmt: skip
NAMES = some.one_of(WORDS, some.from_regex(r"[a-z0-9_][a-z0-9._-]{0,12}", fullmatch=True))
SPECS = some.one_of(
    WORDS, some.sampled_from(["", "*", ">=3.9,<3.13.0a0", "3.12.* *_cp312", "!=1.0|>2", "~=1.4", "==1.0", "& a", "%b"])
)
HEX = some.text("0123456789abcdef", min_size=64, max_size=64)
CHANNELS = some.lists(
    some.sampled_from(["conda-forge", "https://repo.anaconda.com/pkgs/main", "file:///tmp/a b", "conda-forge/label/x"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip


@some.composite
def packages(draw: Any) -> Locked:
    manager = draw(some.sampled_from(["conda", "pip"]))
    platform = draw(some.sampled_from(["linux-64", "linux-aarch64"]))
    name, version, build = draw(NAMES), draw(NAMES), draw(NAMES) if manager == "conda" else ""
    url = f"https://conda.anaconda.org/c/{platform}/{name.replace(' ', '')}-{draw(HEX)[:6]}.conda"
    needs = draw(some.dictionaries(NAMES.filter(lambda each: " " not in each), SPECS, max_size=3))
    sha256 = draw(HEX)
    md5 = sha256[:32] if manager == "conda" else ""
    depends = tuple(f"{each} {spec}".strip() for each, spec in sorted(needs.items()))
    return Locked(platform, manager, name, version, build, url, md5, sha256, depends)


LOCKS = some.builds(
    Lock,
    CHANNELS,
    some.lists(packages(), min_size=1, max_size=6, unique_by=lambda each: (each.platform, each.manager, each.name)),
    HEX,
)


def by_the_library(lock: Lock) -> Any:
    """Return a lock as conda-lock's own objects."""
    from conda_lock.lockfile.v2prelim import models
    from conda_lock.models.channel import Channel

    locked = [
        models.LockedDependency(
            name=each.name, version=each.version, manager=each.manager, platform=each.platform,
            dependencies=dict(text.partition(" ")[::2] for text in each.depends), url=each.url,
            hash=models.HashModel(**({"md5": each.md5} if each.md5 else {}), sha256=each.sha256),
            categories={"main"}, **({"build": each.build} if each.build else {}),
        )
        for each in lock.packages
    ]  # fmt: skip
    metadata = models.LockMeta(
        content_hash=dict.fromkeys(lock.platforms, lock.content), platforms=lock.platforms, sources=["environment.yml"],
        custom_metadata={conda_lock_file.ASKED: lock.content} if lock.content else None,
        channels=[Channel.from_string(name) for name in lock.channels],
    )  # fmt: skip
    return models.Lockfile(package=locked, metadata=metadata)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LOCKS)
@example(
    Lock(["c"], [Locked("linux-64", "conda", "no", "1.0", "0", "https://x/a.conda", "7" * 32, "8" * 64)], "1" * 64)
)
def test_the_bytes_are_those_of_the_library_and_are_read_back(tmp_path: Path, lock: Lock) -> None:
    from conda_lock.lockfile import write_conda_lock_file

    theirs = tmp_path / "theirs.yml"
    write_conda_lock_file(by_the_library(lock), theirs, metadata_choices=None, include_help_text=False)
    assert conda_lock_file.written(lock) == theirs.read_text()
    assert sorted(conda_lock_file.read(theirs).packages) == sorted(lock.packages)
    assert conda_lock_file.asked_hash(theirs.read_text()) == conda_lock_file.read(theirs).content == lock.content


def test_a_lock_of_conda_lock_itself_is_read(tmp_path: Path) -> None:
    """With its help text, a package in two categories, and no build."""
    from conda_lock.lockfile import write_conda_lock_file

    url = "https://conda.anaconda.org/conda-forge/linux-64/numpy-2.3.4-py312h1_0.conda"
    numpy = Locked("linux-64", "conda", "numpy", "2.3.4", "", url, "a" * 32, "b" * 64, ("python >=3.12",))
    content = by_the_library(Lock(["conda-forge"], [numpy]))
    content.package[0].categories = {"main", "dev"}
    file = tmp_path / "conda-lock.yml"
    write_conda_lock_file(content, file, metadata_choices=None, include_help_text=True)
    assert conda_lock_file.read(file) == Lock(["conda-forge"], [replace(numpy, build="py312h1_0")])


def test_conda_lock_renders_our_lock_for_an_installer(tmp_path: Path) -> None:
    """Pangeo's base image installs from conda-lock.yml with conda-lock."""
    from conda_lock.conda_lock import render_lockfile_for_platform
    from conda_lock.lockfile import parse_conda_lock_file

    base = "https://conda.anaconda.org/conda-forge"
    locked = [
        Locked("linux-64", "conda", "python", "3.12.1", "h1_0", f"{base}/linux-64/python-3.12.1-h1_0.conda", "1" * 32),
        Locked("linux-64", "pip", "six", "1.17.0", "", "https://example.org/six-1.17.0-py3-none-any.whl", "", "2" * 64),
    ]
    (tmp_path / "conda-lock.yml").write_text(conda_lock_file.written(Lock(["conda-forge"], locked, "c" * 64)))
    lines = render_lockfile_for_platform(
        lockfile=parse_conda_lock_file(tmp_path / "conda-lock.yml"), include_dev_dependencies=True, extras=set(),
        kind="explicit", platform="linux-64",
    )  # fmt: skip
    assert f"{base}/linux-64/python-3.12.1-h1_0.conda#{'1' * 32}" in lines
    assert [line for line in lines if line.startswith("# pip six @ https://example.org/six-1.17.0")] != []
