"""A repository on a git server, as its remote's address shows it: host, owner and name."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class WebAddress:
    """Where a repository is seen in a browser."""

    host: str
    name: str  # owner/repository

    def commit(self, commit: str) -> str:
        """The address of one commit."""
        return f"https://{self.host}/{self.name}/commit/{commit}"

    def compare(self, base: str, branch: str) -> str:
        """The address where a person opens a pull request from one branch into another."""
        return f"https://{self.host}/{self.name}/compare/{base}...{branch}?expand=1"


def web_address(remote: str) -> WebAddress | None:
    """The owner and repository that a remote's address shows; None where it shows none."""
    found = re.fullmatch(r"(?:https?|ssh|git)://(?:[^/@]+@)?(?P<host>[\w.-]+)(?::\d+)?/(?P<name>.+?)/?", remote)
    found = found or re.fullmatch(r"(?:[\w.-]+@)?(?P<host>[\w-]+\.[\w.-]+):(?P<name>[^/].*?)/?", remote)
    if found is None:
        return None
    name = found["name"].removesuffix(".git")
    # An address of this machine shows no owner: nobody could follow the link.
    if name.count("/") < 1 or found["host"] in ("localhost", "127.0.0.1") or not re.fullmatch(r"[\w./~-]+", name):
        return None
    return WebAddress(found["host"], name)
