"""How long does check-imagebuilding-hub take over a whole deployment repository, and for one hub of it?

    python benchmarks/imagebuilding.py REPOSITORY [--charts DIR] [--runs 5] [--hub CLUSTER/HUB]

Each run is a new process, as people start it, and renders the hubs' charts; they come from the folder or, fetched once
before, from the cache. Medians of wall time and of CPU time, with that of the processes that it starts.

Helm is measured in turns with it, on the same charts and values: its library (helm-python-sdk), with Go's own settings,
renders all hubs in one process, so that it pays for its start once. That is less than people pay with `helm template`,
one process for each hub; the program `helm` is measured in that way, too, if it is installed.
"""

import argparse
import json
import os
import pickle
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from table import Row, cannot_run, compared_share, limited, machine, seconds, show

from hubimages.imagebuilding import ChartSources, building_hubs
from hubimages.imagebuilding.charts import prepare
from hubimages.imagebuilding.check import helm, one_hub, render
from hubimages.imagebuilding.check.finding import Subject
from hubimages.imagebuilding.values import Values

PROMISED_RATIO = 1.5  # of the CPU time that Helm takes to render the same hubs
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
    missing = [
        note for note in checked([*given, OFFLINE, "--all"]).report["not_checked"] if "not available" in str(note)
    ]
    if missing:
        cannot_run(f"charts are missing: {missing[0]}. Give --charts DIR, or run it where their repositories answer")
    unrendered = [note for note in first["not_checked"] if "nothing was rendered" in str(note)]
    cluster, _, name = str(options.hub or first["hubs"][0]).partition("/")
    rows = beside_helm(options, [*given, OFFLINE, "--all"], len(first["hubs"]))
    alone = [checked([*given, OFFLINE, f"--cluster={cluster}", f"--hub={name}"]).wall for _ in range(options.runs)]
    rows.append(limited(f"{cluster}/{name} / allowed", statistics.median(alone), PROMISED_ONE, seconds, 1))
    show([*machine(load), f"{len(unrendered)} hubs could not be rendered; medians of {options.runs} runs"], rows)


@dataclass(frozen=True)
class Times:
    """The seconds that a process and those that it started took."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Request:
    """What Helm renders for a hub: a chart, values and the name of the release."""

    chart: Path
    values: dict[str, Any]
    name: str


def beside_helm(options: argparse.Namespace, arguments: Sequence[str], hubs: int) -> list[Row]:
    """Measure the check of all hubs and Helm in turns; return the rows."""
    with tempfile.TemporaryDirectory() as work:
        requests = what_helm_renders(options.repository.resolve(), options.charts, Path(work))
        sides: dict[str, Callable[[], Times]] = {
            f"all {hubs} hubs": lambda: times_of(checked(arguments)),
            f"Helm, {len(requests)} renderings in one process": lambda: in_one_process(requests),
        }
        if shutil.which("helm"):
            sides[f"helm template, {len(requests)} processes"] = lambda: one_process_each(requests, Path(work))
        taken: dict[str, list[Times]] = {side: [] for side in sides}
        for _ in range(options.runs):
            for side, run in sides.items():
                taken[side].append(run())
    medians = {
        side: Times(statistics.median(one.wall for one in made), statistics.median(one.cpu for one in made))
        for side, made in taken.items()
    }
    ours, *others = medians.items()
    rows = [limited(f"{ours[0]} / allowed", ours[1].wall, PROMISED_ALL, seconds, 1)]
    for side, median in others:
        rows.append(compared_share(f"{ours[0]}, beside {side}: CPU", median.cpu, ours[1].cpu, PROMISED_RATIO))
        rows.append(compared_share(f"{ours[0]}, beside {side}: wall", median.wall, ours[1].wall, None))
    return rows


def what_helm_renders(root: Path, charts: Path | None, work: Path) -> list[Request]:
    """Return what the check has Helm render, read beforehand, so that none of it counts as Helm's time."""
    sources = ChartSources(charts.resolve() if charts else None, offline=True)
    ready: dict[tuple[str, str], Any] = {}
    requests = []
    for hub in building_hubs(root):
        layout = (hub.chart, hub.chart_override)
        if layout not in ready:
            ready[layout] = prepare(hub, sources, work / str(len(ready)))
        asked = _Listing()
        one_hub.begin(Subject(hub, Values({}, {})), ready[layout], asked)  # type: ignore[arg-type]
        requests += asked.requests
    return requests


class _Listing:
    """Lists what a check asks of Helm."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def render(self, chart: Path, values: dict[str, Any], name: str) -> None:
        self.requests.append(Request(chart, values, name))


def in_one_process(requests: Sequence[Request]) -> Times:
    """Render all with Helm's library in one process. Raises RuntimeError if it refuses a hub."""
    asked = b"".join(pickle.dumps((str(one.chart), one.values, one.name)) for one in requests)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as output:
        given.write(asked)
        given.seek(0)
        made = timed([sys.executable, "-P", str(helm.PROGRAM)], stdin=given, stdout=output)
        output.seek(0)
        refused = [one.name for one in requests if not pickle.load(output)[0]]
    if refused:
        raise RuntimeError(f"Helm refused {', '.join(refused)}")
    return made


def one_process_each(requests: Sequence[Request], work: Path) -> Times:
    """Render each with a process of the program `helm`, as people do."""
    made = []
    for number, one in enumerate(requests):
        values = work / f"{number}.json"
        values.write_text(json.dumps(render.plain(one.values)), "utf-8")
        argv = ["helm", "template", one.name, str(one.chart), f"--namespace={one.name}", f"--values={values}"]
        made.append(timed(argv, stdout=subprocess.DEVNULL))
    return Times(sum(one.wall for one in made), sum(one.cpu for one in made))


def timed(argv: Sequence[str], **streams: Any) -> Times:
    """Run a program and return the time that it took. Raises RuntimeError if it fails."""
    began = time.monotonic()
    process = subprocess.Popen(argv, **streams)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{argv[0]}: exit code {process.returncode}")
    return Times(time.monotonic() - began, usage.ru_utime + usage.ru_stime)


def times_of(run: "Run") -> Times:
    """Return the times of a run."""
    return Times(run.wall, run.cpu)


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


if __name__ == "__main__":
    main()
