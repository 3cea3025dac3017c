"""How the tasks over references grow: made deployments of 100, 1,000 and 5,000 hubs, seconds and memory of each task.

    python benchmarks/fleet.py [--hubs 100 1000 5000] [--runs 3]

Ten hubs make a cluster: a cluster.yaml, a file that its hubs share, and a values file for each hub with an image of its
own. Every hub runs one image that point-hubs changes everywhere. Slower than wished is no failure: this measures, tests
test.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from sides import isolate
from table import Row, machine, seconds, show

TIMES, MEGABYTES = 3, 200  # of what `images` takes; in all
OF_A_CLUSTER = 10
SHARED = """\
jupyterhub:
  singleuser:
    image: {{name: quay.io/example/cluster-{cluster}, tag: "2026.01.01"}}
    profileList:
    - display_name: Ours
      kubespawner_override: {{image: quay.io/example/ours:0a1b2c3d4e5f}}
"""
HUB = """\
jupyterhub:
  custom:
    homepage: {{title: Hub {hub}}}
  hub:
    extraContainers:
    - {{name: own, image: "quay.io/example/hub-{hub}:1.0"}}
    - {{name: tool, image: "quay.io/example/tool:0a1b2c3d4e5f"}}
"""
TASKS = {
    "images": (),
    "check-images": ("--offline",),
    "point-hubs": ("quay.io/example/tool:ffffffffffff", "--all", "--dry-run"),
    "point-hubs, shared": ("quay.io/example/ours:ffffffffffff", "--all", "--dry-run"),
}


def main() -> None:
    """Measure, and print one table for each size."""
    parser = argparse.ArgumentParser(description="Time tasks over deployments of many hubs.")
    parser.add_argument("--hubs", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--runs", type=int, default=3, help="of each task; the median counts (default: 3)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-") as directory:
        isolate(Path(directory))
        for number in options.hubs:
            root = made(Path(directory) / f"fleet-{number}", number)
            show([*machine(load), f"{number} hubs; medians of {options.runs}"], rows(root, options.runs))


def rows(root: Path, runs: int) -> list[Row]:
    """Return a row for each task."""
    result: list[Row] = []
    base = 0.0
    for name, arguments in TASKS.items():
        taken, memory = zip(*(run(root, name.partition(",")[0], arguments) for _ in range(runs)), strict=True)
        middle, most = statistics.median(taken), max(memory)
        base = base or middle
        met = middle <= TIMES * base and most <= MEGABYTES
        allowed = f"at most {TIMES}x and {MEGABYTES} MB"
        result.append(
            Row(
                name,
                seconds(base),
                seconds(middle),
                f"{middle / base:.2f}x, {most:.0f} MB",
                allowed,
                "met" if met else "NOT MET",
            )
        )
    return result


def run(root: Path, task: str, arguments: tuple[str, ...]) -> tuple[float, float]:
    """Return the seconds and the megabytes of one process."""
    argv = [sys.executable, "-m", "hubimages", task, *arguments, f"--repo={root}"]
    begin = time.perf_counter()
    process = subprocess.Popen(
        argv, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    taken = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{task} failed: {errors[-2000:]}")
    return taken, usage.ru_maxrss / 1024


def made(root: Path, hubs: int) -> Path:
    """Return a deployment repository of so many hubs."""
    for cluster in range(hubs // OF_A_CLUSTER):
        folder = root / f"config/clusters/c{cluster}"
        folder.mkdir(parents=True)
        names = [f"h{number}" for number in range(OF_A_CLUSTER)]
        entries = "".join(
            f"- {{name: {name}, helm_chart_values_files: [common.yaml, {name}.yaml]}}\n" for name in names
        )
        (folder / "cluster.yaml").write_text(f"name: c{cluster}\nhubs:\n{entries}")
        (folder / "common.yaml").write_text(SHARED.format(cluster=cluster))
        for name in names:
            (folder / f"{name}.yaml").write_text(HUB.format(hub=f"{cluster}-{name}"))
    for argv in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "Hubs"]):
        subprocess.run(["git", "-C", str(root), *argv], check=True)
    return root


if __name__ == "__main__":
    main()
