"""User images build on the stand-ins: packages are solved and installed, or refused if nothing satisfies them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages.run import environment
from tests.engine.engine import Engine
from tests.engine.stand_ins import PYTHON, bases

ENVIRONMENT = f"""\
channels:
  - conda-forge
dependencies:
  - python={PYTHON}
  - jupyterhub-singleuser>=5
  - jupyterlab
  - numpy>=2
  - pip
  - pip:
      - pyfiglet
"""
SINGLEUSER = ("jupyterhub-singleuser", "--version")
NAMES = ("python", "-c", "import numpy, pyfiglet, os; print(os.getuid())")

pytestmark = pytest.mark.usefixtures("base_images", "no_container_left")


def repo2docker(engine: Engine, repository: Path, image: str) -> subprocess.CompletedProcess[str]:
    """Build a repository as a person does: repo2docker gets no option or configuration for these tests."""
    argv = [
        sys.executable, "-m", "repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan",
        "--target-repo-dir", "/srv/repo", "--image-name", image, str(repository),
    ]  # fmt: skip
    return subprocess.run(
        argv, env=environment(engine.env), cwd=repository, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


@pytest.fixture(scope="module")
def conda_image(
    engine: Engine, base_images: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Return an image built from environment.yml."""
    repository = tmp_path_factory.mktemp("conda")
    (repository / "environment.yml").write_text(ENVIRONMENT)
    assert bases(repository) == [base_images[0]]
    done = repo2docker(engine, repository, "conda:1")
    assert done.returncode == 0, done.stdout
    yield "conda:1"
    engine.docker("image", "rm", "conda:1")


def run_in(engine: Engine, image: str, *command: str) -> str:
    """Return the last line that a command prints in a container of an image."""
    return engine.docker("run", "--rm", image, *command).splitlines()[-1]


def test_environment_yml_is_solved_and_installed_with_its_pip_part(engine: Engine, conda_image: str) -> None:
    assert run_in(engine, conda_image, *SINGLEUSER) >= "5"
    assert run_in(engine, conda_image, *NAMES) == "1000"
    assert run_in(engine, conda_image, "python", "-c", "import sys; print(sys.prefix)") == "/srv/conda/envs/notebook"
    assert run_in(engine, conda_image, "pwd") == "/srv/repo"


@pytest.mark.parametrize("wrong", ["numpy>=99", "python=3.5", "no-such-package-anywhere"])
def test_an_unsatisfiable_environment_fails_with_the_solvers_message(
    engine: Engine, tmp_path: Path, wrong: str
) -> None:
    text = ENVIRONMENT.replace("numpy>=2", f"numpy>=2\n  - {wrong}")
    (tmp_path / "environment.yml").write_text(text)
    done = repo2docker(engine, tmp_path, "never:1")
    assert done.returncode != 0
    assert "SolverError" in done.stdout
    assert wrong.partition("=")[0].rstrip(">") in done.stdout.partition("SolverError")[2]
    assert not engine.has_image("never:1")


def test_a_channel_that_is_not_there_fails(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(ENVIRONMENT.replace("conda-forge", "no-such-channel"))
    done = repo2docker(engine, tmp_path, "never:1")
    assert done.returncode != 0
    assert "channel 'no-such-channel' could not be reached" in done.stdout


def test_a_pip_requirement_that_is_not_there_fails(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "environment.yml").write_text(ENVIRONMENT.replace("pyfiglet", "pyfiglet>=99999"))
    done = repo2docker(engine, tmp_path, "never:1")
    assert done.returncode != 0
    assert "No matching distribution found for pyfiglet>=99999" in done.stdout


def test_a_pangeo_onbuild_image_installs_environment_yml(
    engine: Engine, base_images: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {base_images[1]}\n")
    (tmp_path / "environment.yml").write_text(ENVIRONMENT)
    assert bases(tmp_path) == [base_images[1]]
    engine.build(tmp_path, "pangeo:1")
    assert run_in(engine, "pangeo:1", *SINGLEUSER) >= "5"
    assert run_in(engine, "pangeo:1", *NAMES) == "1000"


def test_a_docker_stacks_image_takes_more_packages_with_mamba_and_pip(
    engine: Engine, base_images: tuple[str, ...], tmp_path: Path
) -> None:
    text = f"FROM {base_images[2]}\nRUN mamba install --yes numpy && pip install --no-cache-dir pyfiglet\n"
    (tmp_path / "Dockerfile").write_text(text)
    done = repo2docker(engine, tmp_path, "stacks:1")
    assert done.returncode == 0, done.stdout
    assert run_in(engine, "stacks:1", *SINGLEUSER) >= "5"
    assert run_in(engine, "stacks:1", *NAMES) == "1000"
