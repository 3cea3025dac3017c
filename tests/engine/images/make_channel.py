"""Make a conda channel: every package that channel.txt names, and all they need, as real conda packages.

Runs while the base image is made, with py-rattler and py-rattler-build. pip resolves and installs once; each
distribution then becomes a package of its own, with the files of its RECORD and the dependencies it declares, so the
solver has real work and can really fail.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Set
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import Distribution, distributions
from importlib.util import cache_from_source
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec
from rattler.index import index_fs
from rattler_build import assemble_package

HERE = Path(__file__).parent
SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
THIS_PYTHON = ".".join(map(str, sys.version_info[:2]))
# What the R starter asks for. These packages are empty: Debian's R is in the base image.
R_PACKAGES = {
    "r-base": "4.4.3", "r-essentials": "4.4", "r-irkernel": "1.3.2", "r-devtools": "2.4.5", "r-tidyverse": "2.0.0",
    "r-rmarkdown": "2.29", "r-knitr": "1.49", "r-learnr": "0.11.5", "r-testthat": "3.2.3", "r-here": "1.0.1",
    "r-janitor": "2.2.1", "pandoc": "3.1.11",
}  # fmt: skip
# Names that conda-forge spells with an underscore.
UNDERSCORE = {
    "jupyter-client", "jupyter-core", "jupyter-events", "jupyter-server", "jupyter-server-terminals",
    "jupyterlab-pygments", "jupyterlab-server", "jupyterlab-widgets", "prometheus-client", "pure-eval", "stack-data",
}  # fmt: skip


def conda_name(name: str) -> str:
    """The name conda-forge gives to a distribution."""
    name = canonicalize_name(name)
    if name == "jupyterhub":
        return "jupyterhub-base"
    return name.replace("-", "_") if name in UNDERSCORE else name


def depends(name: str, environment: Path, extras: Set[str] = frozenset()) -> set[str]:
    """What a distribution needs on this Python, as conda says it; conda has no extras, so those are written out."""
    found = {f"python {THIS_PYTHON}.*"}
    (distribution,) = distributions(name=name, path=[str(environment / SITE)])
    for text in distribution.requires or []:
        requirement = Requirement(text)
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras}):
            continue
        spec = f"{conda_name(requirement.name)} {requirement.specifier}".strip()
        try:
            MatchSpec(spec)
        except Exception:  # a specifier that only pip knows, such as ===
            spec = conda_name(requirement.name)
        found.add(spec)
        if requirement.extras:
            found |= depends(requirement.name, environment, requirement.extras)
    return found


def stage(distribution: Distribution, environment: Path, target: Path) -> None:
    """Copy a distribution's files; its scripts find the interpreter beside them, wherever they are linked to."""
    for entry in distribution.files or []:
        source = Path(str(distribution.locate_file(entry))).resolve()
        if source.suffix == ".pyc" or not source.is_file():
            continue
        bytecode = Path(cache_from_source(source)) if source.suffix == ".py" else source
        for file in {source, bytecode}:
            if file.is_file():
                path = target / file.relative_to(environment)
                path.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(file, path)
        script = target / source.relative_to(environment)
        if script.parent == target / "bin":
            first, _, rest = script.read_text().partition("\n")
            if first.startswith("#!") and "python" in first:
                script.write_text("#!/bin/sh\n'''exec' \"$(dirname \"$0\")/python\" \"$0\" \"$@\"\n' '''\n" + rest)


def package(name: str, version: str, needs: list[str], files: Path | None, channel: Path) -> None:
    """One conda package, from a directory laid out like the prefix."""
    with tempfile.TemporaryDirectory() as empty:
        assemble_package(
            name, version, "linux-64", "0", channel / "linux-64",
            files_dir=files or empty, depends=needs, compression_level=1,
        )  # fmt: skip


def convert(distribution: Distribution, environment: Path, files: Path, channel: Path) -> None:
    """One distribution as a conda package."""
    stage(distribution, environment, files)
    needs = sorted(depends(distribution.name, environment))
    package(conda_name(distribution.name), distribution.version, needs, files, channel)


def main(channel: Path) -> None:
    (channel / "linux-64").mkdir(parents=True)
    (channel / "noarch").mkdir()
    work = Path(tempfile.mkdtemp())
    environment = (work / "environment").resolve()
    venv.create(environment, with_pip=True)
    run = [str(environment / "bin/python"), "-m", "pip", "install", "-q", "--no-cache-dir", "--no-compile", "-U"]
    subprocess.run([*run, "-r", str(HERE / "channel.txt")], check=True)

    # Bytecode that holds wherever and whenever it is linked: a server that compiles all it imports takes seconds more.
    compiled = [str(environment / "bin/python"), "-m", "compileall", "-qq", "-j0", "--invalidation-mode"]
    subprocess.run([*compiled, "unchecked-hash", str(environment / SITE)], check=False)

    # The interpreter: Debian's own, in a prefix as `python -m venv --copies` lays it out.
    python = work / "python"
    venv.EnvBuilder(symlinks=False).create(python)
    home = (python / "pyvenv.cfg").read_text().splitlines()[0]
    assert home.startswith("home = "), home
    (python / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {sys.version.split()[0]}\n")
    for script in (python / "bin").glob("*ctivate*"):
        script.unlink()
    shutil.rmtree(python / "include", ignore_errors=True)
    (python / "lib64").unlink(missing_ok=True)
    package("python", sys.version.split()[0], ["pip"], python, channel)

    versions = {}
    with ThreadPoolExecutor() as pool:
        done = []
        for distribution in distributions(path=[str(environment / SITE)]):
            name = conda_name(distribution.name)
            versions[name] = distribution.version
            done.append(pool.submit(convert, distribution, environment, work / name, channel))
        for future in done:
            future.result()

    node = work / "nodejs/bin"
    node.mkdir(parents=True)
    shutil.copy(HERE / "npm", node / "npm")
    (node / "npm").chmod(0o755)
    package("nodejs", "20.19.0", [], node.parent, channel)
    hub = versions["jupyterhub-base"]
    package("jupyterhub-singleuser", hub, [f"jupyterhub-base {hub}", "jupyterlab", "jupyter_server"], None, channel)
    package("jupyterhub", hub, [f"jupyterhub-base {hub}", "nodejs"], None, channel)
    # conda-forge's name for what Pangeo's hubs expect, and git, which the images below have from Debian.
    package(
        "pangeo-notebook",
        "2026.1.1",
        ["jupyterlab", "ipywidgets", "nbgitpuller", "jupyterhub-singleuser"],
        None,
        channel,
    )
    package("git", "2.47.0", [], None, channel)
    for name, version in R_PACKAGES.items():
        package(name, version, ["r-base 4.4.*"] if name.startswith("r-") and name != "r-base" else [], None, channel)
    for version in ("1.0", "2.0"):  # a package with a newer version than a lock has
        package("refreshed", version, [], None, channel)
    asyncio.run(index_fs(channel))
    shutil.rmtree(work)
    print(json.dumps(versions, sort_keys=True))


main(Path(sys.argv[1]))
