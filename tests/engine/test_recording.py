"""A push attaches the list of the image's packages to it, and a run's summary compares it with the image before."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import template
from hubimages.run import environment
from hubimages.template.origin import Origin
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.small import PASSES, Repository, digest
from tests.engine.stand_ins import stand_ins
from tests.histories import git

BASE = "quay.io/jupyter/minimal-notebook:2025-01-10"
ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.usefixtures("no_container_left"), pytest.mark.deep]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """This copy of hubimages as it is on the disk, in a git repository from which pip installs it."""
    place = tmp_path_factory.mktemp("published")
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    git("init", "--quiet", place)
    git("-C", place, "add", "--all")
    git("-C", place, "commit", "--quiet", "--message", "This copy")
    return Origin(f"file://{place}", git("-C", place, "rev-parse", "HEAD"))


@pytest.fixture(scope="module")
def made(engine: Engine, published: Origin, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    """A repository that hubimages made, whose image has a few packages."""
    path = tmp_path_factory.mktemp("recording") / "small"
    template.plan_new_repository(path, {"image": "our/small"}, made_from=published).apply()
    with stand_ins(engine, BASE):
        yield Repository(path, environment({**engine.env, "PATIENCE": "0"}))


def commit(repository: Repository, *lines: str) -> None:
    text = "\n".join([f"FROM {BASE}", *lines, ""])
    repository.write({"Dockerfile": text, "image-contract/test_contract.py": PASSES})


def hubimages(*words: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "hubimages", *words]
    return subprocess.run(argv, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def test_each_push_attaches_an_sbom_and_the_summary_compares(
    made: Repository, engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    image, summary = f"{registry.address}/our/small", tmp_path / "summary"
    commit(made, "RUN pip install --no-cache-dir pyfiglet==0.8.post1")
    first = made.nox("build", "--", "--push", IMAGE=image)
    assert first.returncode == 0, first.stdout
    one = f"{image}:{made.tag}"
    assert "attached an SBOM of " in first.stdout

    commit(made, "RUN pip install --no-cache-dir pyfiglet==1.0.4")
    before = digest(registry, "our/small", one.rpartition(":")[2])
    second = made.nox("build", "--", "--push", IMAGE=image, GITHUB_STEP_SUMMARY=str(summary))
    assert second.returncode == 0, second.stdout
    two = f"{image}:{made.tag}"
    assert digest(registry, "our/small", one.rpartition(":")[2]) == before  # an SBOM leaves the image as it is
    page = summary.read_text()
    assert f"### What is different inside\n\n**`{image}` `{one.rpartition(':')[2]}` → `{made.tag}`**" in page
    assert "Another major version: 1\n\n```\n~ pip pyfiglet 0.8.post1 -> 1.0.4 (major)\n```" in page

    told = hubimages("image-contents", two, "--json", env={"XDG_CACHE_HOME": str(tmp_path / "empty"), **engine.env})
    facts = json.loads(told.stdout)
    assert (facts["source"], told.stderr) == ("SBOM", "")
    assert [each["version"] for each in facts["packages"] if each["name"] == "pyfiglet"] == ["1.0.4"]


def test_a_pull_request_is_compared_with_the_image_of_its_target(
    made: Repository, engine: Engine, registry: Registry, tmp_path: Path
) -> None:
    image, summary = f"{registry.address}/our/small", tmp_path / "summary"
    commit(made, "RUN pip install --no-cache-dir cowsay==6.0")
    assert made.nox("build", "--", "--push", IMAGE=image).returncode == 0
    commit(made, "RUN pip install --no-cache-dir cowsay==6.1")
    done = made.nox("build", IMAGE=image, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stdout
    assert (
        "<details><summary>1 package: 1 changed</summary>\n\n```\n~ pip cowsay 6.0 -> 6.1\n```" in summary.read_text()
    )
    assert digest(registry, "our/small", made.tag) == ""


def test_what_cannot_be_attached_is_a_warning_with_the_command_and_the_image_stays(
    made: Repository, registry: Registry
) -> None:
    image = f"{registry.address}/our/small"
    commit(made, "RUN pip install --no-cache-dir cowsay==5.0")
    commit(made, "RUN pip install --no-cache-dir cowsay==5.0")
    assert made.nox("build", "--", "--push", IMAGE=image).returncode == 0  # installs hubimages
    commit(made, "RUN pip install --no-cache-dir cowsay==5.0", "RUN true")
    command = made.path / ".nox/build/bin/hubimages"
    command.rename(command.with_name("hubimages-of-this-test"))  # as without the network to install it
    done = made.nox("build", "--", "--push", IMAGE=image, GITHUB_ACTIONS="true")
    command.with_name("hubimages-of-this-test").rename(command)
    tag = made.tag
    assert done.returncode == 0, done.stdout
    told = (
        f"::warning::{image}:{tag} is pushed, but the list of its packages is not attached to it; see above. "
        f"Attach it: hubimages attach-contents {image}:{tag}"
    )
    assert told in done.stdout.splitlines()
    assert digest(registry, "our/small", tag).startswith("sha256:")
