"""How kinds of registries differ for image building."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from hubimages.image_ref import split_host


@dataclass(frozen=True)
class RegistryKind:
    """`endings`: what an image_prefix must end with; `private`: new repositories are private; `least`: the number of
    path parts before the image's own name.
    """

    name: str
    host: re.Pattern[str]
    example: str
    endings: tuple[str, ...] = ("/", "-")
    least: int = 0
    private: bool = False


KINDS = (
    RegistryKind(
        "Google Artifact Registry", re.compile(r".+-docker\.pkg\.dev"), "REGION-docker.pkg.dev/PROJECT/REPOSITORY/",
        least=2,
    ),
    RegistryKind(
        "quay.io", re.compile(r"quay\.io"), "quay.io/ORGANISATION/CLUSTER-HUB-", endings=("-",), least=1, private=True
    ),
    RegistryKind("gcr.io", re.compile(r"(?:.+\.)?gcr\.io"), "gcr.io/PROJECT/"),
    RegistryKind(
        "Amazon ECR", re.compile(r".+\.dkr\.ecr\..+\.amazonaws\.com(?:\.cn)?"),
        "ACCOUNT.dkr.ecr.REGION.amazonaws.com/CLUSTER-HUB/",
    ),
    RegistryKind(
        "GitHub's registry", re.compile(r"ghcr\.io"), "ghcr.io/ORGANISATION/CLUSTER-HUB-", least=1, private=True
    ),
    RegistryKind("Azure Container Registry", re.compile(r".+\.azurecr\.io"), "NAME.azurecr.io/CLUSTER-HUB/"),
    RegistryKind("Docker Hub", re.compile(r"docker\.io"), "ORGANISATION/CLUSTER-HUB-", endings=("-",), least=1),
)  # fmt: skip
OTHER = RegistryKind("registry", re.compile(""), "HOST/CLUSTER-HUB-")


def kind_of(host: str) -> RegistryKind:
    """Return the kind of registry at a host; OTHER for a private one."""
    return next((kind for kind in KINDS if kind.host.fullmatch(host)), OTHER)


def prefix_host(prefix: str) -> str:
    """Return the host of an image_prefix; docker.io if it has none, as Docker does."""
    return split_host(prefix.strip("/") + "x" if prefix.endswith("-") else prefix.strip("/"))[0]


def split_address(address: str) -> SplitResult:
    """Return the parts of an address; empty parts if it is invalid, for example with `[` in its host."""
    try:
        parts = urlsplit(address)
        parts.port  # noqa: B018  # raises if it is not a number
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def address_host(address: str) -> str:
    """Return host and port of a registry's address, with or without https://."""
    host = split_address(address if "://" in address else f"https://{address}").netloc.rpartition("@")[2].lower()
    return "docker.io" if host in ("index.docker.io", "registry-1.docker.io", "hub.docker.com") else host
