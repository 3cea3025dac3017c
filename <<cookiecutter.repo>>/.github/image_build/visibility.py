"""Find out whether everybody can pull an image, and where to change that."""

import json
import re
import tempfile
from pathlib import Path

import nox

from image_build.network import NO_RIGHT, NOT_LOGGED_IN, NOT_THERE
from image_build.programs import docker

# Hosts from which the nodes of a cluster in the same cloud pull with an identity of their own.
NODES_LOG_IN = re.compile(r".+\.pkg\.dev|.+\.dkr\.ecr\..+|.+\.azurecr\.(io|cn|us)")


def warn_if_private(session: nox.Session, reference: str) -> None:
    """Warn if the registry does not show a pushed image without a login. No answer is no warning."""
    host, _, name = reference.rpartition(":")[0].partition("/")
    if NODES_LOG_IN.fullmatch(host) or is_public(reference):
        return
    session.warn(f"{reference} is private: a hub without a login for {host} cannot pull it. {where(host, name)}")


def is_public(reference: str) -> bool:
    """Return False if a registry says that it shows an image to some logins only."""
    with tempfile.TemporaryDirectory() as nobody:
        # With a login in it, Docker does not look for one in the keychain of macOS or Windows.
        Path(nobody, "config.json").write_text(json.dumps({"auths": {"nobody.invalid": {}}}))
        loopback = ["--insecure"] if reference.startswith(("localhost:", "127.0.0.1:")) else []
        done = docker("--config", nobody, "manifest", "inspect", *loopback, reference)
    refusals = f"{NOT_LOGGED_IN}|{NO_RIGHT}|{NOT_THERE}|no such manifest"
    return not (done.returncode and re.search(refusals, done.stderr.replace(reference, ""), re.IGNORECASE))


def where(host: str, name: str) -> str:
    """Say where to make an image public."""
    owner, _, package = name.partition("/")
    if host == "quay.io":
        return f"Make it public: https://quay.io/repository/{name}?tab=settings"
    if host == "ghcr.io":
        page = f"https://github.com/orgs/{owner}/packages/container/{package.replace('/', '%2F')}/settings"
        return f"Make it public: {page} (a person's: https://github.com/{owner}?tab=packages), Change visibility"
    return "Make it public there, or give the hub a login (imagePullSecrets)"
