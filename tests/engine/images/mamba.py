#!/opt/rattler/bin/python
"""A small mamba: solve against the channels below /opt/channel and install, with rattler's solver and installer.

Knows the calls that repo2docker, the pangeo and the docker-stacks images make: create, install, env create,
env update, list, clean, config, shell hook. The solver, the packages and the failures are real.
"""

import argparse
import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rattler import Channel, ChannelConfig, MatchSpec, PrefixRecord, VirtualPackage, install, solve
from ruamel.yaml import YAML

ALIAS = "file:///opt/channel/"
CACHE = Path(tempfile.gettempdir()) / f"pkgs-{os.getuid()}"
LOCKED = re.compile(r"/(?P<name>[^/]+)-(?P<version>[^-/]+)-[^-/]+\.(conda|tar\.bz2)")
SELF = re.compile(r"(conda|mamba|micromamba)\b")
# People eval this with and without quotes around it: it has to be right on one line, too.
HOOK = """
mamba() {{
    if [ "$1" = activate ]; then
        shift; if [ "$1" = --stack ]; then shift; fi;
        export CONDA_PREFIX="${{1:-$MAMBA_ROOT_PREFIX}}"; export PATH="$CONDA_PREFIX/bin:$PATH";
    else {exe} "$@"; fi;
}};
micromamba() {{ mamba "$@"; }};
export MAMBA_EXE="${{MAMBA_EXE:-{exe}}}";
"""


def root() -> Path:
    return Path(os.environ.get("MAMBA_ROOT_PREFIX") or os.environ.get("CONDA_DIR") or "/opt/conda")


def channel_path(name: str) -> Path:
    return Path("/opt/channel") / name


def installed(prefix: Path) -> list[PrefixRecord]:
    return [PrefixRecord.from_path(path) for path in sorted((prefix / "conda-meta").glob("*.json"))]


def from_lock(text: str) -> list[str]:
    """The names in a lock of exact addresses, as far as the channel has them; Python keeps its minor version."""
    names = {path.name.rsplit("-", 2)[0] for path in channel_path("conda-forge").rglob("*.conda")}
    have = {name.replace("-", "_"): name for name in names}
    specs = []
    for match in LOCKED.finditer(text):
        if match["name"] == "python":
            specs.append("python " + ".".join(match["version"].split(".")[:2]) + ".*")
        elif match["name"].replace("-", "_") in have:
            specs.append(have[match["name"].replace("-", "_")])
    return specs


def read_file(path: Path) -> tuple[list[str], list[str], list[str]]:
    """The conda specs, pip requirements and channels that a file asks for."""
    text = path.read_text()
    if "@EXPLICIT" in text:
        return from_lock(text), [], []
    document = YAML(typ="safe").load(text) or {}
    conda: list[str] = []
    pip: list[str] = []
    for entry in document.get("dependencies") or []:
        if isinstance(entry, dict):
            pip += entry.get("pip") or []
        else:
            conda.append(entry)
    return conda, pip, [str(name) for name in document.get("channels") or []]


async def change(prefix: Path, specs: list[str], channels: list[str]) -> None:
    """Bring the prefix to a state that satisfies the specs, keeping what is there."""
    config = ChannelConfig(channel_alias=ALIAS)
    # The image reaches no network, so the address of a channel leads to the one of the same name below /opt/channel.
    names = [name.strip("/").rpartition("/")[2] for name in channels if name not in ("nodefaults", "defaults")]
    names = names or ["conda-forge"]
    for name in names:
        if not channel_path(name).is_dir():
            raise SystemExit(f"error    channel {name!r} could not be reached")
    there = installed(prefix)
    # python=3.13 in a file means python 3.13.*, as conda reads it
    wanted = [MatchSpec(spec) for spec in specs]
    asked = {spec.name.normalized for spec in wanted if spec.name is not None}
    keep = [MatchSpec(record.name.normalized) for record in there if record.name.normalized not in asked]
    records = await solve(
        [Channel(name, config) for name in names], [*wanted, *keep],
        platforms=["linux-64", "noarch"], locked_packages=there, virtual_packages=VirtualPackage.detect(),
    )  # fmt: skip
    await install(records, prefix, show_progress=False, cache_dir=CACHE)
    (prefix / "conda-meta/history").touch()
    for record in sorted(records, key=lambda record: record.name.normalized):
        print(f"  + {record.name.normalized:28} {record.version}")


def pip_install(prefix: Path, requirements: list[str], beside: Path) -> None:
    """The pip part, as mamba does it: a requirements file beside environment.yml, so relative paths hold."""
    with tempfile.NamedTemporaryFile("w", suffix=".requirements.txt", dir=beside) as file:
        file.write("\n".join(requirements) + "\n")
        file.flush()
        command = [str(prefix / "bin/python"), "-m", "pip", "install", "-U", "--no-cache-dir", "-r", file.name]
        if subprocess.run(command, cwd=beside, check=False).returncode:
            raise SystemExit("critical libmamba pip failed to install packages")


def parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("mamba", allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-p", "--prefix")
    parser.add_argument("-n", "--name")
    parser.add_argument("-f", "--file", type=Path)
    parser.add_argument("-c", "--channel", action="append", default=[])
    for flag in ("-y", "--yes", "-q", "--quiet", "-a", "--all", "--override-channels", "--prune", "--freeze-installed"):
        parser.add_argument(flag, action="store_true")
    return parser.parse_intermixed_args(argv)


def bootstrap() -> None:
    """Answer `install conda mamba`: both are this file."""
    (root() / "bin").mkdir(parents=True, exist_ok=True)
    for name in ("mamba", "conda"):
        (root() / "bin" / name).unlink(missing_ok=True)
        (root() / "bin" / name).symlink_to("/opt/rattler/bin/mamba")


def main(argv: list[str]) -> None:
    if argv[:1] in (["shell"], ["shell.bash"]):
        print(HOOK.format(exe=Path(sys.argv[0]).resolve()))
        return
    if argv[:1] == ["clean"]:
        shutil.rmtree(CACHE, ignore_errors=True)
        return
    if argv[:1] == ["config"]:
        return
    arguments = parse(argv)
    command, *specs = arguments.words or [""]
    if command == "env" and specs:
        command = specs.pop(0)
    prefix = Path(arguments.prefix) if arguments.prefix else root()
    if arguments.name and arguments.name != "base":
        prefix = root() / "envs" / arguments.name
    if command == "list":
        for record in installed(prefix):
            print(f"  {record.name.normalized:28} {record.version}")
        return
    if command not in ("create", "install", "update"):
        raise SystemExit(f"mamba: this stand-in cannot: {' '.join(argv)}")
    if any(SELF.match(spec) for spec in specs):
        bootstrap()
        specs = [spec for spec in specs if not SELF.match(spec)]
    pip: list[str] = []
    channels = arguments.channel
    if arguments.file:
        conda, pip, named = read_file(arguments.file)
        specs, channels = specs + conda, channels + named
    if specs:
        asyncio.run(change(prefix, specs, channels))
    if pip:
        pip_install(prefix, pip, arguments.file.resolve().parent)


code: int | str | None = 0
try:
    main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
except Exception as error:
    code = f"error    libmamba {type(error).__name__}: {error}"
if isinstance(code, str):
    print(code, file=sys.stderr)
    code = 1
# rattler's threads sometimes crash while the interpreter shuts down, after all the work is done
sys.stdout.flush()
sys.stderr.flush()
os._exit(code or 0)
