"""A lock is committed on a branch of its own, pushed, and proposed with a table of what changes."""

import subprocess
from pathlib import Path

import pytest

from hubimages.environment import Delivery, as_table, plan_lock, take_lock
from hubimages.environment.lock.freshness import is_made_for
from hubimages.errors import BadInputError
from tests.command import hubimages
from tests.environment.channel import BASE, make_channel
from tests.environment.test_lock import NUMPY, image_repository
from tests.histories import git

pytest.importorskip("rattler", reason="py-rattler is not installed: pip install 'hubimages[lock]'")

ROW = "| numpy | 2.3 | 2.4 | linux-64 |"
TABLE = f"1 package changes.\n\n| package | before | after | platforms |\n|---|---|---|---|\n{ROW}"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image repository with a lock, whose origin is a repository here that stands for one on GitHub."""
    for name in ("GH_TOKEN", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    place = image_repository(tmp_path, "- numpy\n")
    plan_lock(place).apply()
    git("init", "--quiet", "--bare", tmp_path / "origin.git")
    for argv in (
        ["init", "--quiet", "--initial-branch=main"],
        ["add", "--all"],
        ["commit", "--quiet", "--message", "Start"],
        ["remote", "add", "origin", "https://github.com/our/image"],
        ["config", f"url.{tmp_path}/origin.git.insteadOf", "https://github.com/our/image"],
        ["push", "--quiet", "--set-upstream", "origin", "main"],
    ):
        git("-C", place, *argv)
    return place


def newer_numpy(tmp_path: Path) -> None:
    make_channel(tmp_path / "channel", [*BASE, NUMPY, ("numpy", "2.4", ("python",))], ["linux-64", "linux-aarch64"])


def lock(place: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return hubimages("lock-environment", place, *words)


def test_a_lock_with_newer_packages_is_proposed_once(place: Path, tmp_path: Path) -> None:
    newer_numpy(tmp_path)
    done = lock(place, "--open-pr", "--because", "Run 7")
    assert done.returncode == 0, done.stderr
    (branch,) = git("-C", tmp_path / "origin.git", "branch", "--list", "hubimages/lock-*").split()
    assert done.stdout.startswith(TABLE)
    assert f"open the pull request: https://github.com/our/image/compare/main...{branch}" in done.stdout
    message = git("-C", tmp_path / "origin.git", "log", "-1", "--format=%B", branch)
    assert message.strip() == f"Refresh conda-lock.yml\n\n{TABLE}\n\nRun 7"
    changed = git("-C", tmp_path / "origin.git", "diff", "--name-only", "main", branch)
    assert changed == "conda-lock.yml"
    git("-C", place, "switch", "--quiet", "main")
    git("-C", place, "branch", "--quiet", "-D", branch)
    again = lock(place, "--open-pr", "--because", "Run 8")
    assert again.returncode == 0, again.stderr
    assert git("-C", tmp_path / "origin.git", "branch", "--list", "hubimages/lock-*").split() == [branch]


def test_a_lock_that_is_the_same_proposes_nothing(place: Path, tmp_path: Path) -> None:
    done = lock(place, "--open-pr")
    assert (done.returncode, done.stdout) == (0, "No package changes.\n")
    assert git("-C", tmp_path / "origin.git", "branch", "--list").split() == ["main"]
    assert git("-C", place, "status", "--porcelain", "--branch").splitlines() == ["## main...origin/main"]


def test_a_lock_that_a_build_would_refuse_is_committed_though_no_package_changes(place: Path) -> None:
    environment = place / "environment.yml"
    environment.write_text(environment.read_text() + "# a line that changes no package\n- pip\n")
    git("-C", place, "commit", "--quiet", "--all", "--message", "Ask for pip")
    done = lock(place, "--commit")
    told = "No package changes. conda-lock.yml was made for another environment file."
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, told), done.stderr
    assert git("-C", place, "log", "-1", "--format=%s") == "Refresh conda-lock.yml"
    assert is_made_for(place / "conda-lock.yml", environment.read_text())
    assert lock(place, "--commit").stdout == "No package changes.\n"


def test_a_dry_run_proposes_nothing(place: Path, tmp_path: Path) -> None:
    newer_numpy(tmp_path)
    done = lock(place, "--open-pr", "--dry-run")
    assert done.stdout == f"{TABLE}\n"
    assert git("-C", place, "status", "--porcelain", "--branch").splitlines() == ["## main...origin/main"]


@pytest.mark.parametrize("name", ["environment.yml", "pixi.toml"])
def test_a_lock_that_pixi_made_is_taken_as_it_is(place: Path, tmp_path: Path, name: str) -> None:
    plan_lock(place, "pixi").apply()
    (place / "conda-lock.yml").unlink()
    (place / "environment.yml").rename(place / name)
    git("-C", place, "add", "--all")
    git("-C", place, "commit", "--quiet", "--message", "Use pixi.lock")
    made = tmp_path / "made-pixi.lock"
    made.write_text((place / "pixi.lock").read_text().replace("numpy-2.3", "numpy-2.4"))
    plan = take_lock(place, made)
    assert str(plan) == TABLE
    assert plan.deliver(Delivery(commit=True)).startswith(TABLE)
    assert (place / "pixi.lock").read_text() == made.read_text()
    assert git("-C", place, "log", "-1", "--format=%s", "--", "pixi.lock") == "Refresh pixi.lock"


def test_a_lock_of_another_environment_file_is_not_taken(place: Path, tmp_path: Path) -> None:
    made = tmp_path / "conda-lock.yml"
    made.write_text((place / "conda-lock.yml").read_text())
    (place / "environment.yml").write_text((place / "environment.yml").read_text() + "- scipy\n")
    with pytest.raises(BadInputError, match=r"made for another environment\.yml"):
        take_lock(place, made)
    with pytest.raises(BadInputError, match="is no lock"):
        take_lock(place, place / "environment.yml")


def test_a_table_that_is_too_long_for_a_pull_request_says_what_it_leaves_out() -> None:
    rows = [(f"package-{number}", "1", "2", "linux-64") for number in range(1000)]
    whole, short = as_table(rows), as_table(rows, 10_000)
    assert whole.count("\n| package-") == 1000
    assert len(short) < 10_200
    kept = short.count("\n| package-")
    assert 200 < kept < 400
    assert short.endswith(f"| linux-64 |\n\nThe message of the commit has the other {1000 - kept} rows.")
    assert whole.startswith(short.partition("\n\nThe message")[0])
    assert as_table(rows[:3], 10_000) == as_table(rows[:3])
