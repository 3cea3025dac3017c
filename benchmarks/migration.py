"""Extracting many images: ours by one command beside the documented recipe for each, in one run.

    python benchmarks/migration.py [SOURCE MANIFEST] [--images 15] [--runs 3] [--way local|file|all]

Without SOURCE, on a repository that is made for it; MANIFEST is what `find-images` wrote. Both sides have all steps:
former paths, which the recipe gets for nothing, the template, the push. Every result must end with the same files.
`--push` searches for secrets, too, which no recipe does: ours is pushed by git here, and a row of its own says what the
search adds.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import sampling
import sides
import synthetic
from sides import Place
from table import Row, compared, limited, machine, megabytes, seconds, show

from hubimages import migration

MEMORY_ALLOWED = 80_000_000
FASTER = 12
FURTHER = 0.15  # of a single extraction


@dataclass(frozen=True)
class Image:
    """An image that both sides extract."""

    directory: str
    repository: str
    former_paths: Sequence[str]


@dataclass
class Benchmark:
    """The measurements on one repository, and the rows they give."""

    place: Place
    images: Sequence[Image]
    source: Path
    runs: int
    rows: list[Row] = field(default_factory=list)

    def compare(self, name: str, source: str) -> None:
        """Take turns: the recipe for every image, all by one command, one alone, and one by `extract-image`."""
        theirs, ours, first, single, scanned, their_cpu, our_cpu = [], [], [], [], [], [], []
        for _ in range(self.runs):
            begin = cpu_time()
            recipes = {image.repository: self.recipe(source, image) for image in self.images}
            theirs.append(sum(taken for taken, _ in recipes.values()))
            their_cpu.append(cpu_time() - begin)
            begin = cpu_time()
            taken, out = self.command(source, self.images)
            our_cpu.append(cpu_time() - begin)
            ours.append(taken)
            for image in self.images:
                tree = sides.git("rev-parse", "main^2^{tree}", cwd=out / image.repository)
                if tree != recipes[image.repository][1]:
                    raise SystemExit(f"not the same files: {image.directory}")
            first.append(self.command(source, self.images[:1])[0])
            scanned.append(self.command(source, self.images, "--push")[0])
            single.append(sides.whole_command(self.place, source, self.images[0].directory).seconds)
        one, many, alone = (statistics.median(taken) for taken in (single, ours, first))
        with_search = statistics.median(scanned)
        further = (many - alone) / (len(self.images) - 1)
        self.rows += [
            compared(f"{name}, {len(self.images)} images", statistics.median(theirs), many, FASTER),
            compared(
                f"{name}, {len(self.images)} images, CPU",
                statistics.median(their_cpu),
                statistics.median(our_cpu),
                None,
            ),
            compared(
                f"{name}, {len(self.images)} images with the search", statistics.median(theirs), with_search, None
            ),
            limited(f"{name}, each further image / one extract-image", further, one, seconds, FURTHER),
        ]

    def recipe(self, source: str, image: Image) -> tuple[float, str]:
        """Seconds, and the tree of the image at the end."""
        run = sides.whole_recipe(self.place, source, image.directory, image.former_paths)
        return run.seconds, sides.git("rev-parse", f"{run.tip}^{{tree}}", cwd=self.place.path / "theirs" / "work")

    def start(self, source: str, images: Sequence[Image], *options: str) -> tuple["subprocess.Popen[bytes]", Path]:
        """Start our command with a bare repository on this disk to push to for each image."""
        folder, _ = self.place.fresh("ours")
        manifest = folder / "images.yaml"
        lines = [f"source: {source}", f"defaults: {{remote: {folder}/remotes/{{repository}}.git}}", "images:"]
        for image in images:
            lines.append(f"  - {{directory: {image.directory}, repository: {image.repository}}}")
            remote = folder / "remotes" / f"{image.repository}.git"
            sides.git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(remote), cwd=folder)
        manifest.write_text("\n".join(lines).replace("{remote: ", '{remote: "').replace(".git}", '.git"}') + "\n")
        argv = [sys.executable, "-m", "hubimages", "extract-images", str(manifest), str(folder / "out"), *options]
        pipe = subprocess.PIPE
        return subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe), folder / "out"

    def command(self, source: str, images: Sequence[Image], *options: str) -> tuple[float, Path]:
        """Seconds, and where the repositories are."""
        process, out = self.start(source, images, *options)
        begin = time.perf_counter()
        stdout, stderr = process.communicate()
        if not process.returncode and not options:
            with ThreadPoolExecutor(2) as threads:  # as `--push` does, two at a time
                list(threads.map(lambda image: self.push(out, image), images))
        taken = time.perf_counter() - begin
        if process.returncode:
            raise SystemExit(f"the extraction failed:\n{stdout.decode()}\n{stderr.decode()}")
        return taken, out

    def push(self, out: Path, image: Image) -> None:
        """Push a repository that our command made."""
        sides.push(out / image.repository, str(out.parent / "remotes" / f"{image.repository}.git"))

    def memory(self, source: str) -> None:
        """The most memory at any moment: of all processes together, and of git's."""
        everything = of_git = 0
        for _ in range(self.runs):
            process, _ = self.start(source, self.images)
            while process.poll() is None:
                tree = sampling.with_own_memory([process.pid, *descendants(process.pid)])
                of_git = max(of_git, sum(map(sampling.proportional_set_size, sampling.git_processes(process.pid))))
                everything = max(everything, sum(map(sampling.proportional_set_size, tree)))
                time.sleep(0.02)
            process.communicate()
        self.rows += [
            limited("memory of all processes / allowed", everything, MEMORY_ALLOWED, megabytes, 1),
            limited("memory of git's processes / allowed", of_git, MEMORY_ALLOWED, megabytes, 1),
        ]


def cpu_time() -> float:
    """The seconds of all programs that have ended: what else the machine does changes them little."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def descendants(parent: int) -> list[int]:
    """The processes below a process."""
    below = sampling.children(parent)
    return [*below, *(other for child in below for other in descendants(child))]


def main() -> None:
    """Measure what was asked for, and print one table."""
    parser = argparse.ArgumentParser(description="Time extract-images beside the documented recipe for each image.")
    parser.add_argument("source", nargs="?", metavar="SOURCE", help="a repository on this machine; it is only read")
    parser.add_argument("manifest", nargs="?", metavar="MANIFEST", help="its manifest; skipped images are left out")
    parser.add_argument("--commits", type=int, default=8_500, help="of the made repository (default: 8500)")
    parser.add_argument("--images", type=int, default=15, help="at most that many (default: 15)")
    parser.add_argument("--runs", type=int, default=3, help="of each side (default: 3)")
    parser.add_argument("--way", choices=("local", "file", "memory", "all"), default="all")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="hubimages-benchmark-") as directory:
        folder = Path(directory)
        (folder / "home").mkdir()
        sides.isolate(folder / "home")
        if options.source:
            source = Path(options.source).resolve()
            entries = migration.read_manifest(Path(options.manifest)).wanted[: options.images]
            images = [Image(one.directory, one.repository, one.former_paths or ()) for one in entries]
        else:
            source = synthetic.repository(options.commits, options.images)
            images = [
                Image(synthetic.image_dir(number), f"hub{number:02}-image", [f"images/hub{number:02}"][number % 3 :])
                for number in range(options.images)
            ]
        bench = Benchmark(sides.make_place(folder), images, source, options.runs)
        if options.way in ("local", "all"):
            bench.compare("local", str(source))
        if options.way in ("file", "all"):
            bench.compare("file://", source.as_uri())
        if options.way in ("memory", "all"):
            bench.memory(str(source))
        count = sides.git("rev-list", "--count", "HEAD", cwd=source)
        facts = f"{len(images)} images of a repository of {count} commits; medians of {options.runs} runs"
        show([*machine(load), facts], bench.rows)


if __name__ == "__main__":
    main()
