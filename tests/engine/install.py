"""Install a container engine's programs on a bare Debian machine, only if asked to and only as root."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hubimages.run import run
from tests import needs

PACKAGES = ("docker.io", "docker-registry", "mmdebstrap", "iptables", "iproute2")
PROGRAMS = ("docker", "dockerd", "docker-registry", "mmdebstrap", "iptables", "ip")
REMEDY = needs.ENGINE.get
DISK = tempfile.gettempdir()  # for images and layers; the tests' other files may be in memory (tests/conftest.py)
# Debian's programs for root are on the PATH of root's login shells only.
PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


class EngineUnavailableError(Exception):
    """There is no engine here; the message says why, and how to get one."""


def program(name: str) -> str:
    """Return the path of a program. Debian's own comes first, so that client and daemon have the same version."""
    for directory in ("/usr/sbin", "/usr/bin"):
        if Path(directory, name).exists():
            return f"{directory}/{name}"
    found = shutil.which(name, path=PATH)
    if found is None:
        raise EngineUnavailableError(f"{name} is not installed: {REMEDY}")
    return found


@contextmanager
def alone() -> Iterator[None]:
    """Keep other processes of the tests waiting: for dpkg's lock, which does not wait, and for a daemon's bridge."""
    with Path(DISK, f"hubimages-tests-{os.geteuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_programs() -> None:
    """Install what is missing. Raises EngineUnavailableError if that is not wanted or not possible."""
    if not needs.ENGINE.required:
        raise EngineUnavailableError(f"no container engine answers: {REMEDY}")
    if os.geteuid() != 0:
        raise EngineUnavailableError("no container engine answers, and only root can start one: start Docker")
    with alone():
        if all(shutil.which(name, path=PATH) for name in PROGRAMS):
            return
        if shutil.which("apt-get") is None:
            raise EngineUnavailableError("no container engine answers, and this is not Debian: install and start it")
        install(*PACKAGES)


def ensure_registry() -> None:
    """Install only the registry, if that is wanted and possible; it needs no engine."""
    ensure("docker-registry", needs.REGISTRY)


def ensure(name: str, need: needs.Need) -> None:
    """Install a program whose package has its name, if it is missing and that is wanted and possible."""
    with alone():
        if shutil.which(name, path=PATH) is None and need.required and os.geteuid() == 0 and shutil.which("apt-get"):
            install(name)


def install(*packages: str) -> None:
    """Install Debian's packages without starting their services."""
    root = Path("/")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    with no_services():
        run("apt-get", "update", "-q", cwd=root, env=env)
        run("apt-get", "install", "-qy", "--no-install-recommends", *packages, cwd=root, env=env)


@contextmanager
def no_services() -> Iterator[None]:
    """Keep Debian from starting services: its registry listens on all addresses, its daemon owns docker0."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()
