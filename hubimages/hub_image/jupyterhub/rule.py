"""Whether a server of one version of JupyterHub works with a hub of another.

JupyterHub's documentation knows two breaks, at 0.8 and at 2.0. What exactly breaks at 2.0 was tried with hubs and
servers of every major, as processes: docs/jupyterhub-versions.md has the table.
"""

from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from hubimages.findings import ERROR, WARNING, Grade

LOG_MESSAGES = "https://jupyterhub.readthedocs.io/en/stable/howto/log-messages.html"
CHANGELOG = "https://jupyterhub.readthedocs.io/en/stable/reference/changelog.html"


@dataclass(frozen=True)
class Verdict:
    """What is wrong with a pair of versions, how bad it is, and the document that says so."""

    grade: Grade
    what: str
    source: str

    def __str__(self) -> str:
        return f"{self.what} ({self.source})"


def verdict(hub: str, server: str) -> Verdict | None:
    """Return what is wrong with a hub of one version and a server of another; None if nothing is known to be.

    A text that is no version gets none.
    """
    try:
        ours, theirs = Version(hub), Version(server)
    except InvalidVersion:
        return None
    if is_since(ours, "0.8") != is_since(theirs, "0.8"):
        return Verdict(
            ERROR, "since 0.8 hubs and servers log in through OAuth, so a login ends in a redirect loop", CHANGELOG
        )
    if ours.major < 2 and theirs.major >= 4:
        return Verdict(
            ERROR,
            "no server starts, since it reads its address from JUPYTERHUB_SERVICE_URL, which hubs set since 2.0",
            LOG_MESSAGES,
        )
    if ours.major != theirs.major:
        return Verdict(
            WARNING, "JupyterHub warns of different majors: a login may fail or end in a redirect loop", LOG_MESSAGES
        )
    return None


def verdict_on_lab(hub: str, lab: str) -> Verdict | None:
    """Return what is wrong with a hub of one version and a JupyterLab of another; None if nothing is known to be."""
    try:
        ours, theirs = Version(hub), Version(lab)
    except InvalidVersion:
        return None
    if ours.major >= 2 and theirs < Version("3.1.16"):
        return Verdict(
            WARNING, "JupyterLab before 3.1.16 does not notice on such a hub that its server has stopped", CHANGELOG
        )
    return None


def is_since(version: Version, first: str) -> bool:
    """Return True if a version is the first one, a prerelease of it, or later."""
    return version.release >= Version(first).release
