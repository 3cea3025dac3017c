"""Every clause of the contract has an image that breaks it and nothing else, and the contract names it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubimages.run import environment
from tests.engine.engine import DEBIAN, Engine

CONTRACT = Path(__file__).parents[2] / "<<cookiecutter.repo>>/image-contract/test_contract.py"
ENVIRONMENT = """\
dependencies:
  - python=3.13  # the hub's
  - "conda-forge::numpy>=2"
  - jupyterhub-singleuser
  - jupyterlab
  - pip:
      - pyfiglet[extra]==1.0.4
      - -r more.txt
      - git+https://example.org/not/named.git
"""
NOTEBOOK = """\
{"cells": [{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": %s}],
 "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
 "nbformat": 4, "nbformat_minor": 5}
"""
BASE = "FROM contract-good\nUSER root\n"
AS_JOVYAN = "\nUSER 1000\n"


@dataclass(frozen=True)
class Broken:
    """How an image is broken, the clause that must find it, and a word of its message."""

    dockerfile: str
    clause: str
    says: str


BROKEN = {
    "no-hub": Broken(
        "RUN printf '#!/bin/sh\\n[ \"$1\" = --version ] && exec echo unknown; exec python -m jupyterhub.singleuser\\n'"
        " > /opt/conda/bin/jupyterhub-singleuser" + AS_JOVYAN,
        "test_jupyterhub_singleuser_is_there_and_suits_the_hub",
        "says 'unknown'",
    ),
    "root": Broken("USER root", "test_the_image_runs_as_user_1000", "USER 1000"),
    "sudo": Broken(
        # like sudo, a file with the set-user-id bit
        "RUN cp /usr/bin/env /usr/bin/as-root && chmod 4755 /usr/bin/as-root"
        ' && printf \'#!/bin/sh\\n[ "$(as-root id -u)" = 0 ] || exit 1\\nexec "$@"\\n\' > /start && chmod 755 /start'
        + AS_JOVYAN
        + 'ENTRYPOINT ["/start"]',
        "test_the_image_needs_no_new_privileges",
        "failed in the image",
    ),
    "start-in-home": Broken(
        "RUN printf '#!/bin/sh\\nexec \"$@\"\\n' > /home/jovyan/start && chmod 755 /home/jovyan/start"
        + AS_JOVYAN
        + 'ENTRYPOINT ["/home/jovyan/start"]',
        "test_start_scripts_survive_an_empty_home",
        "/home/jovyan/start",
    ),
    "no-server": Broken(
        'RUN printf \'#!/bin/sh\\n[ "$1" = --version ] && exec python -m jupyterhub.singleuser --version\\n'
        "echo no server today; exit 1\\n' > /opt/conda/bin/jupyterhub-singleuser" + AS_JOVYAN,
        "test_a_server_starts_with_an_empty_home",
        "no server today",
    ),
    "daemon-of-root": Broken(
        "RUN cp /usr/bin/sleep /usr/bin/as-root && chmod 4755 /usr/bin/as-root"
        " && printf '#!/bin/sh\\nas-root 600 >/dev/null 2>&1 &\\nexec \"$@\"\\n' > /start && chmod 755 /start"
        + AS_JOVYAN
        + 'ENTRYPOINT ["/start"]',
        "test_every_process_is_of_user_1000",
        "0 as-root",
    ),
    "own-tests": Broken(
        "RUN rm /usr/bin/less" + AS_JOVYAN,
        "test_the_tests_of_this_repository_pass",
        "test_own",
    ),
    "no-conda-package": Broken(
        "RUN rm /opt/conda/conda-meta/numpy-*.json" + AS_JOVYAN,
        "test_every_requested_package_is_installed",
        "not in the image: numpy",
    ),
    "no-pip-package": Broken(
        "RUN rm -r /opt/conda/lib/python3.13/site-packages/pyfiglet-*.dist-info" + AS_JOVYAN,
        "test_every_requested_package_is_installed",
        "pyfiglet (pip)",
    ),
    "kernel": Broken(
        "RUN cp -r /opt/conda/share/jupyter/kernels/python3 /opt/conda/share/jupyter/kernels/old"
        ' && sed -i \'s/"python"/"python2"/\' /opt/conda/share/jupyter/kernels/old/kernel.json' + AS_JOVYAN,
        "test_every_kernel_starts_and_runs_a_cell",
        "kernel old did not start",
    ),
    "notebook": Broken(
        "RUN rm -r /opt/conda/lib/python3.13/site-packages/pyfiglet" + AS_JOVYAN,
        "test_the_notebook_runs_from_top_to_bottom[more/uses-it.ipynb]",
        "ModuleNotFoundError: No module named 'pyfiglet'",
    ),
}

# In every run one of each kind: how it starts, as whom, what is in it, what it runs. `nox -s deep` has all.
SAMPLE = ("root", "no-server", "no-conda-package", "notebook")
CASES = [how if how in SAMPLE else pytest.param(how, marks=pytest.mark.deep) for how in BROKEN]

pytestmark = pytest.mark.usefixtures("no_container_left")


@pytest.fixture(scope="module")
def good(engine: Engine, base_images: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return an image that meets every clause."""
    context = tmp_path_factory.mktemp("good")
    install = "RUN mamba install --yes numpy jupyterhub-singleuser && pip install -q --no-cache-dir pyfiglet==1.0.4"
    (context / "Dockerfile").write_text(f"FROM {base_images[2]}\n{install}\n")
    engine.build(context, "contract-good")
    yield "contract-good"
    engine.docker("image", "rm", "contract-good")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a user-image repository with the contract."""
    return write_repository(tmp_path)


def write_repository(path: Path) -> Path:
    """Write the contract and what it reads: an environment.yml, a notebook, and the repository's own test."""
    contract, tests = path / "image-contract", path / "image-tests"
    contract.mkdir()
    (tests / "more").mkdir(parents=True)
    (contract / "test_contract.py").write_text(CONTRACT.read_text())
    (tests / "more/uses-it.ipynb").write_text(NOTEBOOK % '["import pyfiglet\\n", "print(open(\'data.txt\').read())"]')
    (tests / "more/data.txt").write_text("beside the notebook")
    (tests / "test_own.py").write_text("import shutil\n\n\ndef test_own():\n    assert shutil.which('less')\n")
    (path / "environment.yml").write_text(ENVIRONMENT)
    return path


def argv() -> list[str]:
    """Return the command that runs the contract, without this project's configuration."""
    return [sys.executable, "-m", "pytest", "-c", os.devnull, "-rA", "-p", "no:cacheprovider", "image-contract"]


def contract(engine: Engine, image: str, repository: Path, hub: str = "") -> subprocess.CompletedProcess[str]:
    """Run the contract on an image, and return the finished process."""
    env = environment({**engine.env, "IMAGE": image, "HUB_VERSION": hub})
    return subprocess.run(argv(), env=env, cwd=repository, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def outputs(
    request: pytest.FixtureRequest, engine: Engine, good: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """Return the contract's output for each broken image to test. Two run at a time: most of the time is waiting."""
    name = test_a_broken_image_is_named_by_one_clause.__name__
    asked = [how for how in BROKEN if any(item.name == f"{name}[{how}]" for item in request.session.items)]

    def output(how: str) -> str:
        repository = write_repository(tmp_path_factory.mktemp("broken"))
        context = repository / "context"
        context.mkdir()
        (context / "Dockerfile").write_text(BASE + BROKEN[how].dockerfile + "\n")
        image = f"contract-{how}"
        engine.build(context, image)
        try:
            return contract(engine, image, repository).stdout
        finally:
            engine.docker("image", "rm", image)

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(asked, pool.map(output, asked), strict=True))


def test_everything_holds_for_a_good_image(engine: Engine, good: str, repository: Path) -> None:
    done = contract(engine, good, repository)
    assert done.returncode == 0, done.stdout
    assert "10 passed" in done.stdout


@pytest.mark.parametrize("how", CASES)
def test_a_broken_image_is_named_by_one_clause(outputs: dict[str, str], how: str) -> None:
    output = outputs[how]
    lines = [line for line in output.splitlines() if line.startswith("FAILED image-contract/")]
    assert [line.split("::")[1].split(" - ")[0] for line in lines] == [BROKEN[how].clause], output
    assert BROKEN[how].says in output


def test_every_clause_has_an_image_that_breaks_it() -> None:
    clauses = set(re.findall(r"^def (test_\w+)", CONTRACT.read_text(), re.MULTILINE))
    assert {broken.clause.partition("[")[0] for broken in BROKEN.values()} == clauses


def test_a_hub_of_another_major_version_is_named(engine: Engine, good: str, repository: Path) -> None:
    done = contract(engine, good, repository, hub="4.1.6")
    assert "1 failed, 9 passed" in done.stdout
    assert "the hub runs 4.1.6" in done.stdout


def test_an_image_that_is_not_there_is_named_once(engine: Engine, repository: Path) -> None:
    done = contract(engine, "127.0.0.1:1/no/such:image", repository)
    assert done.returncode != 0
    assert "no image 127.0.0.1:1/no/such:image" in done.stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_stopped_in_the_middle_no_container_is_left(
    engine: Engine, good: str, repository: Path, how: signal.Signals
) -> None:
    # tests in the background of a shell ignore Ctrl-C, and so do the programs that they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    before = engine.containers()
    env = environment({**engine.env, "IMAGE": good, "HUB_VERSION": ""})
    running = subprocess.Popen(argv(), env=env, cwd=repository, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while engine.containers() == before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert engine.containers() != before
    running.send_signal(how)
    assert running.wait(20) == pytest.ExitCode.INTERRUPTED
    assert engine.containers() == before


def test_an_image_without_python_is_told_so(engine: Engine, good: str, repository: Path) -> None:
    (repository / "Dockerfile").write_text(f"FROM {DEBIAN}\nUSER 1000\n")
    (repository / ".dockerignore").write_text("*\n")
    engine.build(repository, "contract-no-python")
    try:
        done = contract(engine, "contract-no-python", repository)
    finally:
        engine.docker("image", "rm", "contract-no-python")
    assert done.returncode == 1
    assert "the image has no jupyterhub-singleuser, or its entry point cannot start it" in done.stdout
    assert "the image has no python, or its entry point cannot start it" in done.stdout
    assert "Traceback" not in done.stdout
