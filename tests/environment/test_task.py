"""The task `check-environment`, as a person calls it."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.environment import plan_lock
from hubimages.errors import NotInstalledError
from tests.environment.test_check_environment import GOOD, repository

COMMAND = [sys.executable, "-m", "hubimages", "check-environment"]


def run(*argv: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *argv], capture_output=True, text=True, check=False)


def test_a_good_repository_gives_one_line_and_exit_code_0(tmp_path: Path) -> None:
    done = run(str(repository(tmp_path, {"environment.yml": GOOD})))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("reads the top directory with CondaBuildPack: Python 3.12\n")


def test_an_error_is_told_with_its_line_and_exit_code_1(tmp_path: Path) -> None:
    done = run(str(repository(tmp_path, {"environment.yml": "dependencies:\n- python=3.15\n"})), "--json")
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert [(one["code"], one["grade"], one["line"]) for one in report["findings"]] == [
        ("python-not-supported", "error", 2)
    ]
    assert (report["version"], report["buildpack"], report["python"]) == (1, "CondaBuildPack", "3.15")


def test_a_dry_run_prints_the_diff_and_writes_nothing(tmp_path: Path) -> None:
    place = repository(tmp_path, {"environment.yml": "dependencies:\n- python 3.12\n"})
    done = run(str(place), "--fix", "--dry-run")
    assert "-- python 3.12\n+- python=3.12\n" in done.stdout
    assert (place / "environment.yml").read_text() == "dependencies:\n- python 3.12\n"


def test_bad_input_is_refused_with_exit_code_2(tmp_path: Path) -> None:
    assert run(str(tmp_path / "nowhere")).returncode == 2
    assert run(str(tmp_path), "--hub-version", "five").returncode == 2


@pytest.mark.parametrize("module", ["repo2docker", "rattler"])
def test_whatever_a_lock_lacks_its_extra_is_named(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    place = repository(tmp_path / "repository", {"environment.yml": GOOD})
    with pytest.raises(NotInstalledError, match=r"^(jupyter-repo2docker|py-rattler) is not .*'hubimages\[lock\]'"):
        plan_lock(place)


def test_without_repo2docker_the_line_that_installs_it_is_told(tmp_path: Path) -> None:
    """The probe runs with a Python that has no packages."""
    code = (
        "import sys, pathlib\n"
        "from hubimages.environment import buildpack, check_environment\n"
        "sys.executable = sys.argv[2]\n"
        "from hubimages.errors import NotInstalledError\n"
        "try:\n    check_environment(pathlib.Path(sys.argv[1]))\n"
        "except NotInstalledError as error:\n    print(error.exit_code, error)\n"
    )
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    place = repository(tmp_path / "repository", {"environment.yml": GOOD})
    argv = [sys.executable, "-c", code, str(place), str(bare / "bin/python")]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    package, python = "'hubimages[environment]'", bare / "bin/python"
    line = f"{python} -m pip install {package}"
    if importlib.util.find_spec("pip") is None:  # this Python's environment was made by uv
        line = f"uv pip install {package} --python {python}"
    assert done.stdout == f"69 jupyter-repo2docker is not installed. Run {line}\n"
