"""Judge the steps of a GitHub workflow's job: does it build the image and nothing else?"""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from hubimages.migration.finishing.mentions import texts
from hubimages.migration.finishing.shell import bare, commands

# Actions that only prepare: they leave nothing that another job could miss.
PREPARES = re.compile(
    r"(?:actions/(?:checkout|setup-[\w-]+|cache(?:/[\w-]+)?)"
    r"|docker/(?:login-action|setup-[\w-]+|metadata-action)"
    r"|google-github-actions/(?:auth|setup-gcloud)|aws-actions/(?:configure-aws-credentials|amazon-ecr-login)"
    r"|azure/(?:login|docker-login)"
    r"|conda-incubator/setup-miniconda|mamba-org/[\w-]+|astral-sh/setup-uv"
    r"|jlumbroso/free-disk-space|easimon/maximize-build-space|dorny/paths-filter|tj-actions/changed-files)"
    r"(?:@.*)?",
    re.IGNORECASE,
)
BUILDS = re.compile(
    r"(?:docker/(?:build-push-action|bake-action)|jupyterhub/repo2docker-action|redhat-actions/buildah-build"
    r"|docker://.*kaniko.*)(?:@.*)?",
    re.IGNORECASE,
)
# Commands that only prepare or print, or that act on an image which was built before. What they write is in the
# runner's own files, which go with it.
HARMLESS = re.compile(
    r"(?:(?:python3? -m )?pip3?|uv pip|apt-get|apt) "
    r"|(?:conda|mamba|micromamba) (?:install|create|env|update|config|info|list|activate|init|clean)\b"
    r"|npm (?:ci|install|i)\b|uv (?:sync|venv|version|tool install)\b|python3? -m venv "
    r"|docker (?:login|logout|pull|push|tag|images|info|version|image (?:ls|rm|prune)|rmi|(?:system|builder) prune)\b"
    r"|docker buildx (?:create|use|ls|inspect)\b"
    r"|gcloud (?:--quiet )?(?:auth|components|config)\b|az acr login\b|repo2docker --version"
    r"|aws ecr (?:get-login(?:-password)?|describe-[\w-]+|create-repository)\b"
    r"|git (?:rev-parse|describe|log|diff|fetch|checkout|status|config|show|submodule|lfs|branch --show-current)\b"
    r"|(?:echo|printf|cd|set|export|mkdir|ls|pwd|df|free|date|true|false|which|cat|head|tail|grep|egrep|sed|awk|cut|tr"
    r"|sort|uniq|wc|jq|yq|basename|dirname|sleep|touch|rm|cp|mv|chmod|uname|hostname|id|whoami|test|exit|for|fi|done"
    r"|du|swapoff|type|read|shift|local|declare|readonly|unset|printenv)(?: |$)"
    r"|(?:source|\.) \S*/(?:activate|conda\.sh|\.bashrc|\.profile)\b|source activate\b"
    r"|tee (?:-a )?[\"']?(?:\$\{?GITHUB_\w+\}?|/dev/\w+)[\"']?(?: |$)|\[|:$|\}|< ?\S+$"
)
BUILD_COMMAND = re.compile(
    r"(?:docker (?:build|buildx build|image build)|podman build|buildah (?:bud|build)"
    r"|(?:jupyter-)?repo2docker|python3? -m repo2docker|hubploy (?:--?\w+ )*build|chartpress|nox -s build)(?: |$)"
)


def more_than_building(job: Mapping[str, Any], names_it: re.Pattern[str]) -> str:
    """Return what a job does besides building the image, "" for nothing.

    `names_it`: the pattern of the image's directory, or of the name that it is built by.
    """
    called = job.get("uses")
    if isinstance(called, str):
        file = called.partition("@")[0].rpartition("/")[2].lower()
        return "" if "build" in file and "deploy" not in file else f"it calls {called}"
    steps = job.get("steps")
    if not isinstance(steps, list) or not steps:
        return "its steps cannot be read"
    everywhere = bool(names_it.search("\n".join(texts({key: job.get(key) for key in ("env", "defaults", "strategy")}))))
    for number, step in enumerate(steps, 1):
        if not isinstance(step, dict):
            return f"step {number} cannot be read"
        if problem := _more(step, names_it, everywhere=everywhere):
            return f"step {number} {problem}"
    return ""


def _more(step: Mapping[str, Any], names_it: re.Pattern[str], *, everywhere: bool) -> str:
    """Return what one step does besides building the image; `everywhere`: the whole job is about its directory."""
    uses, run = step.get("uses"), step.get("run")
    own = everywhere or bool(names_it.search("\n".join(texts({**step, "run": ""}))))
    if isinstance(uses, str):
        if PREPARES.fullmatch(uses) or (BUILDS.fullmatch(uses) and own):
            return ""
        return f"uses {uses}" + (" for another directory" if BUILDS.fullmatch(uses) else "")
    if not isinstance(run, str):
        return "has neither `uses` nor `run`"
    for line in commands(run):
        command = bare(line)
        own = own or (command.startswith("cd ") and bool(names_it.search(line)))
        if BUILD_COMMAND.match(command):
            if not (own or names_it.search(line)):
                return f"builds something else: {shortened(line)}"
        elif command and not HARMLESS.match(command):
            return f"runs {shortened(line)}"
    return ""


def shortened(line: str) -> str:
    """Return the beginning of a command."""
    return shlex.quote(line) if len(line) <= 60 else f"{line[:57]}..."
