"""finish-migration is killed, or the network goes away: nothing is half done, and the next run finishes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.dying import Life, mortal, registry_before
from tests.engine.registry import Registry
from tests.histories import git
from tests.lingering import wait_for_programs
from tests.migration import fleet
from tests.migration.finishing import moved
from tests.migration.finishing.moved import Moved
from tests.migration.finishing.test_finish import cli, state
from tests.serving import serving

DEEP = pytest.mark.deep
MOMENTS = [pytest.param(each / 20, marks=[] if each == 17 else [DEEP]) for each in range(1, 20)]  # of a whole run


@dataclass(frozen=True)
class Ready:
    """Everything extracted, pushed and built, with a registry behind a server that can go away."""

    moved: Moved
    life: Life


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory, open_registry: Registry) -> Iterator[Ready]:
    life = Life()
    with serving(mortal(registry_before(open_registry.address), life)) as address:
        made = moved.moved(tmp_path_factory.mktemp("ready"), replace(open_registry, address=address), "stopped")
        assert made.extract().exit_code == 0
        for number in range(3):
            moved.publish(open_registry, made, number, "stopped")
        yield Ready(made, life)


@pytest.fixture
def own(ready: Ready, tmp_path: Path) -> Iterator[Moved]:
    """The same with a clone that the test changes."""
    git("clone", "--quiet", ready.moved.source, tmp_path / "clone")
    yield replace(ready.moved, clone=tmp_path / "clone")
    ready.life.requests = None


def finished(own: Moved, place: Path) -> tuple[str, str]:
    """Return the tree and the number of commits that an undisturbed run ends with, and how many seconds it took."""
    git("clone", "--quiet", own.source, place / "other")
    begun = time.monotonic()
    done = cli(replace(own, clone=place / "other"), "--commit")
    assert done.returncode == 0, done.stderr
    (place / "seconds").write_text(str(time.monotonic() - begun))
    tree, number = (
        git("-C", place / "other", *each.split()) for each in ("rev-parse HEAD^{tree}", "rev-list --count HEAD")
    )
    return tree, number


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed_at_any_moment_each_commit_is_whole_and_the_next_run_makes_the_rest(
    own: Moved, tmp_path: Path, moment: float
) -> None:
    expected = finished(own, tmp_path)
    argv = [
        sys.executable,
        "-m",
        "hubimages",
        "finish-migration",
        str(own.manifest),
        f"--remote={own.remotes}",
        "--commit",
    ]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, cwd=own.clone, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    time.sleep(float((tmp_path / "seconds").read_text()) * moment)  # whatever it has come to by then
    if fleet.is_there(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    wait_for_programs(tmp_path)  # a git of its own session may still hold a lock
    for subject in git("-C", own.clone, "log", "--format=%s", "origin/main..").splitlines():
        assert subject.startswith(("Use ", "Move deployments/"))
    done = cli(own, "--commit")
    assert done.returncode == 0, done.stderr
    tree = git("-C", own.clone, "rev-parse", "HEAD^{tree}")
    assert (tree, git("-C", own.clone, "rev-list", "--count", "HEAD")) == expected
    assert git("-C", own.clone, "status", "--porcelain") == ""


@pytest.mark.parametrize("requests", [pytest.param(each, marks=[] if each == 3 else [DEEP]) for each in range(9)])
def test_the_registry_goes_away_and_nothing_changes(ready: Ready, own: Moved, requests: int) -> None:
    before = state(own.clone)
    ready.life.requests = requests
    done = cli(own, "--commit")
    if ready.life.requests >= 0:
        assert done.returncode == 0, done.stderr
        return
    assert done.returncode == 75, done.stderr
    assert "try again later" in done.stderr
    assert "Traceback" not in done.stderr
    assert state(own.clone) == before
    ready.life.requests = None
    again = cli(own, "--commit")
    assert again.returncode == 0, again.stderr


@pytest.mark.parametrize("requests", [pytest.param(each, marks=[] if each == 3 else [DEEP]) for each in range(10)])
def test_github_goes_away_and_the_next_run_opens_the_rest_once(
    own: Moved, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, requests: int
) -> None:
    options = ("--each", "--open-pr", "--image=hub00-image", "--image=hub02-image")
    with moved.on_github(own, tmp_path, monkeypatch) as asked:
        asked.life.requests = requests
        done = cli(own, *options)
        assert asked.life.requests is not None
        is_over = asked.life.requests < 0
        assert git("-C", own.clone, "branch", "--show-current") == "main"
        assert git("-C", own.clone, "status", "--porcelain") == ""
        if is_over:
            assert done.returncode == 75, done.stderr
            assert "Traceback" not in done.stderr
        else:
            assert done.returncode == 0, done.stderr
        asked.life.requests = None
        again = cli(own, *options) if is_over else done
    assert again.returncode == 0, again.stderr
    assert sorted(one["head"] for one in asked.opened) == [f"hubimages/move-hub{each:02}-image" for each in (0, 2)]
    for number in (0, 2):
        branch = f"hubimages/move-hub{number:02}-image"
        there = git("-C", tmp_path / "github/org/deployment.git", "rev-parse", branch)
        assert there == git("-C", own.clone, "rev-parse", branch)
        names = git("-C", own.clone, "ls-tree", "-r", "--name-only", branch, f"{fleet.place(number)}/")
        assert names == f"{fleet.place(number)}/README.md"
