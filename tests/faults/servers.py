"""What the tasks ask: a real registry with two images, real git over the network, and GitHub's API played."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine.registry import Registry
from tests.faults.dying import Gate
from tests.fleet.hosting import Hosting, answering
from tests.registry.images import Publisher

TAGS = ("1.0.0", "1.1.0")
IMAGES = ("faults/image", "faults/other")


@dataclass
class GitHubServer:
    """GitHub's API; `hosting` is that of the scenario in turn."""

    hosting: Hosting
    address: str

    @classmethod
    @contextmanager
    def answering(cls) -> Iterator["GitHubServer"]:
        hosting = Hosting(Path("/nonexistent"))
        with answering(hosting) as address:
            yield cls(hosting, address.removeprefix("http://"))


@dataclass
class Servers:
    """The servers and the gates in front of them."""

    registry: Registry
    github: GitHubServer
    gates: dict[str, Gate]

    def open(self) -> None:
        for each in self.gates.values():
            each.open()

    def address(self, name: str) -> str:
        return self.gates[name].address


def publish(registry: Registry) -> None:
    """Push two images with two tags each."""
    for number, name in enumerate(IMAGES):
        publisher = Publisher(registry, name)
        for day, tag in enumerate(TAGS, 1):
            publisher.image({"created": f"2026-01-0{day}T00:00:00Z", "config": {"Env": [f"N={number}{day}"]}}, tag)


@contextmanager
def git_daemon() -> Iterator[str]:
    """Yield the address of git's own server, which serves every repository of this machine, for pushes, too."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = (
        "git", "daemon", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr",
        "--base-path=/",
    )  # fmt: skip
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(argv, env=os.environ.copy(), **quiet) as process:
        try:
            for _ in range(500):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except OSError:
                    time.sleep(0.01)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()
