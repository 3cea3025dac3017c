"""`hubimages test-image` on real images: its output and exit codes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages.run import environment
from tests.engine import process
from tests.engine.answering import answering
from tests.engine.engine import DEBIAN, Engine
from tests.engine.registry import Registry

TABLE = """\
{image}
  holds        jupyterhub singleuser is there and suits the hub
  holds        the image runs as user 1000
  holds        the image needs no new privileges
  holds        start scripts survive an empty home
  holds        a server starts with an empty home
  holds        every process is of user 1000
  not checked  every requested package is installed
                 an image repository says what to check: add --repo DIR
  holds        every kernel starts and runs a cell
"""

pytestmark = pytest.mark.usefixtures("no_container_left")


def run_test_image(engine: Engine, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a script does."""
    argv = [sys.executable, "-m", "hubimages", "test-image", *args]
    settings = environment({**engine.env, **env})
    return subprocess.run(argv, env=settings, cwd=engine.folder, capture_output=True, text=True, check=False)


def error(done: subprocess.CompletedProcess[str], code: int) -> str:
    """Return the line of an error, after checking that there is no other output."""
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    lines = [line for line in done.stderr.splitlines() if not line.startswith("$ ")]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


def test_an_image_that_keeps_the_contract_gives_0_and_a_table(engine: Engine, base_images: tuple[str, ...]) -> None:
    done = run_test_image(engine, base_images[2])
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(TABLE.format(image=base_images[2]))
    assert done.stdout.endswith("the contract holds\n")
    assert done.stdout.count("\n                 an image repository says what to check: add --repo DIR\n") == 3


def test_an_image_of_root_without_python_gives_1_and_says_why(engine: Engine) -> None:
    done = run_test_image(engine, DEBIAN)
    assert done.returncode == 1, done.stderr
    assert done.stdout.startswith(f"{DEBIAN}\n  broken       jupyterhub singleuser is there")
    assert "the image has no jupyterhub-singleuser, or its entry point cannot start it" in done.stdout
    assert "  holds        the image needs no new privileges\n" in done.stdout
    assert "End the Dockerfile with: USER 1000" in done.stdout
    assert "clauses\n" in done.stdout.rpartition("broken: ")[2]
    assert "Traceback" not in done.stdout


def test_the_same_as_json(engine: Engine) -> None:
    done = run_test_image(engine, DEBIAN, "--json")
    assert done.returncode == 1, done.stderr
    report = json.loads(done.stdout)
    assert (report["version"], report["image"]) == (1, DEBIAN)
    found = {one["code"]: one for one in report["findings"]}
    assert list(found["test_the_image_runs_as_user_1000"]) == ["code", "file", "line", "message", "remedy"]
    assert found["test_the_image_runs_as_user_1000"]["message"] == "the image runs as user 1000"
    assert "End the Dockerfile with: USER 1000" in found["test_the_image_runs_as_user_1000"]["remedy"]
    assert "test_the_image_needs_no_new_privileges" not in found
    assert any(line.startswith("test_every_requested_package_is_installed: ") for line in report["not_checked"])


def test_a_repository_s_own_packages_and_tests_count(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "image-tests").mkdir()
    (tmp_path / "image-tests/test_own.py").write_text("def test_own():\n    assert False\n")
    done = run_test_image(engine, DEBIAN, "--repo", str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert "  broken       the tests of this repository pass\n" in done.stdout
    notebooks = "  not checked  the notebook runs from top to bottom\n                 image-tests/ has no *.ipynb\n"
    assert notebooks in done.stdout


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["no image"], "is not an image reference"),
        (["Quay.io/Capitals:1"], "is not an image reference"),
        (["debian:trixie-slim", "--repo", "no/such/directory"], "no/such/directory is not a directory"),
    ],
)
def test_what_is_no_image_or_repository_gives_2(engine: Engine, args: list[str], told: str) -> None:
    assert told in error(run_test_image(engine, *args), 2)


def test_an_image_that_the_registry_does_not_have_gives_2(engine: Engine, registry: Registry) -> None:
    image = f"{registry.address}/no/such:image"
    assert f"no image {image}: " in error(run_test_image(engine, image), 2)


def test_without_docker_it_gives_69(engine: Engine, tmp_path: Path) -> None:
    told = error(run_test_image(engine, DEBIAN, PATH=str(tmp_path)), 69)
    assert "Docker is not installed: https://docs.docker.com/engine/install/" in told


def test_a_daemon_that_does_not_answer_gives_69(engine: Engine) -> None:
    told = error(run_test_image(engine, DEBIAN, DOCKER_HOST="tcp://127.0.0.1:9"), 69)
    assert "Docker does not answer" in told
    assert "sudo systemctl start docker" in told


@pytest.mark.parametrize(("status", "code"), [(401, 77), (403, 77), (404, 2), (429, 75), (500, 75)])
def test_what_a_registry_answers_decides_the_code(engine: Engine, status: int, code: int) -> None:
    with answering(status) as refusing:
        told = error(run_test_image(engine, f"{refusing.address}/our/small:1"), code)
    assert refusing.address in told


def test_a_registry_that_nobody_answers_for_gives_75(engine: Engine) -> None:
    address = f"127.0.0.1:{process.free_port()}"
    told = error(run_test_image(engine, f"{address}/our/small:1"), 75)
    assert f"no answer from {address}, try again later" in told


def test_a_registry_that_wants_a_login_gives_77(engine: Engine, password_registry: Registry) -> None:
    told = error(run_test_image(engine, f"{password_registry.address}/our/small:1"), 77)
    assert f"docker login {password_registry.address}" in told


@pytest.fixture
def pushed(engine: Engine, registry: Registry, tmp_path: Path) -> Iterator[str]:
    """Return an image of one file that is only in the registry."""
    image = f"{registry.address}/our/pushed:1"
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    engine.build(tmp_path, image)
    engine.docker("push", "--quiet", image)
    engine.docker("image", "rm", image)
    yield image
    engine.try_docker("image", "rm", image)


def test_an_image_is_pulled_where_the_engine_has_none(engine: Engine, pushed: str) -> None:
    done = run_test_image(engine, pushed)
    assert done.returncode == 1
    assert f"$ docker pull --quiet {pushed}\n" in done.stderr
    assert engine.has_image(pushed)
