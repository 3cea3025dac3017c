"""A signal while git commits: the commit is there and the tree is clean, or neither; a killed run is finished later."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from hubimages.errors import RefusedError
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from tests.lingering import programs, wait_for_programs

TASK = """
import sys
from pathlib import Path
from hubimages.cli.task import errors_as_exit
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from invoke import Exit
repo = changes.deployment_repository(Path(sys.argv[1]))
edits = [FileEdit("a.yaml", "tag: old\\n", "tag: new\\n"), FileEdit("new/d.yaml", None, "tag: d\\n")]
try:
    with errors_as_exit(), changes.on_branch(repo, sys.argv[2] if sys.argv[2:] else None):
        changes.commit(repo, Commit("Use new", edits))
except Exit as end:
    print(end.message, file=sys.stderr)
    sys.exit(end.code)
"""
EDITS = [FileEdit("a.yaml", "tag: old\n", "tag: new\n"), FileEdit("new/d.yaml", None, "tag: d\n")]
HOOKS = ("pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "reference-transaction", "post-index-change")
MINE = "M  b.yaml\n M c.yaml\n?? mine\n"


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make(tmp_path / "deployment")


def make(root: Path) -> Path:
    """A deployment repository whose owner has work of their own in it."""
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (root / name).write_text("tag: old\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    (root / "b.yaml").write_text("tag: mine\n")
    git(root, "add", "b.yaml")
    (root / "c.yaml").write_text("tag: mine\n")
    (root / "mine").write_text("mine\n")
    return root


def wait_for(root: Path, hook: str) -> Path:
    """A hook that says that it runs, and waits."""
    flag = root.parent / "hook-runs"
    text = f"#!/bin/sh\n[ -e {flag} ] && exit 0\ntouch {flag}\nsleep 30\n"
    place = root / ".git/hooks" / hook
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    place.chmod(0o755)
    return flag


def start(root: Path, *branch: str) -> "subprocess.Popen[str]":
    argv = [sys.executable, "-c", TASK, str(root), *branch]
    return subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, start_new_session=True)


def until(flag: Path, running: "subprocess.Popen[str]") -> None:
    for _ in range(1500):
        if flag.exists():
            return
        assert running.poll() is None, running.communicate()
        time.sleep(0.02)
    pytest.fail("the hook did not run")


def all_or_nothing(root: Path, *, branch: str = "") -> bool:
    """Whether the commit is there; whatever is true, the rest is as it was."""
    made = git(root, "log", "--format=%s").splitlines()[0] == "Use new"
    texts = ("tag: new\n", True) if made else ("tag: old\n", False)
    assert ((root / "a.yaml").read_text(), (root / "new/d.yaml").exists()) == texts
    assert git(root, "status", "--porcelain", "--untracked-files=all") == MINE
    assert git(root, "branch", "--show-current").strip() == (branch if branch and made else "main")
    if branch and not made:
        assert git(root, "for-each-ref", "--format=%(refname)") == "refs/heads/main\n"
    assert list((root / ".git").glob("**/*.lock")) == []
    return made


SAMPLE = {
    ("pre-commit", signal.SIGINT, True),
    ("commit-msg", signal.SIGHUP, True),
    ("reference-transaction", signal.SIGTERM, True),
    ("post-commit", signal.SIGHUP, False),
}
CASES = [
    pytest.param(
        hook, number, group,
        id=f"{hook}-{number.name}-{'group' if group else 'task'}",
        marks=[] if (hook, number, group) in SAMPLE else [pytest.mark.deep],
    )
    for hook in HOOKS
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for group in (True, False)
]  # fmt: skip


@pytest.mark.parametrize(("hook", "number", "group"), CASES)
def test_a_signal_while_a_hook_runs_leaves_the_commit_and_a_clean_tree_or_neither(
    hook: str, number: signal.Signals, group: bool, root: Path
) -> None:
    flag = wait_for(root, hook)
    running = start(root, "bump")
    until(flag, running)
    (os.killpg if group else os.kill)(running.pid, number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == (130 if number is signal.SIGINT else 128 + number), said
    assert "Traceback" not in said
    made = all_or_nothing(root, branch="bump")
    assert made == (hook == "post-commit") or hook in ("reference-transaction", "post-index-change")
    repo = changes.deployment_repository(root)
    with changes.on_branch(repo, "bump"):
        changes.commit(repo, Commit("Use new", EDITS))
    assert all_or_nothing(root, branch="bump")


@pytest.mark.parametrize("lock", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
def test_a_lock_that_git_was_creating_at_the_signal_is_removed(lock: str, root: Path) -> None:
    flag = wait_for(root, "pre-commit")
    hook = root / ".git/hooks/pre-commit"  # git has these locks a moment later, or has had them
    hook.write_text(hook.read_text().replace("sleep 30", f"touch .git/{lock}; sleep 30"))
    running = start(root)
    until(flag, running)
    while not (root / ".git" / lock).exists():
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGTERM)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 128 + signal.SIGTERM, said
    assert not all_or_nothing(root)


def storm(folder: Path, moments: int, seed: int) -> dict[str, int]:
    """Signals spread over the whole of a commit without hooks; how often each end came."""
    chance = random.Random(seed)
    ends = {"made": 0, "not made": 0, "killed": 0}
    for moment in range(moments):
        root = make(folder / f"deployment-{moment}")
        number = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)[moment % 4]
        running = start(root)
        while not (root / "new").exists() and running.poll() is None:
            time.sleep(0.0005)  # the edits are written now, and git comes next
        time.sleep(chance.uniform(0, 0.05))
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(running.pid, number)
        _, said = running.communicate(timeout=60)
        assert "Traceback" not in said, said
        if number is not signal.SIGKILL:
            ends["made" if all_or_nothing(root) else "not made"] += 1
            changes.commit(changes.deployment_repository(root), Commit("Use new", EDITS))
            assert all_or_nothing(root)
            continue
        ends["killed"] += 1
        assert (root / "a.yaml").read_text() in ("tag: old\n", "tag: new\n")
        wait_for_programs(root)
        finish_after_kill(root)
    return ends


def finish_after_kill(root: Path) -> None:
    """Run again, with the remedy that a refusal names."""
    repo = changes.deployment_repository(root)
    for _ in range(3):
        try:
            changes.check_can_commit(repo)
            changes.commit(repo, Commit("Use new", EDITS))
            break
        except RefusedError as refused:
            remedy = str(refused).rpartition("if none is running: ")[2]
            assert remedy.startswith("rm "), refused
            subprocess.run(remedy.split(), check=True)
    assert all_or_nothing(root)


def test_a_signal_at_any_moment_of_a_commit_leaves_all_or_nothing(tmp_path: Path) -> None:
    assert sum(storm(tmp_path, 4, seed=1).values()) == 4


@pytest.mark.deep
def test_a_signal_at_each_of_many_moments_of_a_commit_leaves_all_or_nothing(tmp_path: Path) -> None:
    ends = storm(tmp_path, 200, seed=2)
    print(ends)  # noqa: T201
    assert sum(ends.values()) == 200


def test_a_killed_git_leaves_a_lock_that_the_next_run_names_with_its_remedy(root: Path) -> None:
    flag = wait_for(root, "prepare-commit-msg")
    running = start(root)
    until(flag, running)
    left = [pid for pid, line in programs() if f"git -C {root}".encode() in line]
    assert left
    for process in (running.pid, *left):
        os.kill(process, signal.SIGKILL)
    running.communicate(timeout=60)
    assert (root / ".git/index.lock").exists()
    assert (root / "a.yaml").read_text() in ("tag: old\n", "tag: new\n")
    finish_after_kill(root)
