"""Find which steps of the login to Google's registries are missing on this machine."""

import os
from pathlib import Path

from hubimages.errors import HubImagesError, NotInstalledError
from hubimages.registry.http.logins import DockerConfiguration
from hubimages.run import attempt

INSTALL = "install Google's command line (https://cloud.google.com/sdk/docs/install)"


def missing_steps(host: str) -> str:
    """Return the missing steps, in order and in one line; empty if none is missing.

    https://cloud.google.com/artifact-registry/docs/docker/authentication
    """
    steps = []
    try:
        asked = ("gcloud", "auth", "list", "--filter=status:ACTIVE", "--format=value(account)")
        if not attempt(*asked, cwd=Path.home()).stdout.strip():
            steps.append("gcloud auth login")
    except NotInstalledError:
        steps += [INSTALL, "gcloud auth login"]
    try:
        helper = DockerConfiguration.read().helper(host)
    except HubImagesError:
        helper = ""
    if helper not in ("gcloud", "gcr"):
        steps.append(f"gcloud auth configure-docker {host} (once on each machine)")
    if not application_default().is_file():
        steps.append("gcloud auth application-default login (for programs that use Google's libraries)")
    return ", then ".join(steps)


def application_default() -> Path:
    """Return the path of the application-default login (https://cloud.google.com/docs/authentication)."""
    named = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    settings = os.environ.get("CLOUDSDK_CONFIG")
    folder = Path(settings) if settings else Path.home() / ".config" / "gcloud"
    return Path(named) if named else folder / "application_default_credentials.json"
