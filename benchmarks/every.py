"""Run every benchmark, each in a short form, and write docs/benchmarks.md.

    python benchmarks/every.py [--only NAME] [--full] [--infrastructure CLONE [--charts DIR]]
        [--renovate FILE] [--list]

A benchmark is a program in this folder. What they measured is kept in benchmarks/results.json: a run with --only
replaces the figures of the ones that it names, and leaves the others as they are. A goal that is missed is no failure
and stands on the page. One that lacks something ends with exit code 69 and says what: it is named as not run, and keeps
the figures that it had. So does one that fails; then the exit code is 1.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from results_page import page
from table import CANNOT_RUN, JSON, machine

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "results.json", HERE.parent / "docs/benchmarks.md"
# What makes each short, so that all take about a quarter of an hour. The goals are those of the long form, too.
SHORT: dict[str, Sequence[str]] = {
    "build": ("--runs=1", "--starter=docker-stacks"),
    "contents": ("--megabytes=100",),
    "each": ("--repositories=10", "--runs=1"),
    "environment": ("--runs=3",),
    "extract": ("--runs=3",),
    "fleet": ("--hubs", "100", "1000"),
    "hub_image": ("--runs=3",),
    "imagebuilding": ("--runs=3",),
    "migration": ("--runs=1", "--way=local"),
    "pull": ("--runs=1", "--starter=docker-stacks"),
    "references": ("--runs=5",),
    "scan": ("--blobs=200",),
    "update": ("--runs=3",),
}
PARTS = {"references_scan": "references", "registry_dates": "references"}  # run as parts of another one
CLONE = "a clone of 2i2c-org/infrastructure: --infrastructure CLONE"
NEEDS = {
    "hub_image_drift": ("infrastructure", CLONE),
    "imagebuilding": ("infrastructure", CLONE),
    "proposals": ("renovate", "Renovate: npm install renovate; --renovate node_modules/renovate/dist/renovate.js"),
}


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    full: bool
    given: dict[str, Path | None]

    def arguments(self, name: str) -> list[str]:
        """Return the arguments of a benchmark."""
        words = [] if self.full else list(SHORT.get(name, ()))
        if name == "imagebuilding" and self.given["charts"]:
            words.append(f"--charts={self.given['charts']}")
        if name in NEEDS:
            option = NEEDS[name][0]
            words += [f"--renovate={self.given[option]}"] if option == "renovate" else [str(self.given[option])]
        return words

    def missing(self, name: str) -> str:
        """Return what the benchmark needs and was not given; empty if nothing."""
        option, text = NEEDS.get(name, ("", ""))
        return f"needs {text}" if option and self.given[option] is None else ""


def benchmarks() -> list[str]:
    """Return the names of the benchmarks, which are the programs of this folder but those that another one runs."""
    programs = [file.stem for file in HERE.glob("*.py") if "\nif __name__" in file.read_text(encoding="utf-8")]
    return sorted(set(programs) - {Path(__file__).stem, "results_page", *PARTS})


def run(name: str, options: Options) -> dict[str, Any]:
    """Run a benchmark; return its tables, or why there are none."""
    if reason := options.missing(name):
        return {"not_run": reason}
    arguments = options.arguments(name)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "tables")
        argv = [sys.executable, str(HERE / f"{name}.py"), *arguments]
        load, begun = os.getloadavg()[0], time.monotonic()
        done = subprocess.run(
            argv, cwd=HERE.parent, env={**os.environ, JSON: str(file)}, stderr=subprocess.PIPE, text=True, check=False
        )
        seconds = time.monotonic() - begun
        if done.returncode == CANNOT_RUN:
            return {"not_run": last_line(done.stderr)}
        # 1 with a table: a goal was missed
        if done.returncode not in (0, 1) or not file.exists():
            sys.stderr.write(done.stderr[-3000:])
            return {"failed": f"exit code {done.returncode}: {last_line(done.stderr)}"}
        tables = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    paths = {str(place): name.upper() for name, place in options.given.items() if place}
    return {
        "arguments": [
            re.sub("|".join(map(re.escape, paths)) or "$^", lambda path: paths[path[0]], word) for word in arguments
        ],
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(seconds),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
        "machine": machine(load)[0].rpartition(", load")[0],
        "tables": tables,
    }


def last_line(text: str) -> str:
    """Return the last line of what a program said."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def main() -> int:
    """Run what was asked for; results and page are written after each, so that stopping loses nothing."""
    names = benchmarks()
    parser = argparse.ArgumentParser(description="Run every benchmark and write docs/benchmarks.md.")
    parser.add_argument("--only", action="append", choices=names, metavar="NAME", help="can be repeated")
    parser.add_argument("--full", action="store_true", help="run each with its own defaults, which takes hours")
    parser.add_argument("--infrastructure", type=Path, metavar="CLONE", help="of 2i2c-org/infrastructure; only read")
    parser.add_argument("--renovate", type=Path, metavar="FILE", help="node_modules/renovate/dist/renovate.js")
    parser.add_argument("--charts", type=Path, metavar="DIR", help="with the charts of the hubs in that clone")
    parser.add_argument("--list", action="store_true", help="list the benchmarks and stop")
    parser.add_argument("--page", action="store_true", help="only write the page, from the results that are there")
    given = parser.parse_args()
    if given.list:
        sys.stdout.write("".join(f"{' '.join([name, *SHORT.get(name, ())])}\n" for name in names))
        return 0
    asked = {name: getattr(given, name) for name in ("charts", "infrastructure", "renovate")}
    places = {name: place and place.resolve() for name, place in asked.items()}
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    results = {name: result for name, result in results.items() if name in names}
    failed = []
    for name in [] if given.page else given.only or names:
        sys.stderr.write(f"{name}\n")
        result = run(name, Options(given.full, places))
        if "failed" in result:
            failed.append(f"{name}: {result['failed']}")
        if "not_run" in result:
            sys.stderr.write(f"{name}: not run: {result['not_run']}\n")
        if "tables" in result or "tables" not in results.get(name, {}):
            results[name] = result
        write(results)
    write(results)
    sys.stderr.write("".join(f"{line}\n" for line in failed))
    return 1 if failed else 0


def write(results: dict[str, Any]) -> None:
    """Write the results and the page."""
    RESULTS.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
