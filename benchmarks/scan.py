"""Compare the scan for secrets with detect-secrets' own command line, on the same file versions of a history.

The command line needs files: they are written before its clock starts. The scan reads them from git, and looks for more
(lists of people, private keys in binary files). Both use the same plug-ins and the same number of processes.
"""

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from table import compared, machine, show

from hubimages.repository.git import Repo
from hubimages.scanning.blobs import Blob, contents
from hubimages.scanning.engines.plugins import NEEDS
from hubimages.scanning.engines.processes import MOST, Order, examine_all

CHECKOUT = Path(__file__).parents[1]
LARGEST = 1_000_000  # bytes: on one larger file the command line can take minutes


def main() -> None:
    """Print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("repository", nargs="?", type=Path, default=CHECKOUT, help="a clone (default: this checkout)")
    parser.add_argument("--ref", default="HEAD")
    parser.add_argument("--blobs", type=int, default=600, help="how many file versions, taken at random")
    parser.add_argument("--runs", type=int, default=3)
    wanted = parser.parse_args()
    load = os.getloadavg()[0]
    git_dir = wanted.repository / ".git" if (wanted.repository / ".git").is_dir() else wanted.repository
    repo = Repo(git_dir.resolve())
    every = [blob for blob in contents(repo, [wanted.ref]).blobs.values() if 0 < blob.size < LARGEST]
    blobs = random.Random(1).sample(every, min(wanted.blobs, len(every)))
    size = sum(blob.size for blob in blobs) / 1e6
    theirs, ours = [], []
    with tempfile.TemporaryDirectory() as folder:
        write(repo, blobs, Path(folder))
        for _ in range(wanted.runs):
            theirs.append(command_line(Path(folder)))
            ours.append(scan(repo, blobs))
    one, two = statistics.median(theirs), statistics.median(ours)
    rates = f"{size / one:.2f} and {size / two:.2f} MB/s"
    facts = [f"{len(blobs)} file versions, {size:.1f} MB, {MOST} processes; {rates}; medians of {wanted.runs}"]
    show([*machine(load), *facts], [compared("search for secrets, beside detect-secrets scan", one, two, None)])


def write(repo: Repo, blobs: list[Blob], folder: Path) -> None:
    """Write each blob under its own name, with the end that says what kind of file it is."""
    names = [blob.id for blob in blobs]
    for blob, content in zip(blobs, repo.contents(names), strict=True):
        (folder / f"{blob.id}{Path(blob.name).suffix}").write_bytes(content)


def command_line(folder: Path) -> float:
    """Return the seconds that the command line takes."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    others = {kind.__name__ for kind in get_mapping_from_secret_type_to_class().values()} - set(NEEDS)
    options = [word for name in sorted(others) for word in ("--disable-plugin", name)]
    program = [sys.executable, "-m", "detect_secrets", "--cores", str(MOST), "scan", "--all-files", "--no-verify"]
    begun = time.perf_counter()
    subprocess.run([*program, *options, "."], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def scan(repo: Repo, blobs: list[Blob]) -> float:
    """Return the seconds that the scan takes, without anything known from before."""
    begun = time.perf_counter()
    done = list(examine_all(repo, [Order(blob.id, blob.name) for blob in blobs], b"salt", plugins=True))
    assert len(done) == len(blobs)
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
