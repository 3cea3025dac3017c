"""Whether a server of one version of JupyterHub works with a hub of another.

docs/images.md has the table of what was tried: hubs and servers of every major, as processes.
"""

from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from hubimages.findings import ERROR, WARNING, Grade

LOG_MESSAGES = "https://jupyterhub.readthedocs.io/en/stable/howto/log-messages.html"
CHANGELOG = "https://jupyterhub.readthedocs.io/en/stable/reference/changelog.html"
Z2JH = "https://z2jh.jupyter.org/en/stable/administrator/upgrading.html"


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
            ERROR, "between 0.7 and 0.8 the login of servers changed, so users get a redirect loop", f"{CHANGELOG}#id1"
        )
    if ours.major < 2 and theirs.major >= 4:
        return Verdict(
            ERROR,
            "servers of 4 and later take their address only from JUPYTERHUB_SERVICE_URL, which hubs before 2.0 do not "
            "set, so no server starts",
            LOG_MESSAGES,
        )
    if ours.major != theirs.major:
        return Verdict(
            WARNING, "JupyterHub warns of different majors: a login may fail or end in a redirect loop", LOG_MESSAGES
        )
    return None


def is_since(version: Version, first: str) -> bool:
    """Return True if a version is the first one, a prerelease of it, or later."""
    return version.release >= Version(first).release
