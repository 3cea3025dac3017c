"""Building a user image: how much of a cold build is saved when little or nothing has changed.

    python benchmarks/build.py [--runs 3] [--starter NAME]

On the engine that runs, or on a private one where the engine tests would start one; base images that cannot be had are
stood in for as in those tests. Each starter of the template is rendered and built with the options of its noxfile.py.
Slower than wished is no failure: this measures, tests test.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack
from pathlib import Path

from sides import isolate
from table import Row, limited, machine, megabytes, seconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import Engine, any_engine
from tests.engine.install import EngineUnavailableError
from tests.engine.stand_ins import PYTHON, bases, is_stand_in, stand_ins

STARTERS = tuple(next(each.choices for each in template.questions() if each.key == "starter"))
IMAGE = "hubimages-benchmark"
# Without what the engine has kept from builds before, but keeping what this one makes.
COLD = ("--DockerEngine.extra_buildx_build_args=--no-cache",)
REBUILD, UNCHANGED = 0.6, 0.1


def main() -> None:
    """Measure what was asked for, and print one table."""
    parser = argparse.ArgumentParser(description="Time rebuilds of a user image beside its cold build.")
    parser.add_argument("--runs", type=int, default=3, help="of each build (default: 3)")
    parser.add_argument("--starter", choices=STARTERS, action="append", help="can be repeated (default: all)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubimages-benchmark-")))
        try:
            engine = stack.enter_context(any_engine())
        except EngineUnavailableError as reason:
            raise SystemExit(str(reason)) from reason
        isolate(folder)
        server = engine.docker("version", "--format", "{{.Server.Version}}")
        facts = [f"Docker {server}, medians of {options.runs}"]
        for starter in options.starter or STARTERS:
            rows += measure(engine, folder, starter, options.runs, facts)
        show([*machine(load), *facts], rows)


def measure(engine: Engine, folder: Path, starter: str, runs: int, facts: list[str]) -> list[Row]:
    """Build one starter in three ways, taking turns."""
    repository = folder / starter.replace(".", "-")
    template.plan_new_repository(repository, {"starter": starter, "python_version": PYTHON}).apply()
    asked = (repository / "environment.yml").read_text()
    cold, changed, same = [], [], []
    (base,) = bases(repository)
    with stand_ins(engine, base):
        if is_stand_in(engine, base):
            facts.append(f"{base} is stood in for: with the original, times and sizes are others")
        size_of_base = size(engine, base)
        try:
            for _ in range(runs):
                write(repository, asked, "pyfiglet==1.0.3")
                cold.append(build(engine, repository, *COLD))
                same.append(build(engine, repository))
                write(repository, asked, "pyfiglet==1.0.4")
                changed.append(build(engine, repository))
                check_version(engine, "pyfiglet", "1.0.4")
            size_of_image = size(engine, IMAGE)
        finally:
            engine.try_docker("image", "rm", IMAGE)
    whole = statistics.median(cold)
    ratio = f"{size_of_image / size_of_base:.2f}x"
    return [
        limited(
            f"{starter}: one pip package changed, beside cold", statistics.median(changed), whole, seconds, REBUILD
        ),
        limited(f"{starter}: nothing changed, beside cold", statistics.median(same), whole, seconds, UNCHANGED),
        Row(f"{starter}: size, beside its base", megabytes(size_of_base), megabytes(size_of_image), ratio, "", ""),
    ]


def write(repository: Path, asked: str, package: str) -> None:
    """Ask for one package more, from PyPI, in a file as no earlier build has had it."""
    more = f"  - pip\n  - pip:\n      - {package}\n# {uuid.uuid4()}\n"
    (repository / "environment.yml").write_text(asked + more)


def build(engine: Engine, repository: Path, *options: str) -> float:
    """Build with the options of the generated noxfile.py; seconds."""
    argv = [sys.executable, "-m", "repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan"]
    argv += ["--target-repo-dir", "/srv/repo", "--image-name", IMAGE, *options, "."]
    engine.try_docker("image", "rm", IMAGE)  # with an image of this name repo2docker would build none
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=repository, env=environment(engine.env), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"the build failed:\n{(done.stdout + done.stderr).decode(errors='replace')[-3000:]}")
    return time.perf_counter() - begin


def check_version(engine: Engine, package: str, version: str) -> None:
    """Stop unless the image has what was asked for last: a fast build of something else is worth nothing."""
    question = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    found = engine.docker("run", "--rm", IMAGE, "python", "-c", question).splitlines()[-1]
    if found != version:
        raise SystemExit(f"the image has {package} {found}, not {version}")


def size(engine: Engine, image: str) -> int:
    """Bytes on the engine's disk."""
    return int(engine.docker("image", "inspect", "--format", "{{.Size}}", image))


if __name__ == "__main__":
    main()
