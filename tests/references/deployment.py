"""Small deployment repositories in the layouts that people have."""

import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

from hubimages.references import Inventory, Reference, find_references


def deployment(root: Path, files: Mapping[str, str]) -> Path:
    """A git repository with the files, all committed."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(textwrap.dedent(text), encoding="utf-8", newline="")
    for args in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "Deploy"]):
        subprocess.run(["git", "-C", str(root), *args], check=True)
    return root


def references_in(tmp_path: Path, text: str, name: str = "values.yaml") -> list[tuple[int, str, str]]:
    """Line, values path and image of every reference of one file."""
    return [shown(each) for each in inventory_of(tmp_path, {name: text}).references]


def inventory_of(tmp_path: Path, files: Mapping[str, str]) -> Inventory:
    """What is found in a repository with these files."""
    return find_references(deployment(tmp_path / "deployment", files))


def shown(reference: Reference) -> tuple[int, str, str]:
    image = str(reference.image) if reference.image else f":{reference.tag}"
    return reference.line, reference.values_path, image


def run_by(inventory: Inventory) -> list[tuple[str, str, tuple[str, ...]]]:
    """File and line, image, and the hubs that run it."""
    return [(f"{each.file}:{each.line}", shown(each)[2], each.hubs) for each in inventory.references]


CLUSTERS = {
    "config/clusters/leap/cluster.yaml": """\
        name: leap
        support:
          helm_chart_values_files: [support.values.yaml]
        hubs:
        - name: staging
          helm_chart: daskhub
          helm_chart_values_files: [common.values.yaml, staging.values.yaml, enc-staging.secret.values.yaml]
        - name: prod
          helm_chart: daskhub
          helm_chart_values_files:
          - common.values.yaml
          - prod.values.yaml
        """,
    "config/clusters/leap/enc-staging.secret.values.yaml": """\
        basehub:
          imagePullSecret: ENC[AES256_GCM,data:abc,type:str]
        sops:
          version: 3.8.1
        """,
    "helm-charts/daskhub/Chart.yaml": """\
        name: daskhub
        dependencies:
        - name: basehub
          version: 0.1.0
          repository: file://../basehub
        """,
    "helm-charts/daskhub/values.yaml": "basehub: {}\n",
    "helm-charts/basehub/Chart.yaml": "name: basehub\n",
    "helm-charts/basehub/values.yaml": """\
        jupyterhub:
          hub:
            image:
              name: quay.io/2i2c/pilot-hub
              tag: 0.0.1-0.dev.git.16666.h2707c010b
        """,
}
