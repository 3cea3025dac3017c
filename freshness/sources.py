"""Where the field says what is current. Each can be another server, for tests and for mirrors."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.repository.git import remote_environment, remote_failure
from hubimages.run import attempt

TIMEOUT = (10, 60)  # seconds to connect, and for each part of the answer


@dataclass(frozen=True)
class Sources:
    """The addresses of sources. `registries` has other hosts for those of images."""

    charts: str = "https://hub.jupyter.org/helm-chart"
    pypi: str = "https://pypi.org"
    npm: str = "https://registry.npmjs.org"
    github: str = "https://github.com"
    registries: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""  # in the place of the rules' own hosts


def get(address: str) -> requests.Response:
    """Return the answer of a server. Raises NoAnswerError if there is none, or another status than 200."""
    try:
        answer = requests.get(address, timeout=TIMEOUT, headers={"User-Agent": "hubimages-freshness"})
    except requests.RequestException as error:
        why = re.sub(r"^.*?(\w+Error)\b.*$", r"\1", type(error).__name__)
        raise NoAnswerError(f"no answer from {address} ({why})") from error
    if answer.status_code != 200:
        raise NoAnswerError(f"{address} answers {answer.status_code}")
    return answer


def get_json(address: str) -> Any:
    """Return what a server answers, read as JSON. Raises NoAnswerError if it is none."""
    try:
        return get(address).json()
    except ValueError as error:
        raise NoAnswerError(f"{address} answers with no JSON") from error


def refs(address: str, *patterns: str) -> dict[str, str]:
    """Return the commits of a remote repository's refs that match, by name; those of annotated tags are peeled.

    Raises what `remote_failure` gives for the address.
    """
    argv = ("git", "ls-remote", "--", address, *patterns)
    done = attempt(*argv, cwd=Path("/"), env=remote_environment())
    if done.returncode:
        raise remote_failure(address, argv, done.returncode, done.stderr)
    found: dict[str, str] = {}
    for line in done.stdout.decode(errors="replace").splitlines():
        commit, _, name = line.partition("\t")
        peeled = name.endswith("^{}")
        if peeled or name not in found:
            found[name.removesuffix("^{}")] = commit
    return found


def why(error: HubImagesError) -> str:
    """Return the first line of an error."""
    return str(error).splitlines()[0]
