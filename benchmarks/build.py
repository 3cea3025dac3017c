"""Building a user image: how much of a cold build is saved when little or nothing has changed.

    python benchmarks/build.py [--runs 3] [--starter NAME]

On the engine that runs, or on a private one where the engine tests would start one; base images that cannot be had are
stood in for as in those tests. Each starter of the template is rendered and built with the options of its noxfile.py.
Slower than wished is no failure: this measures, tests test.
"""

import argparse
import os
import statistics
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from sides import isolate
from starters import COLD, IMAGE, STARTERS, ask_for, build, check_version, make
from table import Row, cannot_run, limited, machine, megabytes, seconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.engine.engine import Engine, any_engine
from tests.engine.install import EngineUnavailableError
from tests.engine.stand_ins import bases, is_stand_in, stand_ins

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
            cannot_run(reason)
        isolate(folder)
        server = engine.docker("version", "--format", "{{.Server.Version}}")
        facts = [f"Docker {server}, medians of {options.runs}"]
        for starter in options.starter or STARTERS:
            rows += measure(engine, folder, starter, options.runs, facts)
        show([*machine(load), *facts], rows)


def measure(engine: Engine, folder: Path, starter: str, runs: int, facts: list[str]) -> list[Row]:
    """Build one starter in three ways, taking turns."""
    repository = folder / starter.replace(".", "-")
    make(repository, starter)
    cold, changed, same = [], [], []
    (base,) = bases(repository)
    with stand_ins(engine, base):
        if is_stand_in(engine, base):
            facts.append(f"{base} is stood in for: with the original, times and sizes are others")
        size_of_base = size(engine, base)
        try:
            for _ in range(runs):
                ask_for(engine, repository, "pyfiglet==1.0.3")
                cold.append(build(engine, repository, *COLD))
                same.append(build(engine, repository))
                ask_for(engine, repository, "pyfiglet==1.0.4")
                changed.append(build(engine, repository))
                check_version(engine, IMAGE, "pyfiglet==1.0.4")
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


def size(engine: Engine, image: str) -> int:
    """Bytes on the engine's disk."""
    return int(engine.docker("image", "inspect", "--format", "{{.Size}}", image))


if __name__ == "__main__":
    main()
