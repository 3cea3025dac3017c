"""What a registry does not answer properly in the middle of a push loses no image."""

from pathlib import Path

import pytest

from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.small import Repository, digest, session_error
from tests.engine.unsteady import DROP, Fault, unsteady

pytestmark = pytest.mark.usefixtures("no_container_left")


@pytest.mark.parametrize(
    "fault",
    [
        Fault("PUT .*/manifests/", 502, 3),  # Docker itself does not repeat these
        Fault("PUT .*/manifests/", DROP, 2),
        Fault("PUT .*/manifests/", 429, 2),
        # Docker gives up after five, which takes it a minute
        pytest.param(Fault("PUT .*/blobs/uploads/", 502, 7), marks=pytest.mark.deep),
        Fault("HEAD .*/blobs/", 503, 2),
        Fault("(GET|HEAD) .*/manifests/", 504, 2),
    ],
    ids=lambda fault: f"{fault.status or 'drop'} {fault.request}",
)
def test_a_push_goes_on_when_the_registry_answers_again(
    repository: Repository, registry: Registry, fault: Fault
) -> None:
    with unsteady(registry.address, fault) as line:
        repository.write({"README.md": f"{fault}\n"})
        done = repository.nox("build", "--", "--push", IMAGE=f"{line.address}/our/small", PATIENCE="120")
    assert done.returncode == 0, done.stdout
    assert line.had and not fault.times
    assert f"digest  {digest(registry, 'our/small', repository.tag)}\n" in done.stdout


def test_an_image_that_cannot_be_pushed_is_kept_and_its_remedy_pushes_the_same(
    repository: Repository, engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    actions = {
        "GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output), "RUNNER_TEMP": str(tmp_path), "GITHUB_RUN_ID": "7",
        "GITHUB_REPOSITORY": "our/small", "GITHUB_SERVER_URL": "https://github.com", "PATIENCE": "1",
    }  # fmt: skip
    with unsteady(registry.address, Fault("PUT .*/manifests/", 502, 1000)) as line:
        image = f"{line.address}/our/small"
        done = repository.nox("build", "--", "--push", IMAGE=image, **actions)
        told = session_error(done)
        name = f"image-{repository.tag}"
        assert "did not answer properly" in told
        assert "The image is saved with this run; see above how to push it" in told
        steps = [f"gh run download 7 --repo our/small --name {name}", f"docker load --input {name}.tar.gz"]
        assert "\n  ".join(["", *steps, f"docker push {image}:{repository.tag}\n"]) in done.stdout
        assert output.read_text() == f"saved={tmp_path}/{name}.tar.gz\nartifact={name}\n"
        built = engine.docker("image", "inspect", "--format", "{{.Id}}", f"{image}:{repository.tag}")
        engine.docker("image", "rm", "--force", built)
        line.faults.clear()
        engine.docker("load", "--input", str(tmp_path / f"{name}.tar.gz"))  # what was printed
        engine.docker("push", f"{image}:{repository.tag}")
        assert engine.docker("image", "inspect", "--format", "{{.Id}}", f"{image}:{repository.tag}") == built
        pushed = digest(registry, "our/small", repository.tag)
        done = repository.nox("push", IMAGE=image)  # the run repeated
    assert done.returncode == 0, done.stdout
    assert f"digest  {pushed}\n" in done.stdout


def test_on_your_own_machine_nothing_is_saved(repository: Repository, registry: Registry, tmp_path: Path) -> None:
    nobody = {name: value for name, value in repository.env.items() if name != "GITHUB_ACTIONS"}
    mine = Repository(repository.path, {**nobody, "TMPDIR": str(tmp_path), "PATIENCE": "1"})
    with unsteady(registry.address, Fault("PUT .*/manifests/", 502, 1000)) as line:
        told = session_error(mine.nox("build", "--", "--push", IMAGE=f"{line.address}/our/small"))
    assert "did not answer properly. Try again later: nox -s push." in told
    assert not list(tmp_path.glob("*.gz"))


def test_a_private_image_is_told_with_the_push_and_a_public_one_is_not(
    repository: Repository, engine: Engine, registry: Registry, password_registry: Registry
) -> None:
    host = password_registry.address
    password = {"REGISTRY_USERNAME": password_registry.username, "REGISTRY_PASSWORD": password_registry.password}
    private = {"IMAGE": f"{host}/our/small"}
    try:
        assert repository.nox("login", **private, **password).returncode == 0
        said = repository.nox("build", "--", "--push", **private).stdout
        public = repository.nox("build", "--", "--push", IMAGE=f"{registry.address}/our/small").stdout
    finally:
        engine.logout(password_registry)
    assert f"{host}/our/small:{repository.tag} is private: a hub without a login for {host} cannot pull it." in said
    assert "digest  sha256:" in public
    assert "is private" not in public
