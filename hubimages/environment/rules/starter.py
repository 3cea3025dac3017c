"""What a generated repository's starter needs of its packages, as a file that comes from elsewhere may not have it."""

import re
from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile
from hubimages.environment.surroundings import Surroundings, recorded
from hubimages.findings import WARNING, Finding

# Packages that are JupyterHub's server, or depend on it.
SERVER = re.compile(r"\b(jupyterhub(-singleuser|-base)?|pangeo-notebook)\b")
FILES = {"pangeo-onbuild": "environment.yml", "pixi": "pixi.toml"}  # whose base image has no JupyterHub


def left_out(here: Surroundings) -> Iterator[Finding]:
    """JupyterHub, or R, that nothing installs."""
    starter = recorded(here.root, "starter")
    if starter in FILES and here.choice.kind == "docker":
        file = here.path(FILES[starter])
        if (here.root / file).is_file() and not any(
            SERVER.search(_code(here, name)) for name in (file, here.path("Dockerfile"))
        ):
            message = "nothing here asks for jupyterhub-singleuser, which the hub starts, and the base image lacks it"
            version = recorded(here.root, "jupyterhub_version")
            example = (
                f'jupyterhub-singleuser = "{version}.*"' if starter == "pixi" else f"jupyterhub-singleuser={version}.*"
            )
            yield Finding("no-jupyterhub", message, f"add {example}", file, grade=WARNING)
    found = here.environment
    if starter != "r" or here.choice.kind != "conda" or not isinstance(found, EnvironmentFile):
        return
    if not any(spec.text.startswith("r-") for spec in found.specs):  # as repo2docker's `uses_r` reads it
        message = "no package of R is listed, so repo2docker installs neither R nor RStudio"
        yield Finding("no-r", message, "add r-base=4.4, for example", found.path, grade=WARNING)


def _code(here: Surroundings, name: str) -> str:
    """Return a file's text without its comments; empty if there is none."""
    place = here.root / name
    text = place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""
    return re.sub(r"(^|\s)#.*", "", text)
