"""Deployment repositories whose charts say which JupyterHub runs, and images with a JupyterHub of their own."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from hubimages.hub_image import Asker, Checked, Effort, check_jupyterhubs
from hubimages.references import find_references
from tests import command
from tests.contents.published import SITE, archive, dist, push
from tests.engine.registry import Registry
from tests.references.deployment import deployment
from tests.registry.images import Publisher

CHART = """\
apiVersion: v2
name: basehub
version: 0.1.0
dependencies:
- name: jupyterhub
  version: {version}
  repository: https://hub.jupyter.org/helm-chart/
"""
CLUSTER = """\
name: leap
hubs:
- name: staging
  helm_chart: basehub
  helm_chart_values_files: [common.values.yaml, staging.values.yaml]
- name: prod
  helm_chart: basehub
  helm_chart_values_files: [common.values.yaml, prod.values.yaml]
"""
IMAGE = """\
jupyterhub:
  singleuser:
    image:
      name: {name}
      tag: "{tag}"
"""


def image(registry: Registry, name: str, tag: str, **packages: str) -> str:
    """Push an image with these Python packages, and return its name without the tag."""
    layer = {
        f"{SITE}/{each}-{version}.dist-info/METADATA": dist(each.replace("_", "-"), version)
        for each, version in packages.items()
    }
    push(Publisher(registry, name), [archive({"etc/os-release": "x", **layer})], tag)
    return f"{registry.address}/{name}"


def clusters(root: Path, version: str, files: Mapping[str, str]) -> Path:
    """Make a repository in the layout of 2i2c, with these values files of its cluster."""
    values = {f"config/clusters/leap/{name}.values.yaml": text for name, text in files.items()}
    values = {f"config/clusters/leap/{name}.values.yaml": "{}\n" for name in ("common", "staging", "prod")} | values
    chart = {"helm-charts/basehub/Chart.yaml": CHART.format(version=version), "helm-charts/basehub/values.yaml": "{}\n"}
    return deployment(root, {"config/clusters/leap/cluster.yaml": CLUSTER, **chart, **values})


def hubimages(*words: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a task without a terminal."""
    return command.hubimages(*words, cwd=cwd, env={**os.environ, **env})


def checked(repo: Path, effort: Effort = Effort.LAYERS) -> Checked:
    """Return what is found about the JupyterHubs of a repository."""
    return check_jupyterhubs(repo, find_references(repo), Asker(effort, lambda line: None, lambda question: True))


def rows(found: Checked) -> list[tuple[str, str, str]]:
    """Return code, grade and place of each finding."""
    return [(each.code, each.grade, f"{Path(each.file or '').name}:{each.line}") for each in found.findings]
