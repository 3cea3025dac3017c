"""A build on another BuildKit than the engine's own: another engine as a context, and `BUILDX_BUILDER`.

Builders in containers, in Kubernetes and remote ones need an image of BuildKit, which cannot be had here.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.engine import Engine, second_engine
from tests.engine.install import EngineUnavailableError
from tests.engine.small import Repository, images


@pytest.fixture(scope="module")
def second_machine(engine: Engine) -> Iterator[Engine]:
    """A second engine, which the first one's client knows as the context `second`."""
    try:
        with second_engine(engine) as started:
            engine.docker("context", "create", "second", "--docker", f"host={started.env['DOCKER_HOST']}")
            try:
                yield started
            finally:
                engine.docker("context", "rm", "--force", "second")
    except EngineUnavailableError as reason:
        pytest.skip(str(reason))


@pytest.fixture
def second(second_machine: Engine) -> Iterator[Engine]:
    """The second engine, without images."""
    yield second_machine
    for image in images(second_machine):
        second_machine.docker("image", "rm", image)


def test_a_second_engine_builds_and_tests_as_a_context(repository: Repository, engine: Engine, second: Engine) -> None:
    image = f"127.0.0.1:9/our/small:{repository.tag}"
    env = {name: value for name, value in repository.env.items() if name != "DOCKER_HOST"}
    done = Repository(repository.path, env).nox("build", DOCKER_CONTEXT="second")
    assert done.returncode == 0, done.stdout
    assert (image in images(second), engine.has_image(image)) == (True, False)


def test_a_context_is_no_builder_and_docker_says_so(repository: Repository, engine: Engine, second: Engine) -> None:
    done = repository.nox("build", BUILDX_BUILDER="second")
    assert done.returncode == 1
    assert "use `docker --context=second buildx` to switch to context" in done.stdout
    assert images(second) == set()


@pytest.mark.parametrize("options", [(), ("--", "--no-cache")])
def test_a_builder_that_is_named_is_asked_to_send_the_image_back(
    options: tuple[str, ...], repository: Repository, engine: Engine, tmp_path: Path
) -> None:
    docker, asked = tmp_path / "programs/docker", tmp_path / "asked"
    docker.parent.mkdir()
    docker.write_text(f'#!/bin/sh\necho " $* " >> {asked}\nexec {shutil.which("docker")} "$@"\n')
    docker.chmod(0o755)
    before = repository.env.get("PATH", os.environ["PATH"])
    done = repository.nox("build", *options, BUILDX_BUILDER="no-such-builder", PATH=f"{docker.parent}:{before}")
    assert done.returncode == 1
    assert 'no builder "no-such-builder" found' in done.stdout.splitlines()[-2]
    (build,) = [line for line in asked.read_text().splitlines() if " buildx build " in line]
    assert " --load " in build
    assert (" --no-cache " in build) == bool(options)
    done = repository.nox("build", *options, BUILDX_BUILDER="default")
    assert done.returncode == 0, done.stdout
    assert engine.has_image(f"127.0.0.1:9/our/small:{repository.tag}")
