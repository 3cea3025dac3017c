"""What the tasks ask: a real registry with two images, real git over the network, and GitHub's API played."""

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
