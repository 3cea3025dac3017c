"""What is in an image of a registry: time beside Python's own tarfile on the same bytes, memory, requests with an SBOM.

    python benchmarks/contents.py [--runs 3] [--megabytes 300]

A real registry on loopback holds an image whose layer unpacks to so many megabytes, of files that compress about as
those of a conda environment do, and package records. Each reading is a process of its own; the baseline gets the same
bytes from the same registry and goes through them with `tarfile.open(mode="r|gz")`.
"""

import argparse
import gzip
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from sides import isolate
from table import Row, machine, seconds, show
from table import megabytes as shown

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages.contents import attach_contents
from tests.contents.published import archive, conda, push
from tests.engine.install import EngineUnavailableError, ensure_registry
from tests.engine.registry import Registry, serve
from tests.registry.images import Publisher, sha256

RATIO, MEMORY, SECONDS, REQUESTS = 1.5, 150, 0.5, 5
MEASURE = """
import re, sys, time
begun = time.monotonic()
{body}
spent = time.monotonic() - begun
most = re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())
print(spent, int(most[1]) / 1024)
"""
OURS = """
from pathlib import Path
from hubimages.contents import Cache, read_images
read_images([sys.argv[1]], say=lambda line: None, agree=lambda question: True, cache=Cache(Path(sys.argv[2])))
"""
TARFILE = """
import tarfile, urllib.request
with urllib.request.urlopen(sys.argv[1]) as answer, tarfile.open(fileobj=answer, mode="r|gz") as archive:
    for entry in archive:
        archive.members.clear()
"""


def main() -> None:
    """Fill a registry, read the image in every way, and print the figures."""
    parser = argparse.ArgumentParser(description="Time the reading of an image's layers.")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--megabytes", type=int, default=300, help="what the layer unpacks to")
    given = parser.parse_args()
    try:
        ensure_registry()
    except EngineUnavailableError as reason:
        sys.exit(str(reason))
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder) / "registry") as registry:
        isolate(Path(folder))
        compare(registry, Path(folder), given.runs, given.megabytes)


def compare(registry: Registry, folder: Path, runs: int, megabytes: int) -> None:
    """Print the figures of one image."""
    layer = archive(files(megabytes))
    push(Publisher(registry, "bench/image"), [layer], "1")
    blob = sha256(gzip.compress(layer, mtime=0))
    address = f"http://{registry.address}/v2/bench/image/blobs/{blob}"
    reference = f"{registry.address}/bench/image:1"
    load = os.getloadavg()[0]
    ours, theirs = [], []
    for number in range(runs):  # in turn, so that what else the machine does falls on both
        ours.append(measure(OURS, reference, str(folder / f"cache-{number}")))
        theirs.append(measure(TARFILE, address))
    mine, baseline = (statistics.median(spent for spent, _ in each) for each in (ours, theirs))
    memory = max(each for _, each in ours) * 1e6
    name = f"a layer of {megabytes} MB, beside tarfile"
    rows = [
        Row(
            name,
            seconds(baseline),
            seconds(mine),
            f"{mine / baseline:.2f}x",
            f"at most {RATIO}x",
            met(mine, RATIO * baseline),
        ),
        Row("most memory", "", shown(memory), "", f"at most {MEMORY} MB", met(memory, MEMORY * 1e6)),
    ]
    attach_contents(reference, say=lambda line: None, agree=lambda question: True)
    before = registry.log.read_text().count('HTTP/1.1" ')
    spent = statistics.median(measure(OURS, reference, str(folder / f"sbom-{number}"))[0] for number in range(runs))
    asked = (registry.log.read_text().count('HTTP/1.1" ') - before) / runs
    rows += [
        Row(
            "with an SBOM, beyond the process's start",
            "",
            seconds(spent),
            "",
            f"at most {SECONDS} s",
            met(spent, SECONDS),
        ),
        Row("requests with an SBOM", "", f"{asked:.0f}", "", f"at most {REQUESTS}", met(asked, REQUESTS)),
    ]
    show([*machine(load), f"medians of {runs} runs; gzip"], rows)


def met(number: float, most: float) -> str:
    """Return whether a figure is as was promised."""
    return "met" if number <= most else "NOT MET"


def measure(body: str, *arguments: str) -> tuple[float, float]:
    """Return the seconds after the start of a process, and the most memory that it took, in megabytes."""
    argv = [sys.executable, "-c", MEASURE.format(body=body), *arguments]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    spent, memory = map(float, done.stdout.split())
    return spent, memory


def files(megabytes: int) -> dict[str, bytes | str]:
    """Return files of 20 kB that compress to about a third, and 500 records of conda."""
    chance = random.Random(1)
    made: dict[str, bytes | str] = {
        f"opt/conda/conda-meta/package{number}-1.0-0.json": conda(f"package{number}", "1.0", "0")
        for number in range(500)
    }
    words = [chance.randbytes(6) for _ in range(4000)]
    for number in range(megabytes * 50):
        content = b" ".join(chance.choices(words, k=2800))
        made[f"opt/conda/lib/python3.13/site-packages/package{number % 500}/module{number}.py"] = content
    return made


if __name__ == "__main__":
    main()
