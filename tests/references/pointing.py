"""A deployment repository of the kind people have, and the command run on it."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests import command

IMAGE = "quay.io/group/image"

# Two hubs of a cluster share a file; a third has its own. One name begins another, one tag stands in prose.
FILES = {
    "config/clusters/uni/cluster.yaml": """\
name: uni
hubs:
  - name: staging
    helm_chart_values_files: [common.values.yaml, staging.values.yaml]
  - name: prod
    helm_chart_values_files: [common.values.yaml]
""",
    "config/clusters/uni/common.values.yaml": """\
jupyterhub:
  singleuser:
    image: # the tag 0a1b2c3d4e5f is explained below
      name: quay.io/group/image
      tag: 0a1b2c3d4e5f  # 0a1b2c3d4e5f
    profileList:
      - display_name: Choose
        slug: choose
        profile_options:
          image:
            choices:
              long:
                display_name: The longer one
                kubespawner_override: {image: "quay.io/group/image-long:0a1b2c3d4e5f"}
              same:
                display_name: The same one
                kubespawner_override:
                  image: quay.io/group/image:0a1b2c3d4e5f
""",
    "config/clusters/uni/staging.values.yaml": "jupyterhub:\r\n  singleuser:\r\n    defaultUrl: /lab\r\n",
    "config/clusters/other/cluster.yaml": """\
name: other
hubs:
  - name: prod
    helm_chart_values_files: [prod.values.yaml]
""",
    "config/clusters/other/prod.values.yaml": """\
basehub:
  jupyterhub:
    singleuser: {image: {tag: '0a1b2c3d4e5f', name: quay.io/group/image}}
""",
}
# Three images in one file, in every form; a fourth beside one of them stays.
SHARED = """\
jupyterhub:
  singleuser:
    image: {name: quay.io/group/first, tag: "1.0.0"}
    extraContainers:
      - {name: side, image: 'quay.io/group/second:1.0.0'}
    profileList:
      - display_name: First
        kubespawner_override: {image: 'quay.io/group/first:1.0.0'}
      - display_name: Second
        kubespawner_override:
          image: quay.io/group/second:1.0.0
      - display_name: Third
        kubespawner_override:
          image: "quay.io/group/third:1.0.0" # third
      - display_name: Fourth
        kubespawner_override: {image: 'quay.io/group/fourth:1.0.0'}
"""
COMMON = "config/clusters/uni/common.values.yaml"
OTHER = "config/clusters/other/prod.values.yaml"


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout


def make_deployment(root: Path, files: Mapping[str, str] = FILES) -> Path:
    """A repository with the files as its first commit."""
    root.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    write(root, files)
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    return root


def write(root: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())


def hubimages(root: Path, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """The command in a repository, as a script runs it: nobody to ask."""
    return command.hubimages(*args, f"--repo={root}", env={**os.environ, **env})


def changed_lines(root: Path, *args: str) -> list[str]:
    """The lines that differ, as `file -old` and `file +new`."""
    lines, file = [], ""
    for line in git(root, "diff", "-U0", *args).splitlines():
        if line.startswith("+++ b/"):
            file = line.removeprefix("+++ b/")
        elif line[:1] in "+-" and not line.startswith(("+++", "---")):
            lines.append(f"{file} {line}")
    return lines
