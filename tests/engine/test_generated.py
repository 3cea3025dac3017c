"""The sessions of a generated repository alone bring it from a commit to an image in a registry."""

import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.small import PASSES
from tests.engine.stand_ins import PYTHON, R_BASE_CONFIGURATION, bases, stand_ins
from tests.histories import git

DEEP = pytest.mark.deep
# In every run one that repo2docker builds, one with a Dockerfile, and the one that has a lock.
STARTERS = ("environment.yml", "pangeo-onbuild", pytest.param("docker-stacks", marks=DEEP), "pixi",
            pytest.param("r", marks=DEEP))  # fmt: skip
APPENDIX = "USER root\nRUN id -u > /etc/by-root\nUSER ${NB_USER}\n"
REFERENCE = re.compile(r"^ +digest +(sha256:[0-9a-f]{64})$", re.MULTILINE)
# What conda, pip, pixi, npm, apt and R keep of what they have downloaded.
CACHE = re.compile(
    r"(^|/)(\.cache/\w+|\.npm|_cacache|\.conda/pkgs|(conda|mamba|micromamba)/pkgs|tmp/pkgs-\d+|downloaded_packages|"
    r"var/lib/apt/lists|var/cache/apt)/"
)

pytestmark = [pytest.mark.usefixtures("no_container_left"), pytest.mark.random_order(disabled=True)]


@dataclass(frozen=True)
class Generated:
    """A generated repository, and the environment in which its sessions run."""

    path: Path
    image: str
    env: Mapping[str, str]

    def nox(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a session as a person does, in a directory without anything of this project."""
        return subprocess.run(
            [sys.executable, "-m", "nox", "-s", *words], cwd=self.path, env={**self.env, **env},
            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip

    @property
    def tag(self) -> str:
        return git("-C", self.path, "rev-parse", "--short=12", "HEAD")[:12]


def generate(engine: Engine, registry: Registry, path: Path, starter: str) -> Generated:
    """Make a repository whose image goes to the registry."""
    answers = {"starter": starter, "python_version": PYTHON}
    if starter == "environment.yml":
        answers["appendix"] = "yes"
    template.plan_new_repository(path, answers).apply()
    if starter == "environment.yml":
        (path / "appendix").write_text(APPENDIX)
        git("-C", path, "commit", "--quiet", "--all", "--message", "Do something as root")
    if starter == "r":
        (path / "repo2docker_config.py").write_text(R_BASE_CONFIGURATION)
        git("-C", path, "add", "--all")
        git("-C", path, "commit", "--quiet", "--message", "Start from a base with R")
    image = f"{registry.address}/our/{path.name}"
    return Generated(path, image, environment({**engine.env, "IMAGE": image}))


@pytest.fixture(scope="module", params=STARTERS)
def generated(
    request: pytest.FixtureRequest, engine: Engine, registry: Registry, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Generated]:
    made = generate(engine, registry, tmp_path_factory.mktemp("made") / request.param.replace(".", "-"), request.param)
    with stand_ins(engine, *bases(made.path)):
        if request.param == "pixi":
            refused = made.nox("build")
            assert "there is no pixi.lock" in refused.stdout
            locked = made.nox("lock")
            assert locked.returncode == 0, locked.stdout
            assert "pixi.lock has changed. Commit it" in locked.stdout
            git("-C", made.path, "add", "--all")
            git("-C", made.path, "commit", "--quiet", "--message", "Lock the packages")
            assert "pixi.lock is up to date" in made.nox("lock").stdout
        yield made


def digest_in(registry: Registry, name: str, tag: str) -> str:
    """Return the digest of a tag in a registry; empty if the tag does not exist."""
    accept = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json"
    address = f"http://{registry.address}/v2/{name}/manifests/{tag}"
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept": accept})) as answer:
            return str(answer.headers["Docker-Content-Digest"])
    except urllib.error.HTTPError:
        return ""


def test_a_commit_becomes_a_tested_image_in_the_registry(
    engine: Engine, registry: Registry, generated: Generated, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    done = generated.nox("build", "--", "--push", GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 0, done.stdout
    assert re.search(r"1\d passed", done.stdout), done.stdout
    reference = f"{generated.image}:{generated.tag}"
    name = generated.image.partition("/")[2]
    (digest,) = REFERENCE.findall(done.stdout)
    assert digest_in(registry, name, generated.tag) == digest
    image_id = engine.docker("image", "inspect", "--format", "{{.Id}}", reference)
    engine.docker("image", "rm", reference)
    engine.docker("pull", "--quiet", f"{generated.image}@{digest}")
    assert engine.docker("image", "inspect", "--format", "{{.Id}}", f"{generated.image}@{digest}") == image_id
    engine.docker("tag", image_id, reference)
    page = summary.read_text()
    assert f"```\n{reference}\n```" in page
    assert digest in page
    assert re.search(r"nbgitpuller +1\.", page)
    tags = json.load(urllib.request.urlopen(f"http://{registry.address}/v2/{name}/tags/list"))["tags"]
    assert tags == [generated.tag]


def cached_files(engine: Engine, image: str, base: str, folder: Path) -> list[str]:
    """Return the files of package caches in any layer of an image, even if a later layer removes them."""

    def layers(name: str) -> list[str]:
        return list(json.loads(engine.docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", name)))

    engine.docker("save", "--output", str(folder / "image.tar"), image)
    found = []
    with tarfile.open(folder / "image.tar") as archive:
        saved = json.load(archive.extractfile("manifest.json"))[0]["Layers"]  # type: ignore[arg-type]
        for name in saved[len(layers(base)) if base else 0 :]:
            with tarfile.open(fileobj=archive.extractfile(name)) as layer:
                large = [file.name for file in layer if file.isfile() and file.size > 10_000]
                found += [file for file in large if CACHE.search(file)]
    (folder / "image.tar").unlink()
    return found


def test_no_package_cache_is_left_in_any_layer(engine: Engine, generated: Generated, tmp_path: Path) -> None:
    (base,) = bases(generated.path)
    assert cached_files(engine, f"{generated.image}:{generated.tag}", base, tmp_path) == []


@pytest.mark.deep
def test_an_image_without_newer_packages_is_refreshed_and_not_pushed(registry: Registry, generated: Generated) -> None:
    before = registry.tags(generated.image.partition("/")[2])
    done = generated.nox("build", "--", "--push", REFRESH="true")
    assert done.returncode == 0, done.stdout
    assert f"{generated.image}:{generated.tag} has the same packages, so nothing is pushed" in done.stdout
    assert registry.tags(generated.image.partition("/")[2]) == before


@pytest.mark.deep
def test_a_change_to_a_file_that_pangeos_image_does_not_need_installs_nothing(
    engine: Engine, generated: Generated
) -> None:
    if generated.path.name != "pangeo-onbuild":
        pytest.skip("the other starters do not start from Pangeo's base")
    tag = f"{generated.image}:unrelated"

    def layers() -> str:
        engine.build(generated.path, tag)
        return engine.docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", tag)

    before = layers()
    (generated.path / "README.md").write_text("changed\n")
    (generated.path / "image-tests/test_more.py").write_text("")
    environment = generated.path / "environment.yml"
    try:
        assert layers() == before
        environment.write_text(environment.read_text() + "# changed\n")
        assert layers() != before
    finally:
        engine.try_docker("image", "rm", tag)
        git("-C", generated.path, "checkout", "--quiet", ".")
        git("-C", generated.path, "clean", "--quiet", "--force", "image-tests")


def test_a_package_cache_is_found_where_a_later_layer_removes_it(engine: Engine, tmp_path: Path) -> None:
    names = ["root/.cache/pip/http/a", "opt/conda/pkgs/x.conda", "var/lib/apt/lists/main", "home/j/.npm/b"]
    names += ["tmp/pkgs-0/c", "tmp/Rtmp1/downloaded_packages/d"]
    for name in (*names, "opt/conda/lib/pkgs/kept"):
        (tmp_path / "files" / name).parent.mkdir(parents=True)
        (tmp_path / "files" / name).write_bytes(bytes(20_000))
    (tmp_path / "empty").mkdir()
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY files /\nCOPY empty /root\n")
    try:
        engine.build(tmp_path, "our/caches:0")
        assert sorted(cached_files(engine, "our/caches:0", "", tmp_path)) == sorted(names)
    finally:
        engine.try_docker("image", "rm", "our/caches:0")


def test_what_must_be_root_is_done_by_the_appendix(engine: Engine, generated: Generated) -> None:
    if generated.path.name != "environment-yml":
        pytest.skip("the other starters have a Dockerfile")
    said = engine.docker("run", "--rm", f"{generated.image}:{generated.tag}", "sh", "-c", "cat /etc/by-root; id -u")
    assert said.split()[-2:] == ["0", "1000"]


def test_the_next_image_is_compared_with_the_one_before(generated: Generated) -> None:
    if generated.path.name != "environment-yml":
        pytest.skip("one starter will do")
    before = generated.tag
    (generated.path / "data").write_bytes(os.urandom(3_000_000))
    (generated.path / "image-contract/test_contract.py").write_text(PASSES)  # it was run on the image before
    git("-C", generated.path, "add", "--all")
    git("-C", generated.path, "commit", "--quiet", "--message", "Add data")
    done = generated.nox("build", "--", "--push")
    assert done.returncode == 0, done.stdout
    (more,) = re.findall(rf"^ +update  (\d+\.\d) MB of them on a node that has {before}$", done.stdout, re.MULTILINE)
    assert 2.9 < float(more) < 4
