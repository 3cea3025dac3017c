"""Bump, rebuild and experiment, interrupted at any moment, leave all or nothing, and succeed when run again.

A small sample in every run, a hundred moments with `-m deep`.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import deployments
from tests.deployments import NEW, OLD, UNDER_FOLDER, git
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.lingering import wait_for_programs

OURS = Path(sys.executable).parent / "chartpress"
BASE = "jupyterhub/k8s-hub"
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGHUP)
TASKS = {
    "bump": ("bump-hub-image", "--chart-version", NEW, "--image", "hub"),
    "rebuild": ("rebuild-hub-image", "--image", "hub", "--message", "Pin"),
    "experiment": ("new-hub-experiment", "trial", "--require", "new==1", "--image", "hub"),
}
SUBJECTS = {
    "bump": [f"Bump the jupyterhub chart to {NEW}", "Use the new hub image"],
    "rebuild": ["Pin", "Use the new hub image"],
    "experiment": ["Add the experimental hub image trial"],
}
IMAGES = {"bump": "pilot-hub", "rebuild": "pilot-hub", "experiment": "pilot-trial"}
SAMPLE = (0, 13, 26, 39, 52, 65)
LONGEST = 3.0  # seconds, about what one of the tasks takes


@pytest.fixture(scope="module")
def hub_bases(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Provide stand-ins for the base images of hub images."""
    context = tmp_path_factory.mktemp("base")
    (context / "Dockerfile").write_text("FROM scratch\nARG TAG\nLABEL tag=$TAG\nCOPY Dockerfile /\n")
    for tag in (OLD, NEW):
        engine.build(context, f"{BASE}:{tag}", "--build-arg", f"TAG={tag}")
    yield
    for tag in (OLD, NEW):
        engine.try_docker("image", "rm", f"{BASE}:{tag}")


def status(clone: Path) -> list[str]:
    """Return what is not committed, except the user's own file."""
    return [line for line in git(clone, "status", "--porcelain").splitlines() if not line.endswith("README.md")]


def start(clone: Path, task: str) -> "subprocess.Popen[bytes]":
    words = [*TASKS[task], "--repo", str(clone), "--chartpress", str(OURS)]
    argv = [sys.executable, "-m", "hubimages", *words]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)


def check_between(clone: Path, task: str, before: str, number: signal.Signals) -> None:
    """Check that commits are whole, no file is half edited and, unless killed, nothing is left to commit."""
    made = git(clone, "log", "--reverse", "--format=%s", f"{before}..HEAD").splitlines()
    assert made == SUBJECTS[task][: len(made)]
    subprocess.run(["git", "fsck", "--no-dangling"], cwd=clone, check=True, capture_output=True)
    for path in git(clone, "diff", "--name-only").splitlines():
        if path.endswith((".yaml", "Dockerfile")):
            text = (clone / path).read_text()
            assert text.endswith("\n"), path
            assert "<<<<" not in text
    own = [line for line in status(clone) if task != "rebuild" or not line.endswith("requirements.txt")]
    if number != signal.SIGKILL:
        assert own == [], f"{number.name} left {own}"


@pytest.mark.parametrize(
    "moment", [pytest.param(one, marks=[] if one in SAMPLE else pytest.mark.deep) for one in range(100)]
)
def test_stopped_at_any_moment_and_run_again_it_ends_well(
    engine_env: Engine, hub_bases: None, registry: Registry, tmp_path: Path, moment: int
) -> None:
    task, number = list(TASKS)[moment % 3], SIGNALS[moment % 4]
    prefix = f"hubstorm-{moment}-{os.getpid()}"
    with deployments.helm_repository(tmp_path / "helm") as helm:
        clone = deployments.make(tmp_path / "r", UNDER_FOLDER, registry=f"{registry.address}/{prefix}", helm=helm)
        before = git(clone, "rev-parse", "HEAD")
        (clone / "README.md").write_text("mine, not committed\n")
        if task == "rebuild":
            (clone / "helm-charts/images/hub/requirements.txt").write_text("one==2\n")
        process = start(clone, task)
        time.sleep(random.Random(moment).uniform(0.1, LONGEST))
        if process.poll() is None:
            (os.kill if number == signal.SIGKILL else os.killpg)(process.pid, number)
        process.communicate(timeout=120)
        finished = process.returncode == 0  # the task ended before: a second rebuild would be another one
        wait_for_programs(clone)
        lock = clone / ".git/index.lock"
        if lock.exists():
            assert number == signal.SIGKILL
            refused = start(clone, task)
            said = refused.communicate(timeout=120)[1].decode()
            assert refused.returncode == 3
            assert f"rm {lock}" in said
            lock.unlink()
        check_between(clone, task, before, number)
        if not finished:
            again = start(clone, task)
            said = again.communicate(timeout=300)[1].decode()
            assert again.returncode == 0, said
    assert git(clone, "log", "--reverse", "--format=%s", f"{before}..HEAD").splitlines() == SUBJECTS[task]
    assert git(clone, "status", "--porcelain") == "M README.md"
    (tag,) = registry.tags(f"{prefix}/org/{IMAGES[task]}")
    last = git(clone, "rev-parse", "--short", "HEAD" if task == "experiment" else "HEAD~1")
    assert tag.endswith(f".h{last}")
    if task != "experiment":
        assert f'tag: "{tag}"' in git(clone, "show", "HEAD:helm-charts/basehub/values.yaml")
    for name in engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split():
        if f"/{prefix}/" in name:
            engine_env.try_docker("image", "rm", name)
