"""Find a registry's API address and the other names of its host."""

import ipaddress
from urllib.parse import urlsplit

from hubimages.image_ref import DOCKER_HUB

DOCKER_HUB_KEYS = ("https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io")


def base_address(host: str) -> str:
    """Return scheme and host of a registry's API: plain http only for this machine, as in Docker.

    Docker Hub's images are named docker.io, but another host serves them
    (https://github.com/distribution/reference/blob/main/normalize.go).
    """
    if host == DOCKER_HUB:
        return "https://registry-1.docker.io"
    return f"{'http' if is_loopback(host) else 'https'}://{host}"


def host_in(address: str) -> str:
    """Return host and port in an address, without the login before them. Raises ValueError for what is no address."""
    return urlsplit(address).netloc.rpartition("@")[2]


def is_loopback(host: str) -> bool:
    """Return True if a host, with or without a port, is this machine: localhost, 127.0.0.0/8 or [::1]."""
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def login_keys(host: str) -> tuple[str, ...]:
    """Return the keys under which Docker's configuration can hold the login for a host, the usual one first."""
    return DOCKER_HUB_KEYS if host == DOCKER_HUB else (host, f"https://{host}")
