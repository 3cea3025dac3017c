"""On a disk that is full or read-only a task changes nothing and says so in one line, with exit code 74."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.counts import counted
from tests.faults.sample import cases
from tests.faults.trial import Trial, spread
from tests.faults.world import fill

BLOCK = 4096  # bytes
STORAGE, NO_ANSWER = 74, 75
LARGE = "64m"
PLACES = ("there", "temporary", "home")


def mount(*args: str) -> None:
    done = subprocess.run(["mount", *args], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")


def remount(place: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(place)], check=True)


@contextmanager
def disk(place: Path, content: Path) -> Iterator[Path]:
    """A small disk at a place, with a copy of a directory's content."""
    mount("-t", "tmpfs", "-o", f"size={LARGE}", "none", str(place))
    try:
        fill(content, place)
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


def used(place: Path) -> int:
    facts = os.statvfs(place)
    return facts.f_blocks - facts.f_bfree


def leave(place: Path, blocks: int) -> None:
    """Make the disk so small that only these blocks are free."""
    remount(place, f"size={max(1, used(place) + blocks) * BLOCK}")  # 0 would be no limit


@pytest.mark.parametrize(("name", "most"), cases("disk full", most=6))
def test_on_a_full_disk_nothing_is_changed(name: str, most: int, trial_of: Callable[[str], Trial]) -> None:
    trial = trial_of(name)
    world = trial.world
    trial.reset()
    with disk(world.there, world.root / "pristine/there"):
        before = used(world.there)
        trial.run()
        need = used(world.there) - before
    chosen = spread(need + 4, most + 2)[1:-1] if most < 4 else spread(need + 4, most)
    moments = [each - 1 for each in chosen]
    for left in moments:
        check_with(left, trial, "there", f"{name}: {left} of {need} blocks free")
    few = (0, 2, 16)[: 3 if most > 2 else 0]
    for left in few:
        check_with(left, trial, "temporary", f"{name}: {left} blocks free in TMPDIR")
    counted(name, "disk full", len(moments) + len(few))


def check_with(left: int, trial: Trial, content: str, what: str) -> None:
    """Check one run with these free blocks on the disk of one of PLACES, and one with room again."""
    root = trial.world.root
    trial.reset()
    with disk(root / content, root / "pristine" / content) as place:
        leave(place, left)
        now = trial.check_failed(trial.run(), what, STORAGE, *full_server(trial, content))
        remount(place, f"size={LARGE}")
        trial.check_again(what, now)


def full_server(trial: Trial, content: str) -> tuple[int, ...]:
    """Return the exit code of a run whose git server has no room on this disk: it hangs up, as one that dies."""
    return (NO_ANSWER,) if content == "there" and "git" in trial.scenario.server.split() else ()


@pytest.mark.parametrize(("name", "most"), cases("read-only", most=3))
def test_on_a_read_only_disk_nothing_is_changed(name: str, most: int, trial_of: Callable[[str], Trial]) -> None:
    trial = trial_of(name)
    world = trial.world
    for content in PLACES[:most]:
        place = world.root / content
        what = f"{name}: {content} read-only"
        trial.reset()
        with disk(place, world.root / "pristine" / content):
            remount(place, "ro")
            done = trial.run()
            if content == "there" and not (trial.scenario.unchanged or trial.scenario.elsewhere):
                assert done.returncode != trial.scenario.code, what
            now = trial.check_failed(done, what, STORAGE, *full_server(trial, content))
            remount(place, "rw")
            trial.check_again(what, now)
    counted(name, "read-only", most)
