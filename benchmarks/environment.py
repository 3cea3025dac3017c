"""Checking, solving and locking an environment, beside what py-rattler alone takes for the same specification.

    python benchmarks/environment.py [--runs 5] [--packages 4000]

The channel is made for it: real repodata, without the packages. Every run is a new process, since people run it so.
With a package index in reach, the pip part of a lock is timed as well. Medians; slower than wished is no failure: this
measures, tests test.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row, limited, machine, seconds, show

OUR_PARTS = ("solve", "lock", "all")
CHECK, SHARE = 0.6, 1.2  # seconds with process start; times py-rattler's own time
BASE = (
    "python-3.12.11", "nodejs-20.1", "pip-25.0", "ipywidgets-8.1", "jupyter-offlinenotebook-0.3.1",
    "jupyter-resource-usage-1.1", "jupyter_server-2.14", "jupyterhub-singleuser-5.4.0", "jupyterlab-4.4",
    "notebook-7.4",
)  # fmt: skip
RATTLER = """
import asyncio, sys, time
import rattler
from hubimages.environment.solving.solver import virtual_packages
begun = time.perf_counter()
specs = [rattler.MatchSpec(each) for each in sys.argv[2:]]
records = asyncio.run(rattler.solve(sources=[rattler.Channel(sys.argv[1])], specs=specs,
    platforms=["linux-64", "noarch"], virtual_packages=virtual_packages(rattler, "linux-64")))
print(time.perf_counter() - begun, len(records))
"""
OURS = """
import sys, time
from pathlib import Path
from hubimages.environment.check import Options, checked
from hubimages.environment.lock.operation import make_lock, plan_lock
from hubimages.environment.solving.request import request_of
from hubimages.environment.solving.solver import solve
import rattler
here, report = checked(Path(sys.argv[1]), Options())
begun = time.perf_counter()
if sys.argv[2] == "solve":
    solve(request_of(here))
elif sys.argv[2] == "lock":
    make_lock(request_of(here), here.environment.text, "conda-lock.yml")
else:
    plan_lock(Path(sys.argv[1]))
print(time.perf_counter() - begun)
"""


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--packages", type=int, default=4000)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        channel = write_channel(Path(folder) / "channel", given.packages)
        place = Path(folder) / "image"
        place.mkdir()
        asked = [f"package-{number}" for number in range(0, given.packages, given.packages // 40)]
        lines = ["channels:", f"- {channel}", "dependencies:", "- python=3.12", *(f"- {name}" for name in asked)]
        (place / "environment.yml").write_text("\n".join(lines) + "\n")
        check = median(given.runs, lambda: timed("-m", "hubimages", "check-environment", str(place)))
        specs = ["python=3.12", *asked, *(f"{name}={version}" for name, version in base() if name != "python")]
        # Taken in turn, so that the machine's load is the same for both.
        runs = [
            (numbers("-c", RATTLER, channel, *specs), [numbers("-c", OURS, str(place), what)[0] for what in OUR_PARTS])
            for _ in range(given.runs)
        ]
        alone = statistics.median(theirs[0] for theirs, _ in runs)
        parts = [statistics.median(ours[number] for _, ours in runs) for number in range(len(OUR_PARTS))]
        verdict = "met" if check <= CHECK else "NOT MET"
        rows = [
            Row("check-environment", "", seconds(check), "", f"at most {CHECK} s", verdict),
            limited("solve", parts[0], alone, seconds, SHARE),
            limited("solve and lock, conda part", parts[1], alone, seconds, SHARE),
            Row("check, solve, lock, compare", "", seconds(parts[2]), f"{parts[2] / alone:.0%}", "", ""),
        ]
        pip = pip_part(given.runs)
        if pip is not None:
            rows.append(Row("lock, pip part (5 packages)", "", seconds(pip), "", "", ""))
        show(
            [*machine(load), f"{given.packages} packages, {runs[0][0][1]:.0f} installed; theirs is py-rattler alone"],
            rows,
        )


def base() -> list[tuple[str, str]]:
    """Return names and versions of what repo2docker installs in any case."""
    return [(name, version) for name, _, version in (each.rpartition("-") for each in BASE)]


def write_channel(place: Path, count: int) -> str:
    """Write repodata of a channel in which packages need others, in five versions; return its address."""
    records = {}
    for name, version in base():
        add(records, name, version, [])
    for number in range(count):
        needs = [f"package-{each} >=2" for each in (number // 2, number // 3, number - 7) if 0 <= each < number]
        for version in range(1, 6):
            add(records, f"package-{number}", f"{version}.0", ["python >=3.9", *needs])
    for subdir, packages in (("linux-64", records), ("noarch", {})):
        (place / subdir).mkdir(parents=True)
        content = {"info": {"subdir": subdir}, "packages": {}, "packages.conda": packages, "repodata_version": 1}
        (place / subdir / "repodata.json").write_text(json.dumps(content))
    return place.as_uri()


def add(records: dict[str, object], name: str, version: str, depends: list[str]) -> None:
    """Add a package's record."""
    records[f"{name}-{version}-0.conda"] = {
        "name": name, "version": version, "build": "0", "build_number": 0, "depends": depends, "subdir": "linux-64",
        "md5": "0" * 32, "sha256": "0" * 64, "size": 1,
    }  # fmt: skip


def timed(*argv: str) -> float:
    """Return the seconds that Python takes for this, with its start."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *argv], check=True, capture_output=True)
    return time.perf_counter() - begun


def numbers(*argv: str) -> list[float]:
    """Return the numbers that Python prints for this."""
    done = subprocess.run([sys.executable, *argv], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def median(runs: int, measure) -> float:  # type: ignore[no-untyped-def]
    """Return the median of several measurements."""
    return statistics.median(measure() for _ in range(runs))


def pip_part(runs: int) -> float | None:
    """Return the seconds that uv takes for five packages of PyPI; None if that does not answer."""
    code = (
        "import time\nfrom hubimages.environment.lock.pip_part import lock_pip\n"
        "from hubimages.environment.specs import pip_spec\n"
        "specs = [pip_spec(each) for each in ('requests', 'jinja2', 'rich', 'attrs', 'click')]\n"
        "begun = time.perf_counter()\nlock_pip(specs, [], 'linux-64', '3.12')\nprint(time.perf_counter() - begun)\n"
    )
    try:
        return statistics.median(numbers("-c", code)[0] for _ in range(runs))
    except subprocess.CalledProcessError:
        return None


if __name__ == "__main__":
    main()
