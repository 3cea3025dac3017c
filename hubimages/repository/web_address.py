"""The host, owner and name of a repository, read from the address of a remote."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode


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

    def compare(self, base: str, branch: str, to: str = "") -> str:
        """Return the address of the page that opens a pull request from one branch into another.

        `to` is the owner and name of the repository that gets it, if that is another one. GitLab and Bitbucket have
        pages of their own (https://docs.gitlab.com/user/project/merge_requests/creating_merge_requests/), which propose
        the parent of a fork; Gitea and Forgejo have GitHub's.
        """
        if "gitlab" in self.host:
            asked = {"merge_request[source_branch]": branch, "merge_request[target_branch]": base}
            return f"{self.page}/-/merge_requests/new?{urlencode(asked)}"
        if self.host == "bitbucket.org":
            return f"{self.page}/pull-requests/new?{urlencode({'source': branch, 'dest': base})}"
        head = f"{self.name.partition('/')[0]}:{branch}" if to else branch
        return f"https://{self.host}/{to or self.name}/compare/{base}...{head}?expand=1"


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
