"""What is in an image of a registry: time beside Python's own tarfile on the same bytes, memory, requests with an SBOM.

    python benchmarks/contents.py [--runs 3] [--megabytes 300] [--only search]

A real registry on loopback holds an image whose layer unpacks to so many megabytes, of files that compress about as
those of a conda environment do, and package records. Each reading is a process of its own; the baseline gets the same
bytes from the same registry and goes through them with `tarfile.open(mode="r|gz")`.

Then `hubimages images --with` searches a deployment repository whose hubs run 100 images of 800 packages each that the
cache knows: with `--offline`, and with the registry asked for each tag. The time is that of the whole process.
"""

import argparse
import gzip
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from sides import isolate
from table import Row, cannot_run, machine, seconds, show
from table import megabytes as shown

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages.contents import Cache, Contents, Facts, Package, attach_contents, folder
from hubimages.contents.cache import KnownTag, remember
from hubimages.contents.reading import keep
from hubimages.image_ref import ImageRef
from tests.contents.published import archive, conda, push
from tests.engine.install import EngineUnavailableError, ensure_registry
from tests.engine.registry import Registry, serve
from tests.registry.images import Publisher, sha256

RATIO, MEMORY, SECONDS, REQUESTS = 1.5, 150, 0.5, 5
IMAGES, PACKAGES, SEARCH = 100, 800, 1.0
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
    parser.add_argument("--only", choices=["search"], help="only the search over many images")
    given = parser.parse_args()
    try:
        ensure_registry()
    except EngineUnavailableError as reason:
        cannot_run(reason)
    with tempfile.TemporaryDirectory() as place, serve(Path(place) / "registry") as registry:
        isolate(Path(place))
        rows = [] if given.only else compare(registry, Path(place), given.runs, given.megabytes)
        load = os.getloadavg()[0]
        rows += search(registry, Path(place), given.runs)
        show([*machine(load), f"medians of {given.runs} runs; gzip"], rows)


def compare(registry: Registry, folder: Path, runs: int, megabytes: int) -> list[Row]:
    """Return the figures of one image."""
    layer = archive(files(megabytes))
    push(Publisher(registry, "bench/image"), [layer], "1")
    blob = sha256(gzip.compress(layer, mtime=0))
    address = f"http://{registry.address}/v2/bench/image/blobs/{blob}"
    reference = f"{registry.address}/bench/image:1"
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
    return rows


def search(registry: Registry, place: Path, runs: int) -> list[Row]:
    """Return the figures of a search over images that the cache knows."""
    os.environ["XDG_CACHE_HOME"] = str(place / "cache-of-search")
    root = place / "deployment"
    (root / "hubs").mkdir(parents=True)
    publisher, cache = Publisher(registry, "bench/many"), Cache(folder())
    for number in range(IMAGES):
        digest = publisher.image({"created": f"2026-01-01T00:00:{number % 60:02}Z", "number": number}, f"{number}")
        image = ImageRef(registry.address, "bench/many", str(number))
        keep(cache, Facts(str(image), digest, "linux/amd64", contents=Contents(tuple(packages(number)))))
        remember(cache, image, KnownTag(digest, "", datetime.now(UTC)))
        values = f"singleuser: {{image: {{name: {registry.address}/bench/many, tag: '{number}'}}}}\n"
        (root / f"hubs/hub{number}.yaml").write_text(values)
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    rows = []
    for title, words in (("search, --offline", ["--offline"]), ("search, each tag asked", [])):
        before = registry.log.read_text().count('HTTP/1.1" ')
        each = [searched(root, *words) for _ in range(runs)]
        spent, processor = (statistics.median(every) for every in zip(*each, strict=True))
        asked = (registry.log.read_text().count('HTTP/1.1" ') - before) / runs
        promise = f"at most {SEARCH} s" if words else f"at most {IMAGES} requests"
        fine = met(spent, SEARCH) if words else met(asked, IMAGES)
        took = f"{seconds(spent)} ({seconds(processor)} CPU)"
        rows.append(Row(f"{title}, {IMAGES} images", "", took, f"{asked:.0f} requests", promise, fine))
    return rows


def searched(root: Path, *words: str) -> tuple[float, float]:
    """Return the seconds that a search takes, with the start of its process, and those of the processor."""
    argv = [sys.executable, "-m", "hubimages", "images", "--repo", str(root), "--with", "package7==1.2.3", *words]
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(argv, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1])
    spent, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert len(done.stdout.splitlines()) == IMAGES // 4, done.stdout
    return spent, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def packages(number: int) -> list[Package]:
    """Return the packages of an image; every fourth image has 1.2.3 of each."""
    version = "1.2.3" if number % 4 == 0 else "2.0.0"
    place = "opt/conda/lib/python3.13/site-packages"
    return [Package("conda", f"package{each}", version, "py_0", place, 1000, "MIT") for each in range(PACKAGES)]


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
