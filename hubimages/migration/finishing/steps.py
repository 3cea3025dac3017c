"""Judge the steps of a GitHub workflow's job: does it build the image and nothing else?"""

import re
import shlex
from collections.abc import Mapping
from typing import Any

from hubimages.migration.finishing.mentions import texts

# Actions that only prepare: they leave nothing that another job could miss.
PREPARES = re.compile(
    r"(?:actions/(?:checkout|setup-[\w-]+|cache(?:/[\w-]+)?)"
    r"|docker/(?:login-action|setup-[\w-]+|metadata-action)"
    r"|google-github-actions/(?:auth|setup-gcloud)|aws-actions/[\w-]+|azure/(?:login|docker-login)"
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
# Commands that only prepare, or that act on an image which was built before.
HARMLESS = re.compile(
    r"(?:pip|pip3|python3? -m pip|uv pip|apt-get|apt|sudo apt-get|conda|mamba|npm) "
    r"|docker (?:login|pull|push|tag|images|info|version|system|image ls)\b|docker buildx (?:create|use|ls)\b"
    r"|gcloud (?:auth|components|--quiet auth)\b|aws ecr\b|az acr login\b|repo2docker --version"
    r"|(?:echo|printf|cd|set|export|mkdir|ls|pwd|df|free|date|true|env|which|source)(?: |$)|[A-Za-z_]\w*=\S*$|\[|:$"
    r"|(?:if|then|else|elif|fi|for|do|done|while)(?: |$)"
)
BUILD_COMMAND = re.compile(
    r"(?:[A-Za-z_]\w*=\S* )*(?:docker (?:build|buildx build|image build)|podman build|buildah (?:bud|build)"
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
        own = own or (line.startswith("cd ") and bool(names_it.search(line)))
        if BUILD_COMMAND.match(line):
            if not (own or names_it.search(line)):
                return f"builds something else: {shortened(line)}"
        elif not HARMLESS.match(line):
            return f"runs {shortened(line)}"
    return ""


def commands(run: str) -> list[str]:
    """Return the commands of a shell script, joined over line ends and split at `&&`, `||`, `;` and `|`."""
    joined = re.sub(r"\\\n[ \t]*", " ", run)
    found = []
    for line in joined.split("\n"):
        if line.strip().startswith("#"):
            continue
        for part in re.split(r"&&|\|\||;|(?<!\|)\|(?!\|)", line):
            words = re.sub(r"\s+", " ", part).strip()
            if words:
                found.append(words)
    return found


def shortened(line: str) -> str:
    """Return the beginning of a command."""
    return shlex.quote(line) if len(line) <= 60 else f"{line[:57]}..."
