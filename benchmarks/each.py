"""Compare `each` over many repositories with the sum of runs over one, in clones that neither has yet.

    python benchmarks/each.py [--repositories 40] [--runs 3]

The remotes are bare repositories on this machine, so no network is measured. A run clones, runs the task, commits and
pushes. The single runs are `each` with one repository in its file, one after the other, as a loop in a shell would run
it. Two tasks are measured: a program that ends at once (what `each` itself costs), and check-environment --fix.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import Row, machine, seconds, show

MOST = 0.6  # of the sum of the single runs
FILES = {
    "environment.yml": "channels:\n- conda-forge\ndependencies:\n- python=3.12\n- jupyterhub-singleuser>=5,<6\n",
    "postBuild": "jupyter lab build\n",
    **{f"notebooks/{number}.ipynb": '{"cells": []}\n' * 50 for number in range(50)},
}
TASKS = {
    "check-environment --fix": ["--", "check-environment", "--fix"],
    "a program": [
        "--branch=shell",
        "--message=Name the shell",
        "--run",
        "--",
        "sed",
        "-i",
        "1i #!/bin/bash",
        "postBuild",
    ],
}
WHO = {f"GIT_{role}_{what}": "bench@localhost" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def main() -> None:
    """Print the table; exit with 1 where a promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=40)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    os.environ.update(WHO, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1")
    load = os.getloadavg()[0]
    rows = []
    with tempfile.TemporaryDirectory(prefix="hubimages-bench-") as temporary:
        place = Path(temporary)
        original = make(place / "original.git")
        for name, task in TASKS.items():
            pairs = [once(place, original, asked.repositories, task) for _ in range(asked.runs)]
            single, together = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
            ratio = statistics.median(pair[1] / pair[0] for pair in pairs)
            verdict = "met" if ratio <= MOST else "NOT MET"
            rows.append(Row(name, seconds(single), seconds(together), f"{ratio:.2f}", f"at most {MOST}", verdict))
    facts = [
        *machine(load),
        f"{asked.repositories} repositories; medians of {asked.runs} runs; theirs: one after another",
    ]
    show(facts, rows)
    sys.exit(0 if all(row.verdict == "met" for row in rows) else 1)


def make(bare: Path) -> Path:
    """Make the repository that every remote is a copy of."""
    work = bare.with_suffix("")
    for path, text in FILES.items():
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
    for words in (["init", "-q", "-b", "main"], ["add", "--all"], ["commit", "-q", "-m", "Start"]):
        subprocess.run(["git", "-C", work, *words], check=True)
    subprocess.run(["git", "clone", "-q", "--bare", work, bare], check=True)
    return bare


def once(place: Path, original: Path, number: int, task: list[str]) -> tuple[float, float]:
    """Return the seconds of the single runs and of the run over all, each over fresh remotes and without a clone."""
    taken = []
    for side in ("single", "together"):
        folder = place / side
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        remotes = [shutil.copytree(original, folder / f"{index}.git") for index in range(number)]
        files = []
        for index, some in enumerate([[each] for each in remotes] if side == "single" else [remotes]):
            files.append(folder / f"repos-{index}")
            files[-1].write_text("\n".join(map(str, some)))
        os.sync()  # or one side would wait for what the other wrote
        begun = time.perf_counter()
        for file in files:
            run(folder, file, task)
        taken.append(time.perf_counter() - begun)
        pushed = [subprocess.run(["git", "-C", each, "branch"], capture_output=True, check=True) for each in remotes]
        assert all(len(done.stdout.splitlines()) == 2 for done in pushed), "a branch was not pushed"
    return taken[0], taken[1]


def run(folder: Path, file: Path, task: list[str]) -> None:
    """Run `each` over the repositories that the file names."""
    argv = [
        sys.executable,
        "-m",
        "hubimages",
        "each",
        f"--repos={file}",
        f"--cache={folder / 'cache'}",
        "--push",
        "--yes",
    ]
    subprocess.run([*argv, *task], cwd=folder, check=True, capture_output=True)


if __name__ == "__main__":
    main()
