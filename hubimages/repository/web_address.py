"""The host, owner and name of a repository, read from the address of a remote."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class WebAddress:
    """The page of a repository on its server."""

    host: str
    name: str  # owner/repository

    @property
    def page(self) -> str:
        """The address of the repository's page."""
        return f"https://{self.host}/{self.name}"

    def commit(self, commit: str) -> str:
        """Return the address of a commit's page."""
        return f"https://{self.host}/{self.name}/commit/{commit}"

    def compare(self, base: str, branch: str) -> str:
        """Return the address of the page that opens a pull request from one branch into another."""
        return f"https://{self.host}/{self.name}/compare/{base}...{branch}?expand=1"


def web_address(remote: str) -> WebAddress | None:
    """Return the host, owner and name in the address of a remote; None if it has none."""
    found = re.fullmatch(r"(?:https?|ssh|git)://(?:[^/@]+@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<name>.+?)/?", remote)
    found = found or re.fullmatch(r"(?:[\w.-]+@)?(?P<host>[\w-]+\.[\w.-]+):(?P<name>[^/].*?)/?", remote)
    if found is None:
        return None
    name = found["name"].removesuffix(".git")
    # Nobody else can follow a link to this machine.
    if name.count("/") < 1 or found["host"] in ("localhost", "127.0.0.1") or not re.fullmatch(r"[\w./~-]+", name):
        return None
    return WebAddress(found["host"], name)
