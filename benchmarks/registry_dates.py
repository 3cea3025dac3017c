"""When were 300 tags made? Ours in parallel, beside one question after the other and the libraries of PyPI.

    python benchmarks/registry_dates.py [--runs 5] [--tags 300]

A real registry on loopback, with its packaged cache, holds one image for each tag, each with a configuration of its
own. The list of tags and every date are asked for, by a new client in each run; the start of the process is not
counted. CPU time is the client's own; the registry's is most of what a run takes on two cores. Libraries that are not
installed are left out with a word: pip install oras python-dxf.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sides import isolate
from table import Row, cannot_run, machine, seconds, show

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages.image_ref import ImageRef
from hubimages.registry import Registries, created, creation_dates
from tests.engine.install import EngineUnavailableError, ensure_registry
from tests.engine.registry import serve
from tests.registry.images import Publisher

PROMISED = 1.0  # seconds for 300 tags
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
Dates = dict[str, datetime]


def main() -> None:
    """Fill a registry, ask it in every way, and print one table."""
    parser = argparse.ArgumentParser(description="Time the creation dates of all tags of an image.")
    parser.add_argument("--runs", type=int, default=5, help="of each way (default: 5)")
    parser.add_argument("--tags", type=int, default=300, help="of the image (default: 300)")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-") as folder:
        isolate(Path(folder))
        try:
            rows = measure(Path(folder), options.tags, options.runs)
        except EngineUnavailableError as reason:
            cannot_run(reason)
    show([*machine(load), f"{options.tags} tags with dates, medians of {options.runs}"], rows)


def measure(folder: Path, tags: int, runs: int) -> list[Row]:
    """A row for each way. Raises EngineUnavailableError where there is no registry to be had."""
    ensure_registry()
    with serve(folder / "registry", cache=True) as registry:
        expected = fill(Publisher(registry, "group/image"), tags)
        image = ImageRef.parse(f"{registry.address}/group/image")
        ours, cpu = medians(parallel, image, expected, runs)
        target = f"at most {PROMISED:.1f} s"
        rows = [Row(f"dates of {tags} tags, in parallel", "", seconds(ours), "", target, verdict(ours, tags))]
        rows += [Row("  CPU time", "", seconds(cpu), "", "", "")]
        for name, way in {"one after the other": serial, "python-dxf": by_dxf, "oras": by_oras}.items():
            try:
                theirs, burnt = medians(way, image, expected, runs)
            except ImportError as missing:
                rows.append(Row(f"{name}: not installed ({missing.name})", "", "", "", "", ""))
                continue
            rows.append(Row(f"dates, {name}", seconds(theirs), seconds(ours), f"{theirs / ours:.2f}x", "", ""))
            rows.append(Row("  CPU time", seconds(burnt), seconds(cpu), f"{burnt / cpu:.2f}x", "", ""))
    return rows


def fill(publisher: Publisher, count: int) -> Dates:
    """Put images there, a day apart; the date of every tag."""
    dates = {f"{number:012x}": FIRST + timedelta(days=number) for number in range(count)}
    for tag, date in dates.items():
        layers = [{"created": date.isoformat(), "created_by": "RUN " + "x" * 200}] * 20  # as large as real ones
        publisher.image({"created": date.isoformat(), "history": layers}, tag)
    return dates


def medians(way: Callable[[ImageRef], Dates], image: ImageRef, expected: Dates, runs: int) -> tuple[float, float]:
    """Seconds that a way takes, by the clock and of this process's CPU time, its answers compared with the truth."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter(), time.process_time()
        answer = way(image)
        taken.append((time.perf_counter() - started[0], time.process_time() - started[1]))
        assert answer == expected
    by_clock, by_cpu = zip(*taken, strict=True)
    return statistics.median(by_clock), statistics.median(by_cpu)


def verdict(ours: float, tags: int) -> str:
    """Whether it is as fast as was promised, for as many tags as the promise is about."""
    return "" if tags != 300 else "met" if ours <= PROMISED else "NOT MET"


def parallel(image: ImageRef) -> Dates:
    with Registries() as registries:
        found = creation_dates(registries, [image.at(tag) for tag in registries.tags(image)])
    return {each.tag: date for each, date in found.items() if isinstance(date, datetime)}


def serial(image: ImageRef) -> Dates:
    with Registries() as registries:
        found = {tag: created(registries, image.at(tag)) for tag in registries.tags(image)}
    return {tag: date for tag, date in found.items() if date}


def by_dxf(image: ImageRef) -> Dates:
    from dxf import DXF

    with DXF(image.host, image.name, insecure=True) as client:
        return {
            tag: date_in(b"".join(client.pull_blob(client.get_digest(tag))))
            for tag in client.list_aliases(iterate=True)
        }


def by_oras(image: ImageRef) -> Dates:
    import oras.client

    client = oras.client.OrasClient(hostname=image.host, insecure=True)
    place = f"{image.host}/{image.name}"
    found = {}
    for tag in client.get_tags(place):
        manifest = client.get_manifest(f"{place}:{tag}")
        found[tag] = date_in(client.get_blob(place, manifest["config"]["digest"]).content)
    return found


def date_in(configuration: bytes) -> datetime:
    return datetime.fromisoformat(json.loads(configuration)["created"])


if __name__ == "__main__":
    main()
