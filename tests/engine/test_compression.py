"""An image is pushed with zstd: the registry has it so, it is the image that was tested, and a node runs it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import template
from hubimages.template import Origin
from tests import needs
from tests.engine.containerd import Node, node
from tests.engine.engine import Engine
from tests.engine.install import EngineUnavailableError, ensure
from tests.engine.registry import Registry
from tests.engine.small import Repository, digest, session_error
from tests.engine.unsteady import DROP, Fault, unsteady
from tests.histories import git

# A program that needs nothing else in its image.
STATIC = Path("/sbin/ldconfig")
DOCKERFILE = "FROM scratch\nCOPY program /program\nCOPY README.md /\nENV HELLO=there\n"
ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"

pytestmark = [
    pytest.mark.usefixtures("no_container_left"),
    pytest.mark.skipif(not STATIC.exists(), reason=f"no {STATIC} here"),
]


@pytest.fixture(scope="module", autouse=True)
def skopeo() -> None:
    ensure("skopeo", needs.SKOPEO)
    needs.SKOPEO.program("skopeo")


@pytest.fixture
def a_node() -> Iterator[Node]:
    try:
        with node() as started:
            yield started
    except EngineUnavailableError as reason:
        needs.ENGINE.missing(str(reason))


def compress(repository: Repository, *tags: str) -> None:
    """Make a repository one with the answer zstd, and with an image of two layers."""
    made = template.render_files({"image": "our/small", "arm64": "yes", "compression": "zstd"}, Origin()).files
    code = ".github/image_build/recompress.py"
    assert not (repository.path / code).exists()
    (repository.path / code).write_bytes(made[code].data)
    noxfile = made["noxfile.py"].data.decode()
    (repository.path / "program").write_bytes(STATIC.read_bytes())
    (repository.path / "program").chmod(0o755)
    written = noxfile.replace('TAGS = ["commit"]', f"TAGS = {json.dumps(['commit', *tags])}")
    repository.write({"noxfile.py": written, "Dockerfile": DOCKERFILE})


def test_the_tested_image_is_pushed_with_zstd_under_each_tag_and_a_node_runs_it(
    repository: Repository, engine: Engine, registry: Registry, a_node: Node
) -> None:
    compress(repository, "latest")
    image = f"{registry.address}/our/small"
    done = repository.nox("build", "--", "--push", IMAGE=image)
    assert done.returncode == 0, done.stdout
    manifest = json.loads(registry.request(f"our/small/manifests/{repository.tag}")[0])
    assert [layer["mediaType"] for layer in manifest["layers"]] == [ZSTD, ZSTD]
    tested = engine.docker("image", "inspect", "--format", "{{.Id}}", f"{image}:{repository.tag}")
    assert manifest["config"]["digest"] == tested
    pushed = digest(registry, "our/small", repository.tag)
    assert digest(registry, "our/small", "latest") == pushed
    assert f"digest  {pushed}\n" in done.stdout
    assert f"{sum(layer['size'] for layer in manifest['layers']) / 1e6:.1f} MB compressed" in done.stdout
    a_node.pull(f"{image}:{repository.tag}")
    assert a_node.run(f"{image}:{repository.tag}", "/program", "--version").startswith("ldconfig ")
    again = repository.nox("push", IMAGE=image)
    assert again.returncode == 0, again.stdout
    assert digest(registry, "our/small", repository.tag) == pushed


@pytest.mark.deep
@pytest.mark.parametrize(
    "fault", [Fault("PUT .*/manifests/", 502, 2), Fault("PUT .*/blobs/uploads/", DROP, 2)], ids=str
)
def test_a_push_goes_on_when_the_registry_answers_again(
    repository: Repository, registry: Registry, fault: Fault
) -> None:
    compress(repository)
    with unsteady(registry.address, fault) as line:
        repository.write({"README.md": f"{fault}\n"})
        done = repository.nox("build", "--", "--push", IMAGE=f"{line.address}/our/small", PATIENCE="120")
    assert done.returncode == 0, done.stdout
    assert line.had and not fault.times
    assert f"digest  {digest(registry, 'our/small', repository.tag)}\n" in done.stdout


@pytest.mark.deep
def test_a_tag_that_an_earlier_run_did_not_reach_keeps_the_compression(
    repository: Repository, registry: Registry
) -> None:
    compress(repository)
    image = {"IMAGE": f"{registry.address}/our/small"}
    assert repository.nox("build", "--", "--push", **image).returncode == 0
    noxfile = repository.path / "noxfile.py"
    more = noxfile.read_text().replace('TAGS = ["commit"]', 'TAGS = ["commit", "newest"]')
    noxfile.write_text(more)
    # as if the first run had stopped after its first tag
    git("-C", repository.path, "update-index", "--assume-unchanged", "noxfile.py")
    try:
        done = repository.nox("push", **image)
    finally:
        git("-C", repository.path, "update-index", "--no-assume-unchanged", "noxfile.py")
    assert done.returncode == 0, done.stdout
    assert digest(registry, "our/small", "newest") == digest(registry, "our/small", repository.tag) != ""


def test_the_login_of_docker_serves_skopeo(repository: Repository, engine: Engine, password_registry: Registry) -> None:
    compress(repository)
    image = {"IMAGE": f"{password_registry.address}/our/small"}
    told = session_error(repository.nox("build", "--", "--push", **image))
    host = password_registry.address
    wrong = f"you are not logged in to {host}, or the password is wrong. Run docker login {host}"
    assert f"nothing was pushed: {wrong}" in told
    engine.login(password_registry)
    try:
        done = repository.nox("push", **image)
    finally:
        engine.logout(password_registry)
    assert done.returncode == 0, done.stdout
    assert digest(password_registry, "our/small", repository.tag)


def test_without_skopeo_nothing_is_built(repository: Repository, registry: Registry, tmp_path: Path) -> None:
    compress(repository)
    for name in ("git", "docker"):
        (tmp_path / name).symlink_to(needs.ENGINE.program(name))
    done = repository.nox("build", "--", "--push", IMAGE=f"{registry.address}/our/small", PATH=str(tmp_path))
    told = session_error(done)
    assert "skopeo is not installed, which pushes an image with zstd. Install it (apt-get install skopeo" in told
    assert "or have gzip: hubimages update-image-repo . --set compression=gzip" in told
    assert "Dockerfile" not in done.stdout
