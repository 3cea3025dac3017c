"""A lock: the packages of each platform."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from hubimages.environment.specs import read_environment_file


@dataclass(frozen=True, order=True)
class Locked:
    """One package of one platform. pip packages have no build, and `hashes` of every file that fits."""

    platform: str
    manager: str  # "conda" or "pip"
    name: str
    version: str
    build: str = ""
    url: str = ""
    md5: str = ""
    sha256: str = ""
    depends: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lock:
    """The packages of all platforms, and the channels that the conda packages come from."""

    channels: Sequence[str]
    packages: Sequence[Locked]
    content: str = ""  # the hash of what was asked for

    @property
    def platforms(self) -> list[str]:
        """Return the platforms, in order."""
        return sorted({package.platform for package in self.packages})

    def of(self, platform: str, manager: str) -> list[Locked]:
        """Return the packages of one platform and manager, by name."""
        return sorted(each for each in self.packages if (each.platform, each.manager) == (platform, manager))


def content_hash(text: str) -> str:
    """Return a hash of what an environment file asks for; comments and line ends do not count."""
    file = read_environment_file("", text)
    asked = [[name for name, _ in file.channels], sorted([spec.pip, spec.text] for spec in file.specs)]
    return hashlib.sha256(json.dumps(asked).encode()).hexdigest()
