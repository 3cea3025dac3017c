"""Finding image references: how long it takes beside reading the files' bytes, and beside starting invoke.

    python benchmarks/references_scan.py [REPOSITORY] [--runs 15]

The scan is that of files that git has listed; no process is started in it. Without REPOSITORY, on one that is made for
it: 600 values files in the layout of clusters. Slower than wished is no failure: this measures, tests test.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sides import isolate
from table import Row, compared_share, machine, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages.references import find_references
from hubimages.references.find.scan import YAML, listed, read_all

BYTES, INVOKE = 25, 2.0  # times
CLUSTERS, HUBS = 60, 8  # with two more files for each cluster: 600
COMMON = """\
jupyterhub:
  singleuser:
    image:
      name: quay.io/example/image-{number}
      tag: "2026.0{month}.01"
    profileList:
"""
PROFILE = """\
    - display_name: Profile {number}
      profile_options:
        requests:
          display_name: Node share
          choices:
            mem_8:
              display_name: ~8 GB, up to 15.5 CPU
              kubespawner_override: {{mem_guarantee: 7.222G, cpu_guarantee: 0.1, mem_limit: 8G, cpu_limit: 15.536}}
            mem_16:
              display_name: ~16 GB, up to 15.5 CPU
              kubespawner_override: {{mem_guarantee: 14.444G, cpu_guarantee: 0.2, mem_limit: 16G, cpu_limit: 15.536}}
        image:
          unlisted_choice: {{enabled: true, kubespawner_override: {{image: "{{value}}"}}}}
          choices:
            scipy:
              display_name: SciPy
              kubespawner_override:
                image: quay.io/jupyter/scipy-notebook:2026-0{month}-28
            own:
              display_name: Our own
              kubespawner_override:
                image: quay.io/example/own-{number}:9cb7ae26ff{number:02}
"""
HUB = "jupyterhub:\n  custom:\n    homepage:\n      logo_url: https://example.org/logo.svg\n" + "  # a remark\n" * 220
SECRET = "a: ENC[AES256_GCM,data:x]\n" + "# " + "k" * 5200 + "\nsops: {}\n"


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description="Time finding image references.")
    parser.add_argument("repository", nargs="?", metavar="REPOSITORY", type=Path, help="it is only read")
    parser.add_argument("--runs", type=int, default=15, help="of each side (default: 15)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-") as directory:
        folder = Path(directory)
        isolate(folder)
        repository = options.repository.resolve() if options.repository else made(folder / "deployment")
        facts, rows = measure(repository, folder, options.runs)
        show([*machine(load), *facts], rows)


def measure(repository: Path, folder: Path, runs: int) -> tuple[list[str], list[Row]]:
    """What was measured, and both rows. `folder` is for files that are needed beside."""
    root, files = listed(repository)
    paths = [f"{root}/{file}" for file in files if file.endswith(YAML)]
    size = sum(len(content) for content in read(paths))
    found = find_references(repository)
    facts = [
        f"{len(paths)} YAML files of {size / 1_000_000:.1f} MB, {len(found.references)} references; medians of {runs}"
    ]
    bytes_read, scanned = in_turns(runs, lambda: read(paths), lambda: read_all(root, files))
    empty = folder / "empty"
    empty.mkdir()
    (empty / "tasks.py").write_text("")
    invoke = [str(Path(sys.executable).with_name("invoke")), "--list"]
    ours = [sys.executable, "-m", "hubimages", "images", f"--repo={repository}"]
    started, whole = in_turns(runs, lambda: run(invoke, empty), lambda: run(ours, Path(__file__).parents[1]))
    return facts, [
        compared_share("scan, beside reading the bytes", bytes_read, scanned, BYTES),
        compared_share("hubimages images, beside invoke --list", started, whole, INVOKE),
    ]


def in_turns(runs: int, *sides: Callable[[], object]) -> list[float]:
    """The median seconds of each side."""
    taken: list[list[float]] = [[] for _ in sides]
    for _ in range(runs):
        for side, seconds_of_side in zip(sides, taken, strict=True):
            begin = time.perf_counter()
            side()
            seconds_of_side.append(time.perf_counter() - begin)
    return [statistics.median(each) for each in taken]


def read(paths: list[str]) -> list[bytes]:
    """The bytes of all files."""
    contents = []
    for path in paths:
        with open(path, "rb") as file:  # noqa: PTH123 - the fastest way is what ours is held against
            contents.append(file.read())
    return contents


def run(argv: list[str], cwd: Path) -> None:
    """A whole process. invoke ends with 1 where there is no task."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{argv[0]} failed: {done.stderr.decode(errors='replace')[-2000:]}")


def made(root: Path) -> Path:
    """A deployment repository as large as the largest that is public."""
    for number in range(CLUSTERS):
        folder = root / f"config/clusters/c{number}"
        folder.mkdir(parents=True)
        names = [f"hub{hub}" for hub in range(HUBS)]
        listed_hubs = "".join(
            f"- name: {name}\n  helm_chart_values_files: [common.values.yaml, {name}.values.yaml]\n" for name in names
        )
        (folder / "cluster.yaml").write_text(f"name: c{number}\nhubs:\n{listed_hubs}")
        month = 1 + number % 9
        profiles = "".join(PROFILE.format(number=each, month=month) for each in range(6))
        (folder / "common.values.yaml").write_text(COMMON.format(number=number, month=month) + profiles)
        for hub, name in enumerate(names):
            (folder / f"{name}.values.yaml").write_text(HUB if hub % 2 else SECRET)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "-A"], check=True)
    return root


if __name__ == "__main__":
    main()
