"""An environment is solved, locked, built from its lock, pushed and refreshed, with each starter."""

import functools
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from hubimages import template
from hubimages.environment import read_lock
from hubimages.run import environment
from hubimages.template import Origin
from tests.engine.engine import Engine
from tests.engine.registry import Registry
from tests.engine.small import PASSES, Repository, session_error
from tests.engine.stand_ins import PYTHON, R_BASE_CONFIGURATION, bases, stand_ins
from tests.engine.unsteady import Fault, unsteady
from tests.environment.wheels import Quiet
from tests.histories import git
from tests.serving import serving

rattler_index = pytest.importorskip(
    "rattler.index", reason="py-rattler is not installed: pip install 'hubimages[lock]'"
)
# Deep, because each repository takes some minutes.
pytestmark = [
    pytest.mark.deep,
    pytest.mark.timeout(1800),
    pytest.mark.usefixtures("no_container_left"),
    pytest.mark.random_order(disabled=True),
]

ADDRESS = "https://github.com/example/hubimages"
INDEX = "import asyncio, os, sys; from rattler.index import index_fs; asyncio.run(index_fs(sys.argv[1])); os._exit(0)"
# Starter, format of the lock, and what it is called.
KINDS = [
    ("environment.yml", "conda-lock", "conda-lock.yml"),
    ("environment.yml", "pixi", "pixi.lock"),
    ("docker-stacks", "conda-lock", "conda-lock.yml"),
    ("pangeo-onbuild", "conda-lock", "conda-lock.yml"),
    ("r", "conda-lock", "conda-lock.yml"),
    ("pixi", "pixi", "pixi.lock"),
]
CHANNELS = "/opt/channel"  # in the stand-ins
# Docker itself gives up after five of the first, and repeats none of the second.
FAULTS = (Fault("PUT .*/blobs/uploads/", 502, 7), Fault("PUT .*/manifests/", 502, 2))
LISTING = """
import json, os, pathlib, sys
from importlib.metadata import distributions
prefix = os.environ.get("NB_PYTHON_PREFIX") or os.environ.get("CONDA_DIR") or sys.prefix
records = [json.loads(path.read_text()) for path in pathlib.Path(prefix, "conda-meta").glob("*.json")]
conda = sorted("=".join((each["name"], each["version"], each["build"])) for each in records)
NAMES = ("colorama", "prettytable")
print(json.dumps([conda, sorted(f"{each.name}=={each.version}" for each in distributions() if each.name in NAMES)]))
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Origin, dict[str, str]]:
    """Return where to install this copy of hubimages from, and the environment in which git finds it."""
    root = template.template_directory()
    path = tmp_path_factory.mktemp("published") / "hubimages"
    for name in git("-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (root / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, path / name)
    for argv in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Copy"]):
        git("-C", path, *argv)
    key = f"url.file://{path}.insteadOf"
    found = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": key, "GIT_CONFIG_VALUE_0": ADDRESS}
    return Origin(ADDRESS, git("-C", path, "rev-parse", "HEAD").strip()), found


@dataclass(frozen=True)
class Channel:
    """A channel that a server here offers, in a folder."""

    address: str
    folder: Path

    def offer(self, *versions: str) -> None:
        """Offer these versions of the package `refreshed`, and what else there is."""
        for package in (self.folder / "linux-64").glob("refreshed-*"):
            package.rename(self.folder.parent / package.name)
        for version in versions:
            name = f"refreshed-{version}-0.conda"
            (self.folder.parent / name).rename(self.folder / "linux-64" / name)
        for file in self.folder.glob("*/repodata*"):
            file.unlink()
        subprocess.run([sys.executable, "-c", INDEX, str(self.folder)], check=True)


@pytest.fixture(scope="module")
def channel(
    engine: Engine, base_images: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Channel]:
    """Serve the stand-ins' channel."""
    folder = tmp_path_factory.mktemp("channel")
    container = engine.docker("create", base_images[0], "true").strip()
    engine.docker("cp", f"{container}:{CHANNELS}/conda-forge", str(folder))
    engine.docker("rm", container)
    handler = functools.partial(Quiet, directory=str(folder))
    with serving(handler) as address:
        yield Channel(f"http://{address}/conda-forge", folder / "conda-forge")


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: "-".join(kind[:2]))
def locked(
    request: pytest.FixtureRequest,
    engine: Engine,
    registry: Registry,
    published: tuple[Origin, dict[str, str]],
    channel: Channel,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Repository, str, str]]:
    """Yield a repository whose environment is solved and locked, its starter and its lock's name."""
    starter, form, name = request.param
    path = tmp_path_factory.mktemp("locked") / starter.replace(".", "-")
    origin, found = published
    template.plan_new_repository(path, {"starter": starter, "python_version": PYTHON}, made_from=origin).apply()
    image = f"{registry.address}/our/locked-{starter}-{form}"
    repository = Repository(path, environment({**engine.env, **found, "IMAGE": image}))
    (path / "link").symlink_to("README.md")
    if starter == "r":
        (path / "repo2docker_config.py").write_text(R_BASE_CONFIGURATION)
    channel.offer("1.0")
    ask_for_refreshed(path, starter, form, channel.address)
    repository.write({})
    with stand_ins(engine, *bases(path)):
        if starter in ("environment.yml", "r"):
            solved = session(repository, "solve")
            assert "can be installed together" in solved.stdout, solved.stdout
        done = session(repository, "lock", *(() if starter == "pixi" else ("--", f"--format={form}")))
        assert done.returncode == 0, done.stdout
        assert "| refreshed | — | 1.0 | linux-64 |" in done.stdout or starter == "pixi"
        repository.write({})
        yield repository, starter, name
        made = engine.docker("image", "ls", "--quiet", image).split()
        engine.try_docker("image", "rm", "--force", *set(made))


def ask_for_refreshed(path: Path, starter: str, form: str, channel: str) -> None:
    """Add the package of which there will be a newer version, and packages from PyPI if the format can lock them."""
    if starter == "pixi":
        # The stand-in for pixi has a channel of its own, with both versions.
        file = path / "pixi.toml"
        file.write_text(file.read_text().replace("\n# Your packages", '\nrefreshed = "<2"\n# Your packages'))
        return
    file = path / "environment.yml"
    lines = ["  - refreshed"]
    lines += [f"  - python={PYTHON}"] if starter == "docker-stacks" else []
    # prettytable needs wcwidth, which conda installs: pip must accept that beside hashes.
    lines += [] if form == "pixi" else ["  - pip", "  - pip:", "      - colorama<0.4.6", "      - prettytable"]
    file.write_text(file.read_text().replace("  - conda-forge", f"  - {channel}") + "\n".join(lines) + "\n")


def session(repository: Repository, *words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a session. uv installs faster, if there is one; the contract needs pip beside it."""
    backend = ("--default-venv-backend", "uv") if shutil.which("uv") else ()
    return subprocess.run(
        [sys.executable, "-m", "nox", *backend, "-s", *words], cwd=repository.path,
        env={**repository.env, "UV_VENV_SEED": "1", **env}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def installed(engine: Engine, repository: Repository) -> tuple[set[str], list[str]]:
    """Return the conda packages in the repository's image, with version and build, and two of the pip packages."""
    image = f"{repository.env['IMAGE']}:{repository.tag}"
    conda, pip = json.loads(engine.docker("run", "--rm", image, "python", "-c", LISTING).splitlines()[-1])
    return set(conda), pip


def test_a_locked_image_has_what_is_locked_and_is_pushed_though_the_registry_fails_in_between(
    engine: Engine, registry: Registry, locked: tuple[Repository, str, str]
) -> None:
    repository, starter, name = locked
    image, local = repository.env["IMAGE"], f"{repository.env['IMAGE']}:{repository.tag}"
    repository_name = image.partition("/")[2]
    with unsteady(registry.address, *(replace(fault) for fault in FAULTS)) as line:
        through = f"{line.address}/{repository_name}"
        done = session(repository, "build", "--", "--push", IMAGE=through, PATIENCE="240")
        assert done.returncode == 0, done.stdout
        engine.docker("tag", f"{through}:{repository.tag}", local)
        engine.docker("image", "rm", f"{through}:{repository.tag}")
    assert [fault.times for fault in line.faults] == [0, 0]
    assert f"digest  {registry.digest(repository_name, repository.tag)}\n" in done.stdout
    conda, pip = installed(engine, repository)
    lock = read_lock(repository.path / name)
    wanted = {f"{each.name}={each.version}={each.build}" for each in lock.of("linux-64", "conda")}
    assert "refreshed=1.0=0" in wanted
    assert wanted - conda == set()
    if starter == "pangeo-onbuild":  # whose base image has no package of its own
        assert conda == wanted
    elif starter == "environment.yml":
        more = {each.split("=")[0] for each in conda - wanted}
        assert more <= frozen_by_repo2docker(), more
    assert pip == [f"{each.name}=={each.version}" for each in lock.of("linux-64", "pip")] or name == "pixi.lock"
    if starter != "pixi":
        listed = engine.docker(
            "run", "--rm", local, "sh", "-c", "cat /srv/repo/environment.yml; readlink /srv/repo/link"
        )
        assert "- refreshed=1.0=0\n" in listed
        assert listed.splitlines()[-1] == "README.md"
    assert git("-C", repository.path, "status", "--porcelain") == ""


def test_a_newer_lock_gives_an_image_with_the_newer_package(
    engine: Engine, registry: Registry, locked: tuple[Repository, str, str], channel: Channel
) -> None:
    repository, starter, name = locked
    channel.offer("1.0", "2.0")
    earlier = repository.tag
    if starter == "pixi":
        text = (repository.path / "pixi.toml").read_text()
        repository.write({"pixi.toml": text.replace('refreshed = "<2"', 'refreshed = "*"')})
    done = session(repository, "lock", "--", "--commit")
    assert done.returncode == 0, done.stdout
    assert "| refreshed | 1.0 | 2.0 | linux-64 |" in done.stdout
    assert git("-C", repository.path, "log", "-1", "--format=%s") == f"Refresh {name}"
    assert git("-C", repository.path, "status", "--porcelain") == ""
    repository.write({"image-contract/test_contract.py": PASSES})  # it was run on the image before
    done = session(repository, "build", "--", "--push")
    assert done.returncode == 0, done.stdout
    assert "refreshed=2.0=0" in installed(engine, repository)[0]
    tags = registry.tags(repository.env["IMAGE"].partition("/")[2])  # with those of the images' SBOMs
    assert [tag for tag in tags if not tag.startswith("sha256-")] == sorted([earlier, repository.tag])


def test_a_refresh_of_a_locked_image_finds_the_same_packages_and_pushes_nothing(
    registry: Registry, locked: tuple[Repository, str, str]
) -> None:
    repository, _, _ = locked
    name = repository.env["IMAGE"].partition("/")[2]
    before = registry.tags(name)
    done = session(repository, "build", "--", "--push", REFRESH="true")
    assert done.returncode == 0, done.stdout
    assert f"{repository.tag} has the same packages, so nothing is pushed" in done.stdout
    assert registry.tags(name) == before


def frozen_by_repo2docker() -> set[str]:
    """Return the packages that repo2docker's own lock for this Python installs before the repository's."""
    found = importlib.util.find_spec("repo2docker")  # not imported: it warns
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "buildpacks/conda"
    text = (folder / f"environment.py-{PYTHON}-linux-64.lock").read_text()
    names = [line.rpartition("/")[2].rsplit("-", 2)[0] for line in text.splitlines() if line.startswith("https:")]
    return set(names) | {name.replace("-", "_") for name in names}


def test_a_lock_that_does_not_fit_stops_lint_and_build_with_the_remedy(locked: tuple[Repository, str, str]) -> None:
    repository, starter, name = locked
    if starter == "pixi":
        pytest.skip("pixi itself refuses a lock that does not fit pixi.toml")
    text = (repository.path / "environment.yml").read_text()
    # A version that no lock of these tests has: pixi.lock is judged by what is locked.
    repository.write({"environment.yml": text.replace("  - refreshed\n", "  - refreshed=3.0\n")})
    try:
        done = session(repository, "build")
        assert f"{name} was made for another environment.yml. Run nox -s lock, and commit both" in done.stdout
        assert session_error(done)
        done = session(repository, "lint")
        assert done.returncode == 1
        assert f"{name}: it was made for another environment.yml, so it cannot be built from" in done.stdout
    finally:
        repository.write({"environment.yml": text})
