"""An image is built again with newer packages, and pushed under a tag of its own only if there are any."""

import json
import re
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hubimages.references.tag_format import Kind, shape_of
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.small import PASSES, Repository
from tests.engine.stand_ins import stand_ins

BASE = "quay.io/jupyter/minimal-notebook:2025-01-10"
# A conda package whose version is the moment of its installation, as on a channel that moves.
MOVES = """\
RUN python -c "import json, time; v = str(time.time_ns()); file = f'/opt/conda/conda-meta/moving-{v}-0.json'; \\
    json.dump({'name': 'moving', 'version': v, 'build': '0'}, open(file, 'w'))"
"""

pytestmark = pytest.mark.usefixtures("no_container_left")


@pytest.fixture(scope="module")
def base(engine: Engine) -> Iterator[str]:
    with stand_ins(engine, BASE):
        yield BASE


def tags(registry: Registry, name: str) -> set[str]:
    answer = json.load(urllib.request.urlopen(f"http://{registry.address}/v2/{name}/tags/list"))
    return set(answer["tags"])


def today() -> str:
    return f"{datetime.now(UTC):%Y%m%d}"


def commit(repository: Repository, base: str, *lines: str) -> None:
    text = "\n".join([f"FROM {base}", *lines, ""])
    repository.write({"Dockerfile": text, "image-contract/test_contract.py": PASSES})


def test_without_the_cache_everything_is_installed_again(repository: Repository, base: str, engine: Engine) -> None:
    commit(repository, base, MOVES)
    image = f"127.0.0.1:9/our/small:{repository.tag}"

    def version(*words: str) -> str:
        done = repository.nox("build", *words)
        assert done.returncode == 0, done.stdout
        listed = engine.docker("run", "--rm", image, "sh", "-c", "ls /opt/conda/conda-meta/moving-*")
        return listed.splitlines()[-1]

    first = version()
    assert version("--", "--no-cache") != first


def test_a_refreshed_image_with_the_same_packages_is_not_pushed(
    repository: Repository, base: str, registry: Registry, tmp_path: Path
) -> None:
    commit(repository, base, "RUN date +%N > /tmp/moment")
    image, output = f"{registry.address}/our/small", tmp_path / "output"
    assert repository.nox("build", "--", "--push", IMAGE=image).returncode == 0
    done = repository.nox("build", "--", "--push", IMAGE=image, REFRESH="true", GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stdout
    assert f"{image}:{repository.tag} has the same packages, so nothing is pushed" in done.stdout
    assert f"{repository.tag}-{today()}" not in tags(registry, "our/small")
    assert not output.exists() or "image=" not in output.read_text()


def test_newer_packages_are_pushed_under_the_commit_and_the_day(
    repository: Repository, base: str, registry: Registry, tmp_path: Path
) -> None:
    commit(repository, base, MOVES)
    image, output = f"{registry.address}/our/small", tmp_path / "output"
    assert repository.nox("build", "--", "--push", IMAGE=image).returncode == 0
    before = registry.digest("our/small", repository.tag)
    done = repository.nox("build", "--", "--push", IMAGE=image, REFRESH="true", GITHUB_OUTPUT=str(output))
    assert done.returncode == 0, done.stdout
    tag = f"{repository.tag}-{today()}"
    assert re.findall(r"[+-] conda moving \d+ 0", done.stdout)[:2] == sorted(
        re.findall(r"[+-] conda moving \d+ 0", done.stdout)[:2], key=lambda line: line.split()[3]
    )
    assert output.read_text().splitlines()[0] == f"image={image}:{tag}"
    assert registry.digest("our/small", tag) != before == registry.digest("our/small", repository.tag)
    assert (shape_of(tag).kind, shape_of(tag).pattern) == (Kind.DATE, "YYYYMMDD-hex")
    again = repository.nox("build", "--", "--push", IMAGE=image, REFRESH="true")
    assert again.returncode == 0, again.stdout
    assert f"{image}:{tag} stays: an earlier run pushed this commit's image" in again.stdout


def test_a_registry_that_does_not_answer_stops_the_refresh(repository: Repository, base: str) -> None:
    commit(repository, base)
    done = repository.nox("build", "--", "--push", REFRESH="true")
    assert done.returncode == 1
    assert "did not answer properly. Try again later" in done.stdout
