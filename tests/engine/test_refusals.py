"""Failures of a generated repository's build, test and push give one clear message and leave nothing behind."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.engine import DEBIAN, Engine
from tests.engine.registry import Registry
from tests.engine.small import SMALL, Repository, digest, images, session_error
from tests.histories import git
from tests.lingering import programs

CONTRACT = (Path(__file__).parents[2] / "<<cookiecutter.repo>>/image-contract/test_contract.py").read_text()
# An hour, unless it is stopped; the tests look for it among the processes of the machine.
SLEEPS = "sleep 3599.25"
CHANGES_THE_IMAGE = """\
import os, subprocess

def test_it():
    subprocess.run(["docker", "tag", os.environ["OTHER"], os.environ["IMAGE"]], check=True)
"""

pytestmark = pytest.mark.usefixtures("no_container_left")


# Before anything is built


def test_without_docker_the_address_of_its_instructions_is_told(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "git").symlink_to(which("git"))
    done = repository.nox("build", PATH=str(tmp_path))
    assert "Docker is not installed: https://docs.docker.com/engine/install/" in session_error(done)


@pytest.mark.parametrize("place", ["command", "daemon"])
def test_podman_in_the_place_of_docker_is_refused_by_name(repository: Repository, tmp_path: Path, place: str) -> None:
    if shutil.which("podman") is None:
        pytest.skip("podman is not installed: apt-get install podman")
    if place == "command":  # as Debian's package podman-docker
        (tmp_path / "docker").write_text('#!/bin/sh\nexec podman "$@"\n')
        (tmp_path / "docker").chmod(0o755)
        told = session_error(repository.nox("build", PATH=f"{tmp_path}:{os.environ['PATH']}"))
    else:
        address = f"unix://{tmp_path}/podman.sock"
        serving = subprocess.Popen(["podman", "system", "service", "--time", "300", address])
        try:
            while not (tmp_path / "podman.sock").exists():
                assert serving.poll() is None
                time.sleep(0.05)
            told = session_error(repository.nox("build", DOCKER_HOST=address))
        finally:
            serving.terminate()
            serving.wait()
    assert "docker is Podman here, which has no BuildKit: repo2docker and the push need docker buildx" in told


def which(name: str) -> str:
    """Return the path of a program."""
    return subprocess.run(["sh", "-c", f"command -v {name}"], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize("session", ["build", "test"])
def test_a_daemon_that_does_not_answer_is_told_with_how_to_start_it(repository: Repository, session: str) -> None:
    done = repository.nox(session, DOCKER_HOST="tcp://127.0.0.1:9")
    told = session_error(done)
    assert "Docker does not answer. Start it (Docker Desktop, or sudo systemctl start docker)" in told
    assert "tcp://127.0.0.1:9" in told


def test_a_dirty_tree_is_not_pushed_and_not_even_built(repository: Repository, engine: Engine) -> None:
    (repository.path / "README.md").write_text("changed")
    for words in (["build", "--", "--push"], ["push"]):
        told = session_error(repository.nox(*words))
        assert "not pushed: there are uncommitted changes. Commit them first (git status shows them)" in told
    assert not images(engine)


def test_a_push_of_what_was_not_built_says_how_to_build_it(repository: Repository) -> None:
    told = session_error(repository.nox("push"))
    assert f"there is no image 127.0.0.1:9/our/small:{repository.tag}. Build it first: nox -s build" in told


@pytest.mark.parametrize("given", [{}, {"REGISTRY_USERNAME": "our+robot"}, {"REGISTRY_PASSWORD": "secret"}])
def test_half_a_login_is_not_taken_for_a_registry_that_does_not_answer(
    repository: Repository, given: dict[str, str]
) -> None:
    told = session_error(repository.nox("login", **{"REGISTRY_USERNAME": "", "REGISTRY_PASSWORD": "", **given}))
    assert "set REGISTRY_USERNAME and REGISTRY_PASSWORD to a login for 127.0.0.1:9 (on GitHub, set" in told
    assert "secret" not in told.replace("settings/secrets", "")


def test_a_dirty_tree_is_built_under_a_tag_that_says_so(repository: Repository, engine: Engine) -> None:
    (repository.path / "README.md").write_text("changed")
    done = repository.nox("build")
    assert done.returncode == 0, done.stdout
    reference = f"127.0.0.1:9/our/small:{repository.tag}-dirty"
    assert images(engine) == {reference}
    first = engine.docker("image", "inspect", "--format", "{{.Id}}", reference)
    (repository.path / "README.md").write_text("changed again")
    assert repository.nox("build").returncode == 0
    assert engine.docker("image", "inspect", "--format", "{{.Id}}", reference) != first


def test_a_misspelt_flag_is_not_taken_for_none(repository: Repository, engine: Engine) -> None:
    told = session_error(repository.nox("build", "--", "--psuh"))
    assert "nox -s build accepts only --push and --no-cache, not --psuh" in told
    assert not images(engine)


def test_a_directory_that_is_no_git_repository_is_told(repository: Repository, tmp_path: Path) -> None:
    shutil.copytree(repository.path, tmp_path, ignore=shutil.ignore_patterns(".git", ".nox"), dirs_exist_ok=True)
    done = Repository(tmp_path, {**repository.env, "GIT_CEILING_DIRECTORIES": str(tmp_path.parent)}).nox("build")
    assert (
        "this is not a git repository, or it has no commit. Run git init, git add --all, git commit"
        in session_error(done)
    )


def test_a_name_that_was_never_set_is_not_pushed_to(repository: Repository, engine: Engine) -> None:
    told = session_error(repository.nox("build", "--", "--push", IMAGE="quay.io/your-organisation/small"))
    assert "IMAGE is still quay.io/your-organisation/small. Set it to the image's real name in noxfile.py" in told
    assert not images(engine)


def test_a_pointer_of_git_lfs_is_not_built_into_the_image(repository: Repository, engine: Engine) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12345\n"
    repository.write({"données.csv": pointer})
    told = session_error(repository.nox("build"))
    assert "données.csv: a Git LFS pointer, not the file itself. Run git lfs install, then git lfs pull" in told
    assert not images(engine)


def test_a_submodule_that_is_not_checked_out_is_told(repository: Repository, engine: Engine) -> None:
    commit = git("-C", repository.path, "rev-parse", "HEAD").strip()
    git("-C", repository.path, "update-index", "--add", "--cacheinfo", f"160000,{commit},course")
    (repository.path / "course").mkdir()
    git("-C", repository.path, "commit", "--quiet", "--message", "Add submodule")
    told = session_error(repository.nox("build"))
    (repository.path / "course").rmdir()
    assert "course: a submodule that is not checked out. Run git submodule update --init --recursive" in told
    assert not images(engine)


def test_files_that_repo2docker_ignores_are_named(repository: Repository) -> None:
    (repository.path / "binder").mkdir()
    repository.write({"binder/Dockerfile": SMALL["Dockerfile"]})
    done = repository.nox("build")
    assert done.returncode == 0, done.stdout
    assert "repo2docker reads only binder/ and ignores environment.yml, Dockerfile at the top." in done.stdout


# While it is built


def test_a_full_disk_is_told_with_how_to_make_room(repository: Repository, engine: Engine) -> None:
    # /dev/shm is another, small file system
    fill = f"FROM {DEBIAN}\nRUN head -c 200000000 /dev/zero > /dev/shm/full\n"
    repository.write({"Dockerfile": fill})
    done = repository.nox("build", "--", "--push")
    assert "No space left on device" in done.stdout
    told = session_error(done)
    assert (
        "the build failed: the disk is full. Free some space (docker system df, docker system prune) and build again"
        in told
    )
    assert not images(engine)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
def test_no_room_for_temporary_files_is_told_as_well(repository: Repository, engine: Engine, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    assert repository.nox("build").returncode == 0  # its tools are installed
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(small)], check=True)
    try:
        (small / "full").write_bytes(b"\0" * 4096)
        engine.docker("image", "rm", *images(engine))
        (repository.path / "Dockerfile").unlink()
        repository.write({"environment.yml": "dependencies: []\n"})
        done = repository.nox("build", TMPDIR=str(small))
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert "the disk is full" in session_error(done), done.stdout
    assert not images(engine)


def test_a_step_that_fails_is_shown_and_nothing_is_tagged(repository: Repository, engine: Engine) -> None:
    repository.write({"Dockerfile": f"FROM {DEBIAN}\nRUN echo what went wrong >&2; exit 7\n"})
    done = repository.nox("build", "--", "--push")
    assert "what went wrong" in done.stdout
    said = session_error(done)
    assert "the build failed (exit code 1); see the output above." in said
    assert ("exit code: 7" in said, "CalledProcessError" in said) == (True, False)
    assert not images(engine)


def processes(words: str) -> list[bytes]:
    """Return the command lines of the machine that begin with certain words."""
    return [line for _, line in programs() if line.startswith(words.encode())]


def interrupt(repository: Repository, log: Path, *words: str, only_nox: bool = False) -> str:
    """Start a session, send it what Ctrl-C sends once SLEEPS runs, and return its output."""
    # tests in the background of a shell ignore Ctrl-C, and so do the programs that they start
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with log.open("wb") as output:
        running = subprocess.Popen(
            repository.argv(*words), cwd=repository.path, env=repository.env,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        wait_until(lambda: bool(processes(SLEEPS)) or running.poll() is not None)
        assert running.poll() is None, log.read_text()
        # a terminal sends it to all processes of the command, a supervisor only to the command
        (os.kill if only_nox else os.killpg)(running.pid, signal.SIGINT)
        assert running.wait(60) != 0
    wait_until(lambda: not processes(SLEEPS))
    return log.read_text()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)


@pytest.mark.parametrize("only_nox", [False, True])
def test_ctrl_c_during_the_build_stops_it_and_leaves_nothing(
    repository: Repository, engine: Engine, tmp_path: Path, only_nox: bool
) -> None:
    repository.write({"Dockerfile": f"FROM {DEBIAN}\nCOPY README.md /\nRUN exec {SLEEPS}\n"})
    before = engine.containers()
    interrupt(repository, tmp_path / "log", "build", "--", "--push", only_nox=only_nox)
    assert engine.containers() == before
    assert not images(engine)


def test_ctrl_c_during_the_test_leaves_no_container_and_pushes_nothing(
    repository: Repository, engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    server = f"#!/bin/sh\nexec {SLEEPS}\n"
    dockerfile = f"FROM {DEBIAN}\nCOPY --chmod=0755 server /usr/bin/jupyterhub-singleuser\nUSER 1000\n"
    repository.write({"Dockerfile": dockerfile, "server": server, "image-contract/test_contract.py": CONTRACT})
    pushing = replace(repository, env={**repository.env, "IMAGE": f"{registry.address}/our/small"})
    before = engine.containers()
    said = interrupt(pushing, tmp_path / "log", "build", "--", "--push")
    assert engine.containers() == before, said
    assert digest(registry, "our/small", repository.tag) == ""


# While it is tested


def test_an_image_without_python_and_one_of_root_are_told_so(repository: Repository, engine: Engine) -> None:
    repository.write({"Dockerfile": f"FROM {DEBIAN}\nUSER root\n", "image-contract/test_contract.py": CONTRACT})
    done = repository.nox("build", "--", "--push")
    assert done.returncode == 1
    assert "the image has no python, or its entry point cannot start it" in done.stdout
    assert "the image has no jupyterhub-singleuser, or its entry point cannot start it" in done.stdout
    assert "End the Dockerfile with: USER 1000" in done.stdout
    assert "Traceback" not in done.stdout
    assert "pushed" not in session_error(done)


def test_an_image_that_is_not_built_yet_is_told(repository: Repository) -> None:
    told = session_error(repository.nox("test"))
    assert f"there is no image 127.0.0.1:9/our/small:{repository.tag}. Build it first: nox -s build" in told
    assert "there is no image" in session_error(repository.nox("push"))
