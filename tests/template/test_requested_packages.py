"""The contract reads the packages of the file that repo2docker reads, whatever its place and name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACT = Path(__file__).parents[2] / "<<cookiecutter.repo>>/image-contract"
ASK = "import sys; sys.path.insert(0, sys.argv[1]); import test_contract; print(test_contract.requested())"


@pytest.mark.parametrize(
    "name", ["environment.yml", "environment.yaml", "binder/environment.yml", ".binder/environment.yaml"]
)
def test_the_packages_are_read_from(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("dependencies:\n- python=3.12\n- pip:\n  - six==1\n")
    env = {**os.environ, "REPOSITORY": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    argv = [sys.executable, "-c", ASK, str(CONTRACT)]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "(['python'], ['six'])\n"
