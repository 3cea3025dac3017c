"""Stand-ins for the base images of user images, for machines that cannot pull the originals."""

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from hubimages.run import attempt, read
from tests.engine.engine import DEBIAN, PACKAGES_OF_STAND_INS, Engine

SOURCE = Path(__file__).parent / "images"
# The name in a `FROM` line, up to its tag, and the stage of images/Dockerfile that stands in for it.
STAGES = {
    "buildpack-deps": "buildpack-deps",
    "docker.io/library/buildpack-deps": "buildpack-deps",
    "buildpack-deps-r": "buildpack-deps-r",
    "pangeo/base-image": "pangeo",
    "ghcr.io/prefix-dev/pixi": "pixi",
    "quay.io/pangeo/base-image": "pangeo",
    "quay.io/jupyter/docker-stacks-foundation": "docker-stacks",
    "quay.io/jupyter/base-notebook": "docker-stacks",
    "quay.io/jupyter/minimal-notebook": "docker-stacks",
    "quay.io/jupyter/scipy-notebook": "docker-stacks",
}
LABEL = "org.hubimages.stand-in"
# What repo2docker starts from in tests of the R starter, since its own base gets R from conda-forge.
R_BASE = "buildpack-deps-r:24.04"
R_BASE_CONFIGURATION = f'c.Repo2Docker.base_image = "{R_BASE}"  # noqa: F821\n'
PYTHON = "3.13"  # the only version in the channel: an environment.yml built here must ask for it


FROM = re.compile(r"^FROM\s+(?:--\S+\s+)*(\S+)", re.MULTILINE | re.IGNORECASE)


@cache
def repo2docker_base() -> str:
    """Return repo2docker's default base for environment.yml, which changes with its releases."""
    question = "from repo2docker.app import Repo2Docker; print(Repo2Docker.base_image.default_value)"
    return read(sys.executable, "-c", question, cwd=Path("/")).decode().strip()


def bases(repository: Path) -> list[str]:
    """Return the base images of a user-image repository that have a stand-in."""
    for directory in (repository, repository / "binder", repository / ".binder"):
        if (directory / "Dockerfile").exists():
            names = FROM.findall((directory / "Dockerfile").read_text())
            return [name for name in names if name.rpartition(":")[0] in STAGES]
    if (repository / "repo2docker_config.py").exists():
        return [R_BASE]
    return [repo2docker_base()]


@contextmanager
def stand_ins(engine: Engine, *names: str) -> Iterator[None]:
    """Provide an image of every name (`host/name:tag`): a stand-in if the engine has none, removed afterwards.

    An image that is there already, and is not ours, stays and is used: on a person's engine it is the original.
    A stand-in that is there already is brought up to date, and stays too.
    """
    missing = [name for name in names if not engine.has_image(name)]
    made = [name for name in names if name in missing or is_stand_in(engine, name)]
    with tempfile.TemporaryDirectory() as folder:
        context = Path(folder) / "images"
        shutil.copytree(SOURCE, context)
        write_machine_configuration(context / "machine")
        for name in made:
            stage = STAGES[name.rpartition(":")[0]]
            packages = " ".join(PACKAGES_OF_STAND_INS)
            arguments = ("--build-arg", f"DEBIAN={DEBIAN}", "--build-arg", f"PACKAGES={packages}")
            engine.build(context, name, "--target", stage, *arguments)
    try:
        yield
    finally:
        for name in missing:
            engine.try_docker("image", "rm", name)


def is_stand_in(engine: Engine, name: str) -> bool:
    """Return True if these tests made the image, now or before."""
    done = engine.try_docker("image", "inspect", "--format", "{{json .Config.Labels}}", name)
    return done.returncode == 0 and LABEL in (json.loads(done.stdout) or {})


def write_machine_configuration(directory: Path) -> None:
    """Write what images need to reach this machine's package index: pip's configuration and the trusted certificates.

    It is read when an image is made, since it differs from machine to machine, and is usually empty.
    """
    (directory / "ssl").mkdir(parents=True)
    lines = ["[global]"]
    listed = attempt("python3", "-m", "pip", "config", "list", cwd=directory).stdout.decode()
    said = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    settings = {name.split(".", 1)[1]: value.strip("'") for name, value in said.items()}
    for name in ("index-url", "extra-index-url", "trusted-host", "default-timeout"):
        # an image cannot reach addresses in the machine's file system
        values = [value for value in settings.get(name, "").split() if not value.startswith("file:")]
        if values:
            lines.append(f"{name} = {' '.join(values)}")
    certificates = os.environ.get("PIP_CERT") or settings.get("cert") or os.environ.get("REQUESTS_CA_BUNDLE")
    if certificates and Path(certificates).is_file():
        shutil.copy(certificates, directory / "ssl/machine.crt")
        lines.append("cert = /etc/ssl/machine.crt")
    (directory / "pip.conf").write_text("\n".join(lines) + "\n")
