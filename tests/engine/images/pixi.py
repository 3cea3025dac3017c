#!/opt/rattler/bin/python
"""A small pixi: lock and install against the channels below /opt/channel, with rattler's solver and installer.

Knows the calls of the pixi starter: lock, install --locked, shell-hook. A lock that does not satisfy pixi.toml fails.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import tomllib
from pathlib import Path

from rattler import Channel, ChannelConfig, MatchSpec, VirtualPackage, install, solve
from rattler.lock import LockChannel, LockFile, LockPlatform

ALIAS = "file:///opt/channel/"


def wanted(manifest: Path) -> tuple[list[MatchSpec], list[Channel], list[str]]:
    """Return the specs, channels and platforms of a pixi.toml."""
    document = tomllib.loads(manifest.read_text())
    specs = [MatchSpec(f"{name} {version}") for name, version in document["dependencies"].items()]
    config = ChannelConfig(channel_alias=ALIAS)
    return (
        specs,
        [Channel(name, config) for name in document["workspace"]["channels"]],
        document["workspace"]["platforms"],
    )


async def lock(manifest: Path) -> None:
    specs, channels, platforms = wanted(manifest)
    places = [LockPlatform(name) for name in platforms]
    made = LockFile(places)
    made.set_channels("default", [LockChannel(str(channel.base_url)) for channel in channels])
    for place in places:
        solved = await solve(
            channels, specs, platforms=[place.name, "noarch"], virtual_packages=VirtualPackage.detect()
        )
        for record in solved:
            made.add_conda_package("default", place, record)
    made.to_path(manifest.parent / "pixi.lock")


async def install_locked(manifest: Path) -> None:
    specs, _, _ = wanted(manifest)
    environment = LockFile.from_path(manifest.parent / "pixi.lock").default_environment()
    (platform,) = (each for each in environment.platforms() if each.name == "linux-64")
    records = environment.conda_repodata_records_for_platform(platform)
    unmet = [spec for spec in specs if not any(spec.matches(record) for record in records)]
    if unmet:
        raise SystemExit(f"lock-file not up-to-date with the workspace: {unmet[0]}")
    cache = os.environ.get("PIXI_CACHE_DIR") or tempfile.mkdtemp()
    prefix = manifest.parent / ".pixi/envs/default"
    await install(records, prefix, show_progress=False, cache_dir=cache)
    (prefix / "conda-meta/history").touch()


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser("pixi", allow_abbrev=False)
    parser.add_argument("command", choices=["lock", "install", "shell-hook"])
    parser.add_argument("--manifest-path", type=Path, default=Path("pixi.toml"))
    parser.add_argument("--locked", action="store_true")
    parser.add_argument("--shell")
    arguments = parser.parse_args(argv)
    manifest = arguments.manifest_path.resolve()
    if arguments.command == "lock":
        asyncio.run(lock(manifest))
    elif arguments.command == "install":
        if not arguments.locked:
            raise SystemExit("pixi: this stand-in installs only from a lock")
        asyncio.run(install_locked(manifest))
    else:
        prefix = manifest.parent / ".pixi/envs/default"
        print(f'export PATH="{prefix}/bin:$PATH"\nexport CONDA_PREFIX="{prefix}"')


code: int | str | None = 0
try:
    main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
except Exception as error:
    code = f"{type(error).__name__}: {error}"
if isinstance(code, str):
    print(code, file=sys.stderr)
    code = 1
# rattler's threads sometimes crash while the interpreter shuts down, after all the work is done
sys.stdout.flush()
sys.stderr.flush()
os._exit(code or 0)
