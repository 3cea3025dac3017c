"""Refuse answers that would make a repository that cannot work: one line that says which, and why.

This file is a template itself, and runs before anything is written. The standard library is all there is.
"""

import json
import re
import sys

ANSWERS = json.loads(r"""<< cookiecutter | jsonify >>""")

REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
# One part of an image's name: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
PART = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*")
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
REFUSED_HOSTS = {
    "docker.io": "Docker Hub limits how often an image may be pulled, which stops servers from starting",
    "gcr.io": "Google Container Registry has been shut down; its successor is google-artifact-registry",
}


def host_problem(host: str) -> str | None:
    for refused, reason in REFUSED_HOSTS.items():
        if host == refused or host.endswith("." + refused) or (refused == "docker.io" and host == "hub.docker.com"):
            return f"{host!r} is not supported: {reason}"
    return None


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


def image_problem(image: str, registry: str) -> str | None:
    if not image.strip():
        return "cannot be empty: organisation/name"
    first, _, rest = image.partition("/")
    has_host = bool(rest) and ("." in first or ":" in first or first == "localhost")
    parts = image.split("/")
    problems = (
        (any(character.isspace() for character in image), "has a space in it"),
        ("://" in image, "is an address; the name alone is needed: organisation/name"),
        (has_host, f"has the registry's host in it; leave it out: {rest}"),
        (image != image.lower(), f"has capitals, which no registry takes: {image.lower()}"),
        (":" in image or "@" in image, "has a tag or digest; leave it out: every commit gets its own tag"),
        (
            len(image) > 200 or not all(PART.fullmatch(part) for part in parts),
            "is no name of an image: lower case letters and digits, with single '.', '_' or '-' between",
        ),
        (parts[-1] == "latest", "calls the image 'latest', which is the name of a tag; say what the image is"),
    )
    found = next((problem for wrong, problem in problems if wrong), None)
    if found is None:
        return parts_problem(image, len(parts), registry)
    return (has_host and host_problem(first)) or f"{image!r} {found}"


def parts_problem(image: str, parts: int, registry: str) -> str | None:
    if registry == "quay.io" and parts != 2:
        return f"{image!r} must have two parts on quay.io: organisation/name"
    if registry in ("ghcr.io", "amazon-ecr-public") and parts < 2:
        return f"{image!r} lacks its first part: " + ("owner/name" if registry == "ghcr.io" else "alias/name")
    if registry == "google-artifact-registry" and parts < 3 and not image.startswith("your-organisation/"):
        return f"{image!r} must have three parts in Google Artifact Registry: project/repository/image"
    return None


def problem() -> str | None:
    """The first thing that is wrong, as one line."""
    checks = {
        "repo": repo_problem,
        "title": text_problem,
        "description": text_problem,
        "maintainers": text_problem,
        "registry_host": lambda value: registry_host_problem(value, ANSWERS["registry"]),
        "image": lambda value: image_problem(value, ANSWERS["registry"]),
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
