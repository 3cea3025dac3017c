"""Without one of the guards of taken_away.toml, the tests named there fail."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import ROOT
from tests.guards.__main__ import read

GUARDS = {entry["promise"]: entry for entry in read("taken_away.toml")["guards"]}


@pytest.mark.parametrize("promise", GUARDS)
def test_the_guard_is_there_once_and_so_are_its_tests(promise: str) -> None:
    entry = GUARDS[promise]
    assert (ROOT / entry["module"]).read_text(encoding="utf-8").count(entry["guard"]) == 1
    assert entry["guard"] != entry["without"]
    assert all((ROOT / test.partition("::")[0]).is_file() for test in entry["tests"])


@pytest.mark.deep
@pytest.mark.parametrize("promise", GUARDS)
def test_without_the_guard_a_test_fails_and_with_it_none(promise: str, tmp_path: Path) -> None:
    entry, root = GUARDS[promise], tmp_path / "root"
    root.mkdir()
    for each in ROOT.iterdir():
        if each.name not in ("hubimages", "tests", "mutants") and not each.name.startswith("."):
            (root / each.name).symlink_to(each)
    for name in ("hubimages", "tests"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    assert run(root, tmp_path, entry["tests"]) == 0
    module = root / entry["module"]
    module.write_text(module.read_text(encoding="utf-8").replace(entry["guard"], entry["without"]), encoding="utf-8")
    assert run(root, tmp_path, entry["tests"]) == 1


def run(root: Path, temporary: Path, tests: list[str]) -> int:
    """Return pytest's exit code: 0 where all tests pass, 1 where one fails, others where they cannot run."""
    argv = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
    env = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": str(root)}
    return subprocess.run(argv, cwd=root, env=env, check=False).returncode
