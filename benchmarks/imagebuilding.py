"""How long does check-imagebuilding-hub take over a whole deployment repository, and for one hub of it?

    python benchmarks/imagebuilding.py REPOSITORY [--charts DIR] [--runs 5] [--hub CLUSTER/HUB]

Each run is a new process, as people start it, and renders the hubs' charts; they come from the folder or, fetched once
before, from the cache. Medians of wall time and of CPU time, with that of the processes that it starts.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from table import machine, seconds

PROMISED_ALL = 15.0  # seconds for the 34 hubs of 2i2c-org/infrastructure, on two cores
PROMISED_ONE = 2.0
OFFLINE = "--offline"


@dataclass(frozen=True)
class Run:
    """The seconds and the report of one run."""

    wall: float
    cpu: float
    report: dict[str, list[object]]


def main() -> None:
    """Check everything once to have the charts and to learn the hubs, then measure."""
    parser = argparse.ArgumentParser(description="Time the check of imagebuilding hubs.")
    parser.add_argument("repository", type=Path, help="a clone of 2i2c-org/infrastructure, or one of its layout")
    parser.add_argument("--charts", type=Path, help="folder with the charts; else their chart repositories are asked")
    parser.add_argument("--runs", type=int, default=5, help="of each (default: 5)")
    parser.add_argument("--hub", help="CLUSTER/HUB (default: the first)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    given = [f"--repo={options.repository}", *([f"--charts={options.charts.resolve()}"] if options.charts else [])]
    first = checked([*given, "--all"]).report
    unrendered = [note for note in first["not_checked"] if "nothing was rendered" in str(note)]
    cluster, _, name = str(options.hub or first["hubs"][0]).partition("/")
    print("\n".join(machine(load)))  # noqa: T201
    show(f"all {len(first['hubs'])} hubs", [*given, OFFLINE, "--all"], PROMISED_ALL, options.runs)
    show(f"{cluster}/{name}", [*given, OFFLINE, f"--cluster={cluster}", f"--hub={name}"], PROMISED_ONE, options.runs)
    print(f"{len(unrendered)} hubs could not be rendered; load {os.getloadavg()[0]:.1f} at the end")  # noqa: T201


def checked(arguments: Sequence[str]) -> Run:
    """Run the task once. Raises RuntimeError if it neither found something nor succeeded."""
    with tempfile.TemporaryFile() as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "hubimages", "check-imagebuilding-hub", "--json", *arguments], stdout=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise RuntimeError(f"exit code {process.returncode}")
        output.seek(0)
        return Run(wall, usage.ru_utime + usage.ru_stime, json.load(output))


def show(name: str, arguments: Sequence[str], promised: float, runs: int) -> None:
    """Measure, and print a line."""
    made = [checked(arguments) for _ in range(runs)]
    wall, cpu = (statistics.median(times) for times in ([run.wall for run in made], [run.cpu for run in made]))
    verdict = "met" if wall <= promised else "NOT MET"
    print(f"{name}: {seconds(wall)} wall, {seconds(cpu)} CPU; at most {promised:g} s: {verdict}")  # noqa: T201


if __name__ == "__main__":
    main()
