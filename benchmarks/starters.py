"""A repository of each starter with one package from PyPI, and its image, for the benchmarks of builds and pulls."""

import subprocess
import sys
import time
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hubimages import template
from hubimages.run import environment
from tests.engine.engine import Engine
from tests.engine.stand_ins import PYTHON, R_BASE_CONFIGURATION

STARTERS = tuple(next(each.choices for each in template.questions() if each.key == "starter"))
IMAGE = "hubimages-benchmark"
# Without what the engine has kept from builds before, but keeping what this one makes.
COLD = ("--DockerEngine.extra_buildx_build_args=--no-cache",)
COMMENTED = "# RUN pip install --no-cache-dir \\\n#     some-package==1.2.3\n"


def make(repository: Path, starter: str) -> None:
    """Render a starter with the Python that the stand-ins have."""
    template.plan_new_repository(repository, {"starter": starter, "python_version": PYTHON}).apply()
    if starter == "r":
        (repository / "repo2docker_config.py").write_text(R_BASE_CONFIGURATION)


def ask_for(engine: Engine, repository: Path, package: str) -> None:
    """Ask for one package from PyPI (`NAME==VERSION`), or none, in a file as no earlier build has had it."""
    mark = f"# {uuid.uuid4()}"
    dockerfile = repository / "Dockerfile"
    if (repository / "pixi.toml").exists():
        name, _, version = package.partition("==")
        asked = (repository / "pixi.toml").read_text().partition("[pypi-dependencies]\n")
        before = asked[0].removesuffix("# ")
        line = f'{name} = "=={version}" {mark}\n' if name else ""
        (repository / "pixi.toml").write_text(f"{before}[pypi-dependencies]\n{line}")
        nox(engine, repository, "lock")
    elif dockerfile.exists() and "pangeo" in dockerfile.read_text():
        original = repository / "Dockerfile.original"
        if not original.exists():
            original.write_text(dockerfile.read_text())
        said = original.read_text()
        if COMMENTED not in said:
            raise SystemExit("the starter pangeo-onbuild has no place for packages from PyPI any more")
        dockerfile.write_text(said.replace(COMMENTED, f"RUN pip install --no-cache-dir {package} {mark}\n"))
    else:
        asked = (repository / "environment.yml").read_text().partition("  - pip\n")[0]
        (repository / "environment.yml").write_text(f"{asked}  - pip\n  - pip:\n      - {package}\n{mark}\n")


def nox(engine: Engine, repository: Path, session: str) -> None:
    """Run a session of the repository."""
    argv = [sys.executable, "-m", "nox", "-s", session]
    done = subprocess.run(argv, cwd=repository, env=environment(engine.env), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit((done.stdout + done.stderr).decode(errors="replace")[-3000:])


def build(engine: Engine, repository: Path, *options: str, image: str = IMAGE) -> float:
    """Build with the options of the generated noxfile.py; seconds."""
    argv = [sys.executable, "-m", "repo2docker", "--no-run", "--user-id", "1000", "--user-name", "jovyan"]
    argv += ["--target-repo-dir", "/srv/repo", "--image-name", image, *options, "."]
    engine.try_docker("image", "rm", image)  # with an image of this name repo2docker would build none
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=repository, env=environment(engine.env), capture_output=True, check=False)
    if done.returncode:
        raise SystemExit(f"the build failed:\n{(done.stdout + done.stderr).decode(errors='replace')[-3000:]}")
    return time.perf_counter() - begin


def check_version(engine: Engine, image: str, package: str) -> None:
    """Stop unless the image has what was asked for last: a fast build of something else is worth nothing."""
    name, _, version = package.partition("==")
    question = f"import importlib.metadata; print(importlib.metadata.version({name!r}))"
    found = engine.docker("run", "--rm", image, "python", "-c", question).splitlines()[-1]
    if found != version:
        raise SystemExit(f"the image has {name} {found}, not {version}")
