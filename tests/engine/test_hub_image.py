"""The hub image's whole way: real chartpress, a real engine, a real registry, a Helm repository on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import hub_image
from hubimages.errors import LoginError, ProgramFailedError
from tests import deployments
from tests.deployments import AT_ROOT, DEVELOPMENT, DEVELOPMENT_HUB, NEW, OLD, UNDER_FOLDER, changed_lines, git, state
from tests.engine.engine import Engine
from tests.engine.registry import Registry

BASE = "jupyterhub/k8s-hub"


@pytest.fixture(scope="module")
def hub_bases(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Stand-ins for the hub images that Dockerfiles build upon: nearly empty, under the original's name."""
    context = tmp_path_factory.mktemp("base")
    (context / "Dockerfile").write_text("FROM scratch\nARG TAG\nLABEL tag=$TAG\nCOPY Dockerfile /\n")
    names = [f"{BASE}:{tag}" for tag in (OLD, NEW, DEVELOPMENT_HUB)]
    for name in names:
        engine.build(context, name, "--build-arg", f"TAG={name}")
    yield
    for name in names:
        engine.try_docker("image", "rm", name)


@pytest.fixture
def helm(tmp_path: Path) -> Iterator[str]:
    with deployments.helm_repository(tmp_path / "helm") as address:
        yield address


@pytest.fixture
def ready(engine_env: Engine, hub_bases: None) -> Iterator[Engine]:
    """An engine with the stand-ins; images that a test made are gone after it."""
    before = set(engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    yield engine_env
    after = set(engine_env.docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").split())
    for name in after - before:
        if name.startswith("127.0.0.1:") and "/hubtest" in name:
            engine_env.try_docker("image", "rm", name)


def never(question: str) -> bool:
    raise AssertionError(f"asked: {question}")


def bump(repository: Path, version: str = NEW, **options: object) -> str:
    request = hub_image.BumpRequest(repository, version, **options)  # type: ignore[arg-type]
    return str(hub_image.bump(request, never))


def test_a_bump_commits_version_and_from_then_the_tag_and_not_a_line_more(
    ready: Engine, registry: Registry, tmp_path: Path, helm: str
) -> None:
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER, registry=f"{registry.address}/hubtest1", helm=helm)
    before = git(clone, "rev-parse", "HEAD")
    said = bump(clone, images=["hub"])
    first, second = git(clone, "rev-list", "--reverse", f"{before}..HEAD").split()
    short = git(clone, "rev-parse", "--short", first)
    tag = f"0.0.1-0.dev.git.{git(clone, 'rev-list', '--count', first)}.h{short}"
    assert changed_lines(clone, first) == {
        "helm-charts/basehub/Chart.yaml": [f"-    version: {OLD}", f"+    version: {NEW}"],
        "helm-charts/images/hub/Dockerfile": [f"-FROM {BASE}:{OLD}", f"+FROM {BASE}:{NEW}"],
    }
    assert changed_lines(clone, second) == {
        "helm-charts/basehub/values.yaml": [
            '-            tag: "0.0.1-0.dev.git.1.h0000000"',
            f'+            tag: "{tag}"',
        ]
    }
    assert registry.tags("hubtest1/org/pilot-hub") == [tag]
    assert git(clone, "status", "--porcelain") == ""
    assert f"pushed {registry.address}/hubtest1/org/pilot-hub:{tag}" in said
