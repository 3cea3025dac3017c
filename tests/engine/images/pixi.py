#!/opt/rattler/bin/python
"""A small pixi: lock and install against the channels below /opt/channel, with rattler's solver and installer.

Knows the calls of the pixi starter: lock, install --locked or --frozen, shell-hook. A lock that does not satisfy
pixi.toml fails. Packages from PyPI are pip's, with their own dependencies, and are in the lock as pixi writes them.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
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


PYPI = re.compile(r"^- pypi: (\S+)\n  name: (\S+)\n  version: (\S+)\n  sha256: (\S+)$", re.MULTILINE)


def from_pypi(manifest: Path) -> str:
    """Return the entries of a lock's last part for the packages from PyPI."""
    asked = tomllib.loads(manifest.read_text()).get("pypi-dependencies", {})
    if not asked:
        return ""
    words = [f"{name}{'' if version == '*' else version}" for name, version in asked.items()]
    pip = ["/opt/rattler/bin/pip", "install", "--quiet", "--no-cache-dir", "--ignore-installed"]
    report = subprocess.run([*pip, "--dry-run", "--report", "-", *words], check=True, capture_output=True).stdout
    lines = []
    for one in json.loads(report)["install"]:
        data, place = one["metadata"], one["download_info"]
        lines += [f"- pypi: {place['url']}", f"  name: {data['name']}", f"  version: {data['version']}"]
        lines += [f"  sha256: {place['archive_info']['hashes']['sha256']}"]
    return "".join(f"{line}\n" for line in lines)


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
    file = manifest.parent / "pixi.lock"
    made.to_path(file)
    entries = from_pypi(manifest)
    if entries:
        listed = "".join(f"      - pypi: {url}\n" for url, *_ in PYPI.findall(entries))
        text = file.read_text()
        for place in platforms:
            text = text.replace(f"      {place}:\n", f"      {place}:\n{listed}")
        file.write_text(text + entries)


async def install_from_lock(manifest: Path, *, frozen: bool) -> None:
    specs = [] if frozen else wanted(manifest)[0]
    entries = PYPI.findall((manifest.parent / "pixi.lock").read_text())
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
    if entries:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.writelines(f"{name}=={version} --hash=sha256:{checksum}\n" for _, name, version, checksum in entries)
            file.flush()
            pip = [str(prefix / "bin/python"), "-m", "pip", "install", "--no-cache-dir", "--no-deps"]
            subprocess.run([*pip, "--require-hashes", "--requirement", file.name], check=True)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser("pixi", allow_abbrev=False)
    parser.add_argument("command", choices=["lock", "install", "shell-hook"])
    parser.add_argument("--manifest-path", type=Path, default=Path("pixi.toml"))
    parser.add_argument("--locked", action="store_true")
    parser.add_argument("--frozen", action="store_true")
    parser.add_argument("--shell")
    arguments = parser.parse_args(argv)
    manifest = arguments.manifest_path.resolve()
    if arguments.command == "lock":
        asyncio.run(lock(manifest))
    elif arguments.command == "install":
        if not arguments.locked and not arguments.frozen:
            raise SystemExit("pixi: this stand-in installs only from a lock")
        asyncio.run(install_from_lock(manifest, frozen=arguments.frozen))
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
