"""Check the image's name and the repository's settings on GitHub, and log in to the registry."""

import os
import re
from collections.abc import Mapping

import nox

from image_build import image_name
from image_build.programs import docker, last


def name_problem(image: str, registry: str = "") -> str | None:
    """Return what is wrong with the image's name, given with its host.

    With `registry`, the one that the workflows log in to, the host must be one of its hosts.
    """
    if image_name.is_placeholder(image):
        return f"IMAGE is still {image}. Set it to the image's real name in noxfile.py"
    host, _, name = image.partition("/")
    foreign = image_name.registry_host_problem(host, registry) if registry in image_name.HOSTS else None
    if foreign and not image_name.host_problem(host):
        return f"IMAGE is {image}, but the workflows log in to {registry}: {foreign}. Correct it in noxfile.py"
    wrong = image_name.host_problem(host) or image_name.image_problem(name, host)
    if wrong:
        return f"IMAGE is {image}, which {host} would refuse: {wrong}. Correct it in noxfile.py"
    owner = os.environ.get("GITHUB_REPOSITORY_OWNER", "").lower()
    if owner and host == "ghcr.io" and not name.startswith(f"{owner}/"):
        return f"IMAGE is {image}, but this repository's token can only push to ghcr.io/{owner}/. Correct it in noxfile.py"
    return None


def preview_image(image: str) -> str:
    """Return the name for images of pull requests: another repository, so that other logins can push there.

    On Google, the repository is a part of the name, after the project, which can have a domain in front.
    """
    host, *parts = image.split("/")
    if not host.endswith("-docker.pkg.dev"):
        return f"{image}-preview"
    repository = 2 if "." in parts[0] else 1
    if len(parts) <= repository:
        return image  # the first step says what is wrong with it
    return "/".join([host, *parts[:repository], f"{parts[repository]}-preview", *parts[repository + 1 :]])


def parts(image: str) -> dict[str, str]:
    """Return the parts of the image's name that workflow steps need, so that only noxfile.py contains it."""
    host, _, name = image.partition("/")
    labels = host.split(".")
    if ".dkr.ecr." in host:  # ACCOUNT.dkr.ecr.REGION.amazonaws.com
        audience = "sts.amazonaws.com.cn" if host.endswith(".cn") else "sts.amazonaws.com"
        return {"host": host, "name": name, "registry": labels[0], "region": labels[3], "audience": audience}
    return {"host": host, "name": name, "registry": host}


def missing(settings: Mapping[str, str]) -> list[str]:
    """Return one line for each missing setting, with the page where it is set."""
    if os.environ.get("GITHUB_ACTOR") == "dependabot[bot]":
        return ["Dependabot started this run, so it gets no secrets and may not push. Run the workflow by hand"]
    return [
        f"The {kind} {name} is not set. Set it at {page(kind)} (README.md says how)"
        for name, kind in settings.items()
        if not os.environ.get(name)
    ]


def page(kind: str) -> str:
    """Return the page on GitHub where secrets or variables are set."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{os.environ.get('GITHUB_REPOSITORY', 'OWNER/NAME')}/settings/{kind}s/actions"


def where_set(settings: Mapping[str, str]) -> str:
    """Say which settings a workflow logs in with, and where they are set."""
    if not settings:
        return "on GitHub, the workflow logs in with its own token, which needs `packages: write`"
    kind = next(iter(settings.values()))
    return f"on GitHub, set {' and '.join(settings)} at {page(kind)}"


def log_in(session: nox.Session, host: str, settings: Mapping[str, str]) -> None:
    """Log Docker in to a registry with the name and password from the environment. The password is not an argument."""
    name, password = (os.environ.get(f"REGISTRY_{what}", "") for what in ("USERNAME", "PASSWORD"))
    if not name or not password:
        session.error(f"set REGISTRY_USERNAME and REGISTRY_PASSWORD to a login for {host} ({where_set(settings)})")
    done = docker("login", "--username", name, "--password-stdin", host, stdin=password)
    if done.returncode and re.search(r"unauthorized|denied|forbidden|incorrect|invalid|\b40[13]\b", done.stderr, re.I):
        session.error(f"{host} refused the name or password ({where_set(settings)}). {last(done)}")
    if done.returncode:
        session.error(f"the login failed: {host} did not answer properly. Try again later. {last(done)}")
