"""The contract takes the packages from the file that repo2docker reads, whatever its place and name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sample import some

CONTRACT = Path(__file__).parents[2] / "<<cookiecutter.repo>>/image-contract"
ASK = "import sys; sys.path.insert(0, sys.argv[1]); import test_contract; print(test_contract.requested())"
FILE = "dependencies:\n- python=3.12\n- conda-forge::NumPy >=2 # why\n- {pip: [six==1, 'a_b @ https://x/a.whl']}\n"
IN_BINDER = "dependencies: [python=3.12, scipy]\n"


def ask(repository: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    """Return the contract's answer for a repository, printed in a process of its own."""
    everything = {**os.environ, "REPOSITORY": str(repository), "PYTHONDONTWRITEBYTECODE": "1", **env}
    argv = [sys.executable, "-c", ASK, str(CONTRACT)]
    return subprocess.run(argv, env=everything, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("files", "asked"),
    some([
        ({"environment.yml": FILE}, (["python", "numpy"], ["six", "a_b"])),
        ({"environment.yaml": FILE}, (["python", "numpy"], ["six", "a_b"])),
        ({"environment.yml": FILE, "binder/environment.yaml": IN_BINDER}, (["python", "scipy"], [])),
        ({"environment.yml": FILE, "Dockerfile": "FROM scratch\n"}, (["python", "numpy"], ["six", "a_b"])),
        ({"requirements.txt": "# mine\nsix==1\n-r more.txt\ngit+https://x/y#egg=z\n"}, ([], ["six", "z"])),
        ({"requirements.txt": "six\n", "environment.yml": IN_BINDER}, (["python", "scipy"], [])),
        ({"environment.yml": FILE, "Pipfile": "", "pixi.toml": '[dependencies]\npython = "3.12"\n'}, (["python"], [])),
    ], 2, 4, 6),
)  # fmt: skip
def test_the_packages_are_those_that_repo2docker_installs(
    tmp_path: Path, files: dict[str, str], asked: tuple[list[str], list[str]]
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    done = ask(tmp_path)
    assert (done.stdout, done.stderr) == (f"{asked}\n", "")


def test_without_hubimages_the_clause_is_not_checked_and_says_how(tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bare)], check=True)
    (tmp_path / "environment.yml").write_text(FILE)
    env = {**os.environ, "REPOSITORY": str(tmp_path), "PATH": "/usr/bin:/bin"}
    libraries = str(Path(pytest.__file__).parents[1])  # pytest and its dependencies, and no program beside Python
    code = f"import sys; sys.path.append({libraries!r}); {ASK}"
    argv = [str(bare / "bin/python"), "-B", "-c", code, str(CONTRACT)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert "Skipped: hubimages is not installed" in done.stderr
    assert "pip install 'hubimages[environment]'" in done.stderr
