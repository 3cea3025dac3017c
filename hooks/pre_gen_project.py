"""Refuse answers that would make a repository that cannot work: one line that says which, and why.

This file is a template itself, and runs before anything is written. The standard library is all there is.
"""

import importlib.util
import json
import re
import sys
from pathlib import Path

ANSWERS = json.loads(r"""<< cookiecutter | jsonify >>""")
# The rules for names are those that the repository itself keeps, when somebody changes the name later.
(RULES,) = Path(ANSWERS["_repo_dir"]).glob("*cookiecutter.repo*/.github/image_build/image_name.py")

REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
HOSTS = {
    "quay.io": (r"quay\.io", "quay.io"),
    "ghcr.io": (r"ghcr\.io", "ghcr.io"),
    "google-artifact-registry": (r"[a-z]+(-[a-z0-9]+)*-docker\.pkg\.dev", "us-central1-docker.pkg.dev"),
    "amazon-ecr": (
        r"[0-9]{12}\.dkr\.ecr\.[a-z]{2}(-[a-z]+)+-[0-9]\.amazonaws\.com(\.cn)?",
        "000000000000.dkr.ecr.us-east-1.amazonaws.com",
    ),
    "amazon-ecr-public": (r"public\.ecr\.aws", "public.ecr.aws"),
    "azure-container-registry": (r"[a-z0-9]{5,50}\.azurecr\.io", "yourregistry.azurecr.io"),
}
INDEX = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~-]+)*/?")
CONFIGURATION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")


def load_rules() -> object:
    spec = importlib.util.spec_from_file_location("image_name", RULES)
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True  # nothing is to appear in the template
    spec.loader.exec_module(module)
    return module


def host_problem(host: str) -> str | None:
    return load_rules().host_problem(host)


def image_problem(image: str) -> str | None:
    return load_rules().image_problem(image, ANSWERS["registry_host"])


def repo_problem(repo: str) -> str | None:
    if not REPO.fullmatch(repo) or repo.endswith((".git", ".")):
        return f"{repo!r} cannot be the name of a repository: letters, digits, '.', '_' and '-', not first '.' or '-'"
    return None


def text_problem(text: str) -> str | None:
    if not text.strip():
        return "cannot be empty"
    if len(text) > 300:
        return "is longer than 300 characters"
    if any(character in '"\\' or not character.isprintable() for character in text):
        return f"{text!r} has a double quote, a backslash or a line break, which the files cannot hold"
    return None


def registry_host_problem(host: str, registry: str) -> str | None:
    pattern, example = HOSTS[registry]
    if not re.fullmatch(pattern, host, re.ASCII):
        return host_problem(host) or f"{host!r} is no host of {registry}; it looks like {example}"
    return None


def arm64_problem(answer: str) -> str | None:
    """What has no image for ARM: https://github.com/pangeo-data/pangeo-docker-images/issues/396."""
    if answer == "yes" and ANSWERS["starter"] == "pangeo-onbuild":
        return "Pangeo's base image is for amd64 alone; start from environment.yml or docker-stacks, or answer no"
    if answer == "yes" and ANSWERS["builder"] == "repo2docker-action":
        return "jupyterhub/repo2docker-action builds one image for one architecture; take the builder nox, or answer no"
    return None


def configuration_problem(name: str) -> str | None:
    if name and (not CONFIGURATION.fullmatch(name) or name.endswith(("/.", "/.."))):
        return f"{name!r} is no repository on GitHub: OWNER/NAME, or nothing"
    return None


def index_problem(address: str) -> str | None:
    if address and not INDEX.fullmatch(address):
        return f"{address!r} is no address of a package index: https://HOST/PATH without a login, or nothing"
    return None


def problem() -> str | None:
    """The first thing that is wrong, as one line."""
    checks = {
        "repo": repo_problem,
        "title": text_problem,
        "description": text_problem,
        "maintainers": text_problem,
        "registry_host": lambda value: registry_host_problem(value, ANSWERS["registry"]),
        "image": image_problem,
        "arm64": arm64_problem,
        "configuration_repository": configuration_problem,
        "hubimages_index": index_problem,
    }
    for key, check in checks.items():
        found = check(ANSWERS[key])
        if found:
            return f"{key}: {found}"
    return None


if __name__ == "__main__":
    found = problem()
    if found:
        sys.exit(found)
