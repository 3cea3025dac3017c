"""An image is built from a lock, and has what is locked."""

import functools
import importlib.util
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from hubimages import template
from hubimages.environment import read_lock
from hubimages.run import environment
from hubimages.template import Origin
from tests.engine.engine import Engine
from tests.engine.small import Repository, session_error
from tests.engine.stand_ins import PYTHON, bases, stand_ins
from tests.environment.wheels import Quiet
from tests.histories import git

rattler_index = pytest.importorskip(
    "rattler.index", reason="py-rattler is not installed: pip install 'hubimages[lock]'"
)
# Deep, because each repository takes a minute or two.
pytestmark = [pytest.mark.deep, pytest.mark.usefixtures("no_container_left"), pytest.mark.random_order(disabled=True)]

ADDRESS = "https://github.com/example/hubimages"
INDEX = "import asyncio, os, sys; from rattler.index import index_fs; asyncio.run(index_fs(sys.argv[1])); os._exit(0)"
# Starter, format of the lock, and what it is called.
KINDS = [
    ("environment.yml", "conda-lock", "conda-lock.yml"),
    ("environment.yml", "pixi", "pixi.lock"),
    ("docker-stacks", "conda-lock", "conda-lock.yml"),
    ("pangeo-onbuild", "conda-lock", "conda-lock.yml"),
]
LISTING = """
import json, os, pathlib, sys
from importlib.metadata import distributions
prefix = os.environ.get("NB_PYTHON_PREFIX") or os.environ["CONDA_DIR"]
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


@pytest.fixture(scope="module")
def channel(engine: Engine, base_images: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the stand-ins' channel as it was when `refreshed` had no version 2.0; yield its address."""
    folder = tmp_path_factory.mktemp("channel")
    container = engine.docker("create", base_images[0], "true").strip()
    engine.docker("cp", f"{container}:/opt/channel/conda-forge", str(folder))
    engine.docker("rm", container)
    newest = folder / "conda-forge/linux-64/refreshed-2.0-0.conda"
    newest.unlink()
    for file in (folder / "conda-forge").glob("*/repodata*"):
        file.unlink()
    subprocess.run([sys.executable, "-c", INDEX, str(folder / "conda-forge")], check=True)
    handler = functools.partial(Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/conda-forge"
        server.shutdown()


@pytest.fixture(scope="module", params=KINDS, ids=lambda kind: "-".join(kind[:2]))
def locked(
    request: pytest.FixtureRequest,
    engine: Engine,
    published: tuple[Origin, dict[str, str]],
    channel: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Repository, str, str]]:
    """Yield a repository whose lock is committed, its starter and its lock's name."""
    starter, form, name = request.param
    path = tmp_path_factory.mktemp("locked") / starter.replace(".", "-")
    origin, found = published
    answers = {"starter": starter, "python_version": PYTHON, "image": "our/locked"}
    template.plan_new_repository(path, answers, made_from=origin).apply()
    repository = Repository(path, environment({**engine.env, **found, "IMAGE": "127.0.0.1:9/our/locked"}))
    text = (path / "environment.yml").read_text().replace("  - conda-forge", f"  - {channel}")
    text += "  - refreshed\n"
    text += f"  - python={PYTHON}\n" if starter == "docker-stacks" else ""
    # prettytable needs wcwidth, which conda installs: pip must accept that beside hashes.
    text += "" if form == "pixi" else "  - pip\n  - pip:\n      - colorama<0.4.6\n      - prettytable\n"
    (path / "link").symlink_to("README.md")
    repository.write({"environment.yml": text})
    done = session(repository, "lock", "--", f"--format={form}")
    assert done.returncode == 0, done.stdout
    assert "| refreshed | — | 1.0 | linux-64 |" in done.stdout
    repository.write({})
    with stand_ins(engine, *bases(path)):
        yield repository, starter, name
        engine.try_docker("image", "rm", "--force", f"127.0.0.1:9/our/locked:{repository.tag}")


def session(repository: Repository, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a session, with what it installs."""
    return subprocess.run(
        [sys.executable, "-m", "nox", "-s", *words], cwd=repository.path, env=repository.env, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def test_an_image_has_what_is_locked(engine: Engine, locked: tuple[Repository, str, str]) -> None:
    repository, starter, name = locked
    done = session(repository, "build")
    assert done.returncode == 0, done.stdout
    image = f"127.0.0.1:9/our/locked:{repository.tag}"
    conda, pip = json.loads(engine.docker("run", "--rm", image, "python", "-c", LISTING).splitlines()[-1])
    lock = read_lock(repository.path / name)
    wanted = {f"{each.name}={each.version}={each.build}" for each in lock.of("linux-64", "conda")}
    assert "refreshed=1.0=0" in wanted
    assert wanted - set(conda) == set()
    if starter == "pangeo-onbuild":  # whose base image has no package of its own
        assert set(conda) == wanted
    elif starter == "environment.yml":
        more = {each.split("=")[0] for each in set(conda) - wanted}
        assert more <= frozen_by_repo2docker(), more
    assert pip == [f"{each.name}=={each.version}" for each in lock.of("linux-64", "pip")] or name == "pixi.lock"
    listed = engine.docker("run", "--rm", image, "sh", "-c", "cat /srv/repo/environment.yml; readlink /srv/repo/link")
    assert "- refreshed=1.0=0\n" in listed
    assert listed.splitlines()[-1] == "README.md"
    assert git("-C", repository.path, "status", "--porcelain") == ""


def frozen_by_repo2docker() -> set[str]:
    """Return the packages that repo2docker's own lock for this Python installs before the repository's."""
    found = importlib.util.find_spec("repo2docker")  # not imported: it warns
    assert found is not None and found.origin is not None
    folder = Path(found.origin).parent / "buildpacks/conda"
    text = (folder / f"environment.py-{PYTHON}-linux-64.lock").read_text()
    names = [line.rpartition("/")[2].rsplit("-", 2)[0] for line in text.splitlines() if line.startswith("https:")]
    return set(names) | {name.replace("-", "_") for name in names}


def test_a_lock_that_does_not_fit_stops_lint_and_build_with_the_remedy(locked: tuple[Repository, str, str]) -> None:
    repository, _, name = locked
    text = (repository.path / "environment.yml").read_text()
    repository.write({"environment.yml": text.replace("  - refreshed\n", "  - refreshed=2.0\n")})
    try:
        done = session(repository, "build")
        assert f"{name} was made for another environment.yml. Run nox -s lock, and commit both" in done.stdout
        assert session_error(done)
        done = session(repository, "lint")
        assert done.returncode == 1
        assert f"{name}: it was made for another environment.yml, so it cannot be built from" in done.stdout
    finally:
        repository.write({"environment.yml": text})
