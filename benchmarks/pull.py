"""What a node pulls after one more package from PyPI, and how long a first pull takes with zstd beside gzip.

    python benchmarks/pull.py [--runs 3] [--starter NAME] [--no-zstd]

The node is a containerd of its own and the registry is on loopback, so times are those of unpacking rather than of a
line. Bytes are those that containerd keeps. For starters that repo2docker builds, which installs everything in one
layer, there is no promise: what is measured is the floor.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from sides import isolate
from starters import STARTERS, ask_for, build, check_version, make
from table import Row, cannot_run, limited, machine, megabytes, part, seconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages.run import read
from tests.engine import registry
from tests.engine.containerd import Node, node
from tests.engine.engine import Engine, any_engine
from tests.engine.install import EngineUnavailableError, ensure_registry
from tests.engine.stand_ins import bases, is_stand_in, stand_ins

OURS = ("pangeo-onbuild", "docker-stacks", "pixi")  # whose layers this template decides on
UPDATE, ZSTD = 0.05, 0.7
PACKAGE = "pyfiglet==1.0.3"


def main() -> None:
    """Measure what was asked for, and print one table."""
    parser = argparse.ArgumentParser(description="Measure what a node pulls, and how long that takes.")
    parser.add_argument("--runs", type=int, default=3, help="first pulls with each compression (default: 3)")
    parser.add_argument("--starter", choices=STARTERS, action="append", help="can be repeated (default: all)")
    parser.add_argument("--no-zstd", action="store_true", help="only measure what an update pulls")
    options = parser.parse_args()
    if not (options.no_zstd or shutil.which("skopeo")):
        cannot_run("needs skopeo: apt-get install skopeo")
    load = os.getloadavg()[0]
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubimages-benchmark-")))
        try:
            engine = stack.enter_context(any_engine())
            ensure_registry()
            served = stack.enter_context(registry.serve(folder / "registry"))
            with node() as first:
                version = first.ctr("version").split("Version:")[-1].split()[0]
        except EngineUnavailableError as reason:
            cannot_run(reason)
        isolate(folder)
        facts = [f"containerd {version}, medians of {options.runs}"]
        for starter in options.starter or STARTERS:
            rows += measure(engine, served, folder, starter, 0 if options.no_zstd else options.runs, facts)
        show([*machine(load), *facts], rows)


def measure(
    engine: Engine, served: registry.Registry, folder: Path, starter: str, runs: int, facts: list[str]
) -> list[Row]:
    """Pull an image without and with one package more; then pull it on new nodes, with each compression in turn."""
    repository = folder / starter.replace(".", "-")
    make(repository, starter)
    name = f"{served.address}/our/{starter.replace('.', '-')}"
    (base,) = bases(repository)
    with stand_ins(engine, base):
        if is_stand_in(engine, base):
            facts.append(f"{base} is stood in for: with the original, times and sizes are others")
        if starter == "pixi":
            ask_for(engine, repository, "")
        try:
            build(engine, repository, image=f"{name}:before")
            ask_for(engine, repository, PACKAGE)
            build(engine, repository, image=f"{name}:after")
            check_version(engine, f"{name}:after", PACKAGE)
            for tag in ("before", "after"):
                engine.docker("push", "--quiet", f"{name}:{tag}")
            with node() as has_it:
                has_it.pull(f"{name}:before")
                whole = has_it.size()
                has_it.pull(f"{name}:after")
                more = has_it.size() - whole
            rows = [update_row(starter, more, whole)]
            if runs:
                rows += first_pulls(engine, folder, name, starter, runs)
        finally:
            for tag in ("before", "after"):
                engine.try_docker("image", "rm", f"{name}:{tag}")
    return rows


def update_row(starter: str, more: int, whole: int) -> Row:
    """Return the row of what an update pulls, with a promise for the starters whose layers are ours."""
    text = f"{starter}: pulled after one more pip package, beside all"
    return limited(text, more, whole, megabytes, UPDATE) if starter in OURS else part(text, more, whole, megabytes)


def first_pulls(engine: Engine, folder: Path, name: str, starter: str, runs: int) -> list[Row]:
    """Pull an image on nodes that have nothing, with gzip and zstd in turn."""
    layout = folder / "image"
    read("skopeo", "copy", "--quiet", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", "oci",
         "--dest-compress-format", "zstd", f"docker-archive:{saved(engine, f'{name}:after', layout)}",
         f"docker://{name}:zstd", cwd=folder)  # fmt: skip
    layout.unlink()
    times: dict[str, list[float]] = {"after": [], "zstd": []}
    sizes: dict[str, int] = {}
    for _ in range(runs):
        for tag, taken in times.items():
            with node() as empty:
                taken.append(pull(empty, f"{name}:{tag}"))
                sizes[tag] = empty.size()
    gzip, zstd = (statistics.median(times[tag]) for tag in ("after", "zstd"))
    return [
        limited(f"{starter}: pull and unpack zstd, beside gzip", zstd, gzip, seconds, ZSTD),
        part(f"{starter}: bytes of zstd, beside gzip", sizes["zstd"], sizes["after"], megabytes),
    ]


def saved(engine: Engine, image: str, file: Path) -> Path:
    """Save an image to a file, and return that."""
    engine.docker("save", "--output", str(file), image)
    return file


def pull(empty: Node, reference: str) -> float:
    """Pull and unpack an image; seconds."""
    begin = time.perf_counter()
    empty.pull(reference)
    return time.perf_counter() - begin


if __name__ == "__main__":
    main()
