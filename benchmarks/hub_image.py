"""Measure bumping and checking the hub image, beside the documented steps by hand.

    python benchmarks/hub_image.py [--runs 5] [--check REPOSITORY]

On a repository of 17,000 commits and 1,700 files that is made for it, with a real engine, registry, Helm repository and
chartpress. Both sides build the same image, and end in the same files. The time of chartpress is measured apart, since
the rest is ours; the task runs it twice, the first time to learn its tags before anything is built. With --check, the
check is also timed in a repository on this machine. Medians; slower than wished is no failure: this measures, tests
test.
"""

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import sides
import synthetic
from table import Row, cannot_run, compared, limited, machine, seconds, show

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.deployments import NEW, OLD, UNDER_FOLDER, git, helm_repository
from tests.engine import registry as registries
from tests.engine.engine import any_engine
from tests.engine.install import EngineUnavailableError, ensure_registry

OUR_PART, CHECK = 0.5, 0.3  # seconds allowed
CHARTPRESS = Path(sys.executable).parent / "chartpress"
# Runs the real chartpress and records the time of each run, in the first place where hubimages looks for it.
TIMED = """\
#!/usr/bin/env bash
exec 3>&2
TIMEFORMAT='%R %U %S'
{{ time "{chartpress}" "$@" 2>&3; }} 2>>"{log}"
"""


@dataclass(frozen=True)
class Bench:
    """The repository that both sides start from, and the folders they work in."""

    origin: Path
    folder: Path
    log: Path

    def clone(self) -> Path:
        """Return a clone of the repository that shares its files."""
        work = self.folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        git(self.folder, "clone", "-q", "--shared", str(self.origin), str(work))
        program = work / ".venv/bin/chartpress"
        program.parent.mkdir(parents=True)
        program.write_text(TIMED.format(chartpress=CHARTPRESS, log=self.log))
        program.chmod(0o755)
        shown = f"lib/python3/site-packages/chartpress-{version('chartpress')}.dist-info"  # the repository pins it
        (work / ".venv" / shown).mkdir(parents=True)
        (work / ".git/info/exclude").write_text(".venv\n")
        return work

    def run(self, side: Callable[[Path], None]) -> "Taken":
        """Return what a side takes from a fresh clone."""
        work = self.clone()
        self.log.unlink(missing_ok=True)
        begin, used = time.perf_counter(), processor()
        side(work)
        whole, used = time.perf_counter() - begin, processor() - used
        chartpress, user, system = map(sum, zip(*self.chartpress_runs(), strict=True))
        files = set(git(work, "ls-tree", "-r", "HEAD").splitlines())
        return Taken(whole, whole - chartpress, used - user - system, files)

    def chartpress_runs(self) -> list[list[float]]:
        """Return the seconds of each run, as time passed and as processor time in programs and in the system."""
        return [[float(word) for word in line.split()] for line in self.log.read_text().splitlines()]


@dataclass(frozen=True)
class Taken:
    """Seconds of a run, whole and without chartpress, as time passed and processor time; and its files."""

    whole: float
    ours: float
    processor: float
    files: set[str]


def processor() -> float:
    """Return the processor seconds of all programs started so far, which do not depend on other work of the machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_hand(work: Path) -> None:
    """Run the documented steps without a pause."""
    folder = work / "helm-charts"
    for file in (folder / "basehub/Chart.yaml", folder / "images/hub/Dockerfile"):
        file.write_text(file.read_text().replace(OLD, NEW))
    git(work, "commit", "-q", "-a", "-m", "Bump")
    quietly(str(work / ".venv/bin/chartpress"), "--push", cwd=folder)
    git(work, "checkout", "-q", "--", "helm-charts/basehub/Chart.yaml")
    git(work, "commit", "-q", "-a", "-m", "Use the new image")


def ours(work: Path) -> None:
    """One task."""
    quietly(sys.executable, "-m", "hubimages", "bump-hub-image", f"--repo={work}", f"--chart-version={NEW}", cwd=work)


def check(work: Path) -> tuple[float, float]:
    """Return the seconds of the check without a registry: time passed, and processor time."""
    argv = [sys.executable, "-m", "hubimages", "check-hub-image", f"--repo={work}", "--offline"]
    begin, used = time.perf_counter(), processor()
    subprocess.run(argv, check=False, capture_output=True)
    return time.perf_counter() - begin, processor() - used


def quietly(*argv: str, cwd: Path) -> None:
    """Run a program; show its output only if it fails."""
    done = subprocess.run(argv, cwd=cwd, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")


def prepare(folder: Path, address: str, helm: str) -> Path:
    """Return the synthetic repository, with a hub image in step with its chart."""
    made = folder / "origin"
    git(folder, "clone", "-q", "--shared", str(synthetic.repository()), str(made))
    for path, text in UNDER_FOLDER.items():
        place = made / path
        place.parent.mkdir(parents=True, exist_ok=True)
        alone = text.split("      helpers:")[0]  # chartpress would point every hub at the second image
        place.write_text(alone.replace("@registry@", address).replace("@helm@", helm).replace("@old@", OLD))
    git(made, "add", "--all")
    git(made, "commit", "-q", "-m", "Add a hub image")
    return made


def measure(bench: Bench, runs: int) -> list[Row]:
    """Both sides in turn."""
    hand, task, checks = [], [], []
    for _ in range(runs):
        hand.append(bench.run(by_hand))
        task.append(bench.run(ours))
        checks.append(check(bench.folder / "work"))
        # Each side's commit makes its tag; nothing else may differ.
        differing = {entry.split("\t")[1] for entry in hand[-1].files ^ task[-1].files}
        if differing != {"helm-charts/basehub/values.yaml"}:
            raise SystemExit(f"the two sides end in different files: {differing}")
    median = statistics.median
    return [
        compared("bump, the whole", median(one.whole for one in hand), median(one.whole for one in task), None),
        limited("bump, all but chartpress / allowed", median(one.ours for one in task), OUR_PART, seconds, 1),
        limited("the same in processor time / allowed", median(one.processor for one in task), OUR_PART, seconds, 1),
        limited("check, the whole command / allowed", median(passed for passed, _ in checks), CHECK, seconds, 1),
        limited("the same in processor time / allowed", median(used for _, used in checks), CHECK, seconds, 1),
    ]


def main() -> None:
    """Measure, and print one table."""
    parser = argparse.ArgumentParser(description="Time hubimages' bump and check beside the documented steps.")
    parser.add_argument("--runs", type=int, default=5, help="of each side (default: 5)")
    parser.add_argument("--check", metavar="REPOSITORY", help="time the check there, too; it is only read")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hubimages-benchmark-")))
        (folder / "home").mkdir()
        try:
            engine = stack.enter_context(any_engine())
            ensure_registry()
        except EngineUnavailableError as reason:
            cannot_run(reason)
        sides.isolate(folder / "home")
        os.environ.update(engine.env)
        served = stack.enter_context(registries.serve(folder / "registry"))
        helm = stack.enter_context(helm_repository(folder / "helm"))
        base = folder / "base"
        base.mkdir()
        (base / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
        engine.build(base, f"jupyterhub/k8s-hub:{NEW}")
        stack.callback(remove_images, engine.docker, served.address)
        origin = prepare(folder, served.address, helm)
        rows = measure(Bench(origin, folder, folder / "chartpress.log"), options.runs)
        if options.check:
            taken = statistics.median(check(Path(options.check))[0] for _ in range(options.runs))
            rows.append(limited(f"check in {Path(options.check).name} / allowed", taken, CHECK, seconds, 1))
        count = git(origin, "rev-list", "--count", "HEAD")
        files = len(git(origin, "ls-files", "*.yaml").splitlines())
        show([*machine(load), f"{count} commits, {files} YAML files, {options.runs} runs of each side"], rows)


def remove_images(docker: Callable[..., str], address: str) -> None:
    """Leave none of the images behind."""
    names = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split()
    for name in names:
        if name.startswith(address) or name == f"jupyterhub/k8s-hub:{NEW}":
            docker("image", "rm", "--force", name)


if __name__ == "__main__":
    main()
