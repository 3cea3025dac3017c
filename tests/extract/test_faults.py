"""Killed at any moment, an extraction leaves no DEST or all of it, and the next run works."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.extract.taking import image
from tests.histories import Commit, git, make

ROOT = Path(__file__).parents[2]
SCRIPT = (
    "import sys; from pathlib import Path; from tests.extract.taking import take\n"
    "print('begun', flush=True); take(sys.argv[1], Path(sys.argv[2]))\n"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of 1,500 commits, of which two thirds touch the image."""
    place = tmp_path_factory.mktemp("faults") / "s"
    make(place, [
        Commit(str(n), [str(n - 1)] if n else [], {"docs/page": str(n), **image(str(n - n % 3 // 2))})
        for n in range(1500)
    ])  # fmt: skip
    return place


def start(source: Path, dest: Path) -> "subprocess.Popen[bytes]":
    argv = [sys.executable, "-c", SCRIPT, str(source), str(dest)]
    process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    assert process.stdout.readline() == b"begun\n"
    return process


def complete(process: "subprocess.Popen[bytes]") -> int:
    process.communicate()
    return process.returncode


def head(dest: Path) -> str:
    """The commit of a repository that is whole: every object there, nothing in the work tree changed."""
    git("-C", dest, "fsck", "--full", "--strict", "--no-dangling")
    assert git("-C", dest, "status", "--porcelain") == ""
    assert (dest / ".git/hubimages/extraction.json").read_text().endswith("}\n")
    return git("-C", dest, "rev-parse", "main")


def names(place: Path) -> list[str]:
    return sorted(path.name for path in place.iterdir())


def content(place: Path) -> list[tuple[str, bytes]]:
    return [(str(path), path.read_bytes()) for path in sorted(place.rglob("*")) if path.is_file()]


@pytest.mark.parametrize("moments", [3, pytest.param(20, marks=pytest.mark.deep)])
def test_killed_at_any_moment_it_leaves_nothing_or_all_and_the_next_run_works(moments, source, tmp_path):
    before = content(source)
    began = time.monotonic()
    assert complete(start(source, tmp_path / "whole")) == 0
    duration = time.monotonic() - began
    whole = head(tmp_path / "whole")
    outcomes = []
    for moment in range(moments):
        dest = tmp_path / "dest"
        process = start(source, dest)
        time.sleep(duration * 1.1 * moment / moments)
        process.kill()
        complete(process)
        if dest.exists():
            assert head(dest) == whole
            outcomes.append("all")
            subprocess.run(["rm", "-rf", dest], check=True)
        else:
            outcomes.append("nothing")
        left = [path.name for path in tmp_path.iterdir() if path.name != "whole"]
        assert all(name.startswith(".dest.hubimages-") for name in left)
        if moment % 2:
            assert complete(start(source, dest)) == 0
            assert head(dest) == whole
            assert names(tmp_path) == ["dest", "whole"]
            subprocess.run(["rm", "-rf", dest], check=True)
    assert outcomes[0] == "nothing"
    assert content(source) == before


def test_two_runs_at_once_for_one_dest_make_it_once(source, tmp_path):
    codes = sorted(complete(process) for process in [start(source, tmp_path / "dest") for _ in range(2)])
    assert codes[0] == 0
    assert codes[1] != 0
    head(tmp_path / "dest")
    assert names(tmp_path) == ["dest"]
