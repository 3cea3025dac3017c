"""Addresses on the host of the old repository, in the form that leads there from the new one."""

from dataclasses import dataclass

from hubimages.repository.web_address import WebAddress

# Part of the host's name; where commits, issues and merge requests are below a repository's address.
PLACES = {
    "github": ("commit", "issues", "pull"),
    "gitlab": ("-/commit", "-/issues", "-/merge_requests"),
    "codeberg": ("commit", "issues", "pulls"),
    "gitea": ("commit", "issues", "pulls"),
    "forgejo": ("commit", "issues", "pulls"),
    # Numbers there are of several kinds, and #N alone does not say which.
    "bitbucket": ("commits", None, None),
    "dev.azure.com": ("commit", None, None),
}
UNKNOWN = ("commit", None, None)


@dataclass(frozen=True)
class OldHost:
    """The old repository on its host. `is_near`: the new repository is on the same host."""

    address: WebAddress
    is_near: bool = True

    @property
    def _places(self) -> tuple[str, str | None, str | None]:
        return next((places for name, places in PLACES.items() if name in self.address.host), UNKNOWN)

    @property
    def is_gitlab(self) -> bool:
        """Merge requests are written !N there, and repositories may be deep in groups."""
        return "gitlab" in self.address.host

    def commit(self, commit: str) -> str:
        """Return the address of a commit."""
        return f"https://{self.address.host}/{self.address.name}/{self._places[0]}/{commit}"

    def issue(self, number: str, name: str = "") -> str | None:
        """Return the reference to an issue or pull request, by its name or address; None where there is no sure one."""
        return self._reference(number, name or self.address.name, "#", self._places[1])

    def request(self, number: str, name: str = "") -> str | None:
        """Return the reference to a GitLab merge request."""
        return self._reference(number, name or self.address.name, "!", self._places[2])

    def _reference(self, number: str, name: str, sign: str, place: str | None) -> str | None:
        if place is None:
            return None
        if self.is_near:
            return f"{name}{sign}{number}"
        return f"https://{self.address.host}/{name}/{place}/{number}"


def old_host(address: WebAddress | None, origin: WebAddress | None) -> OldHost | None:
    """Return the old repository's host. A new repository without an address is taken to be on GitHub."""
    if address is None:
        return None
    return OldHost(address, is_near=address.host == (origin.host if origin else "github.com"))
