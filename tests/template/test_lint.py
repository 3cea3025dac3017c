"""`nox -s lint` of a generated repository: it takes what repo2docker reads, and stops at what cannot work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import template

HOME = Path.home()  # read when tests are collected
PYTHON = "channels:\n  - conda-forge\ndependencies:\n  - {}\n  - pip\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A generated repository in which lint has been run."""
    path = tmp_path_factory.mktemp("lint") / "image"
    template.plan_new_repository(path, {"image": "our-org/image", "preview": "yes", "binder_badge": "yes"}).apply()
    done = lint(path, "-s")
    assert done.returncode == 0, done.stdout
    return path


def lint(path: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "PIP_CACHE_DIR": os.environ.get("PIP_CACHE_DIR", str(HOME / ".cache/pip"))}
    argv = [sys.executable, "-m", "nox", *options, "lint"]
    return subprocess.run(
        argv, cwd=path, env=env, text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@pytest.mark.parametrize(
    "text",
    [
        *(PYTHON.format(line) for line in ("python=3.12", "python==3.11.*", "python=3.12.*", "python = 3.13")),
        PYTHON.format("python"),
        *(PYTHON.format(line) for line in ("'python=3.13'", "'python==3.12.4' # exact", '"python=3.11=*_cpython"')),
        "channels:\n- conda-forge\ndependencies:\n- python=3.11   \n-   numpy\n- pip:\n      - python-dotenv>=1\n",
        "dependencies: [ python=3.12,numpy ]\n\n\n\n\n",
        "dependencies:\r\n  - python=3.12\r\n  - numpy",
        "dependencies:\n  - python=3.12\n  #comment\n  - python-dateutil>=2.9\n  - r-base=4.4",
    ],
)  # fmt: skip
def test_what_repo2docker_reads_passes_whatever_its_style(repository: Path, text: str) -> None:
    (repository / "environment.yml").write_bytes(text.encode())
    done = lint(repository, "-R", "-s")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PYTHON.format("python>=3.12"), "environment.yml:4: repo2docker does not read the version in 'python>=3.12'"),
        (PYTHON.format("python 3.12"), "'python 3.12'"),
        (PYTHON.format("python~=3.12"), "'python~=3.12'"),
        (PYTHON.format("conda-forge::python=3.12"), "'conda-forge::python=3.12'"),
        (PYTHON.format("\"python[version='>=3.12']\""), "python[version"),
        ("dependencies:\n  - python=3.12\n dependencies: []\n", "syntax error"),
        ("dependencies:\n  - python=3.12\ndependencies: []\n", "duplication of key"),
    ],
)
def test_what_it_does_not_read_is_refused(repository: Path, text: str, said: str) -> None:
    (repository / "environment.yml").write_text(text)
    done = lint(repository, "-R", "-s")
    assert done.returncode == 1
    assert said in done.stdout
