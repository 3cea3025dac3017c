"""Is everything set up: the image's name, the settings of the repository on GitHub, the login to the registry."""

import os
import re
from collections.abc import Mapping

import nox

from image_build import image_name
from image_build.programs import docker, last


def name_problem(image: str) -> str | None:
    """What is wrong with the image's name (with its host)."""
    host, _, name = image.partition("/")
    if any(word in image for word in image_name.PLACEHOLDERS):
        return f"IMAGE is still {image}: write the image's real name into noxfile.py"
    wrong = image_name.host_problem(host) or image_name.image_problem(name, host)
    if wrong:
        return f"IMAGE is {image}, and {host} would refuse it: {wrong}. Correct it in noxfile.py"
    owner = os.environ.get("GITHUB_REPOSITORY_OWNER", "").lower()
    if owner and host == "ghcr.io" and not name.startswith(f"{owner}/"):
        return f"IMAGE is {image}, but this repository's token can only push to ghcr.io/{owner}/: see noxfile.py"
    return None


def parts(image: str) -> dict[str, str]:
    """What steps of a workflow need of the image's name, so that it is written in one place: IMAGE in noxfile.py."""
    host, _, name = image.partition("/")
    labels = host.split(".")
    region = {"region": labels[3]} if ".dkr.ecr." in host else {}  # ACCOUNT.dkr.ecr.REGION.amazonaws.com
    return {"host": host, "name": name, "registry": labels[0], **region}


def missing(settings: Mapping[str, str]) -> list[str]:
    """What is not set in the repository's settings, and where to set it."""
    return [
        f"The {kind} {name} is not set. Set it at {page(kind)} (README.md says how to get it)"
        for name, kind in settings.items()
        if not os.environ.get(name)
    ]


def page(kind: str) -> str:
    """The page on GitHub where secrets or variables are set."""
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{os.environ.get('GITHUB_REPOSITORY', 'OWNER/NAME')}/settings/{kind}s/actions"


def where_set(settings: Mapping[str, str]) -> str:
    """Which settings a workflow logs in with, and where they are set."""
    if not settings:
        return "on GitHub, the workflow logs in with its own token, and needs `packages: write`"
    kind = next(iter(settings.values()))
    return f"on GitHub, with {' and '.join(settings)}, which are set at {page(kind)}"


def log_in(session: nox.Session, host: str, settings: Mapping[str, str]) -> None:
    """Log Docker in to a registry with the name and password in the environment; the password is in no argument."""
    name, password = (os.environ.get(f"REGISTRY_{what}", "") for what in ("USERNAME", "PASSWORD"))
    if not name or not password:
        session.error(f"REGISTRY_USERNAME and REGISTRY_PASSWORD are to have a login for {host} ({where_set(settings)})")
    done = docker("login", "--username", name, "--password-stdin", host, stdin=password)
    if done.returncode and re.search(r"unauthorized|denied|forbidden|incorrect|invalid|\b40[13]\b", done.stderr, re.I):
        session.error(f"{host} takes neither this name nor this password ({where_set(settings)}). {last(done)}")
    if done.returncode:
        session.error(f"no login, {host} gave no good answer: try again later. {last(done)}")
