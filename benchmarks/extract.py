"""Extracting an image directory: ours beside the documented recipe, in one run.

    python benchmarks/extract.py [SOURCE IMAGE_DIR] [--runs 5] [--way local|file|slow|whole|all]

Without SOURCE, on a repository that is made for it. Both sides take turns, and medians are compared. In every run
both must give the same commits; otherwise it stops. Slower than wished is no failure: this measures, tests test.
"""

import argparse
import contextlib
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import sampling
import sides
import slow_line
import synthetic
from sides import Place, Run
from table import Row, compared, limited, machine, megabytes, part, seconds, show

from hubimages.extract.history import former_paths, image_directory
from hubimages.extract.history.commits import read_history
from hubimages.extract.history.strangers import Choice
from hubimages.extract.sources.open import open_source

WAYS = ("local", "file", "slow", "whole")
MEMORY_ALLOWED = 60_000_000

Side = Callable[[Place, str, str], Run]


def main() -> None:
    """Measure what was asked for, and print one table."""
    options = arguments()
    load = os.getloadavg()[0]
    ways = WAYS if options.way == "all" else (options.way,)
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-") as directory:
        folder = Path(directory)
        (folder / "home").mkdir()
        sides.isolate(folder / "home")
        source = Path(options.source).resolve() if options.source else synthetic.repository(options.commits)
        image_dir = options.image_dir or synthetic.IMAGE_DIR
        bench = Benchmark(sides.make_place(folder), source, image_dir, options.runs)
        for way in ways:
            {"local": bench.local, "file": bench.file, "slow": bench.slow, "whole": bench.whole}[way]()
        show([*machine(load), *bench.facts()], bench.rows)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Time hubimages' extraction beside the documented recipe.")
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="a repository on this machine; it is only read")
    parser.add_argument("image_dir", nargs="?", metavar="IMAGE_DIR", help="a directory in it")
    parser.add_argument("--commits", type=int, default=17_000, help="of the made repository (default: 17000)")
    parser.add_argument("--runs", type=int, default=5, help="of each side (default: 5)")
    parser.add_argument("--way", choices=(*WAYS, "all"), default="all", help="how SOURCE is reached (default: all)")
    options = parser.parse_args()
    if (options.source is None) != (options.image_dir is None):
        parser.error("SOURCE and IMAGE_DIR go together")
    if options.source and not Path(options.source).is_dir():
        parser.error(f"no such directory: {options.source}")
    if options.runs < 1:
        parser.error("--runs must be at least 1")
    return options


@dataclass
class Benchmark:
    """The measurements on one repository, and the rows they give."""

    place: Place
    source: Path
    image_dir: str
    runs: int
    rows: list[Row] = field(default_factory=list)

    def local(self) -> None:
        """From a repository on this machine."""
        source = str(self.source)
        sides.operation(self.place, source, self.image_dir)  # what Python imports late is imported now
        finding: list[float] = []
        programs: list[float] = []

        def operation(place: Place, source: str, image_dir: str) -> Run:
            run = sides.operation(place, source, image_dir)
            programs.append(run.in_programs)
            return run

        recipe, ours, command = self.take_turns(
            source, operation, sides.command, beside=lambda: finding.append(self.find_former_paths())
        )
        self.rows += [
            compared("local, the operation", recipe, ours, 6),
            part("local, while git's processes run / the operation", statistics.median(programs), ours, seconds),
            compared("local, the whole command", recipe, command, 3),
        ]
        peaks = [sampling.peak(self.place, source, self.image_dir) for _ in range(self.runs)]
        size, disk = sampling.used(git_directory(self.source)), max(peak.disk for peak in peaks)
        memory = max(peak.memory for peak in peaks)
        found = statistics.median(finding)
        self.rows += [
            limited("local, disk beside the result / of the source", disk, size, megabytes, 0.1),
            limited("local, memory of git's processes / allowed", memory, MEMORY_ALLOWED, megabytes, 1),
            limited("local, finding former paths / the operation", found, ours, seconds, 1),
        ]

    def file(self) -> None:
        """Through git's own transfer, from this machine."""
        recipe, command = self.take_turns(self.source.as_uri(), sides.command)
        self.rows.append(compared("file://, the whole command", recipe, command, 2.2))

    def slow(self) -> None:
        """From a server that is reached at 10 MB/s: one that can leave out files' contents, and one that refuses."""
        with slow_line.serve(str(self.source), self.place.path) as server:
            recipe, command = self.take_turns(server.with_filters, sides.command)
            self.rows.append(compared("10 MB/s, the whole command", recipe, command, 2))
            recipe, command = self.take_turns(server.without_filters, sides.command)
            self.rows.append(compared("10 MB/s, filters refused", recipe, command, None))

    def whole(self) -> None:
        """The default command beside all steps of the recipe, from this machine and through git's own transfer."""
        for name, source, target in (("local", str(self.source), 3), ("file://", self.source.as_uri(), 2)):
            formers = self.former_paths()
            taken: list[tuple[float, float]] = []
            for _ in range(self.runs):
                theirs = sides.whole_recipe(self.place, source, self.image_dir, formers)
                ours = sides.whole_command(self.place, source, self.image_dir)
                if not sides.same_tree(self.place, theirs.tip, ours.tip):
                    raise SystemExit(f"not the same files: {theirs.tip} by the recipe, {ours.tip} by ours")
                taken.append((theirs.seconds, ours.seconds))
            recipe, command = (statistics.median(times) for times in zip(*taken, strict=True))
            self.rows.append(compared(f"{name}, the default command", recipe, command, target))

    def former_paths(self) -> list[str]:
        """What a person has to find out by hand before the recipe begins."""
        with tempfile.TemporaryDirectory(dir=self.place.path) as stage, contextlib.redirect_stderr(io.StringIO()):
            source = open_source(str(self.source), None, Path(stage))
            path = image_directory.normalise(self.image_dir)
            seen, dir_trees = read_history(source.scratch, source.commit, path)
            found = former_paths.find(source.scratch, seen, path, dir_trees, source.load_blobs, Choice())
            return [era.path for era in found.eras]

    def take_turns(self, source: str, *ours: Side, beside: Callable[[], None] = lambda: None) -> list[float]:
        """Run the recipe and ours in turn, and check that they agree; the median seconds of the recipe and of each."""
        times: list[list[float]] = [[] for _ in (sides.recipe, *ours)]
        for _ in range(self.runs):
            theirs, *others = (side(self.place, source, self.image_dir) for side in (sides.recipe, *ours))
            for other in others:
                if not sides.same_tip(self.place, theirs.tip, other.tip):
                    raise SystemExit(f"not the same commits: {theirs.tip} by the recipe, {other.tip} by ours")
            for taken, run in zip(times, (theirs, *others), strict=True):
                taken.append(run.seconds)
            beside()
        return [statistics.median(taken) for taken in times]

    def find_former_paths(self) -> float:
        """The seconds that finding them takes, once the history has been read."""
        with tempfile.TemporaryDirectory(dir=self.place.path) as stage, contextlib.redirect_stderr(io.StringIO()):
            source = open_source(str(self.source), None, Path(stage))
            path = image_directory.normalise(self.image_dir)
            seen, dir_trees = read_history(source.scratch, source.commit, path)
            begin = time.perf_counter()
            former_paths.find(source.scratch, seen, path, dir_trees, source.load_blobs, Choice())
            return time.perf_counter() - begin

    def facts(self) -> list[str]:
        """What was measured."""
        count = sides.git("rev-list", "--count", "HEAD", cwd=self.source)
        files = len(sides.git("ls-tree", "-r", "--name-only", "HEAD", cwd=self.source).splitlines())
        return [f"{self.image_dir} of a repository of {count} commits and {files} files; medians of {self.runs} runs"]


def git_directory(repository: Path) -> Path:
    """Where the history is."""
    return Path(sides.git("rev-parse", "--absolute-git-dir", cwd=repository))


if __name__ == "__main__":
    main()
