"""What is known about one image: its packages, and what its configuration and manifest say."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubimages.contents.image import Contents
from hubimages.contents.package import CONDA, DEBIAN, PIP, Package, R

SBOM, LAYERS, LOCAL = "SBOM", "layers", "local"


@dataclass(frozen=True)
class LayerSize:
    """A layer as the registry has it (digest, size), and the digest of what it unpacks to.

    The digest is empty for an image that is only on this machine; the size is then what it unpacks to.
    """

    digest: str
    size: int
    unpacked: str = ""


@dataclass(frozen=True)
class Facts:
    """An image: the reference as given, the digest of its manifest, and what is in it.

    `source` says where the packages come from: an SBOM, the layers, or a local image, whose digest is empty.
    """

    name: str
    digest: str
    platform: str
    contents: Contents
    layers: tuple[LayerSize, ...] = ()
    created: str = ""
    user: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    source: str = LAYERS

    @property
    def size(self) -> int:
        """Return the size of all layers in bytes: of a published image, what a node without any of them pulls."""
        return sum(each.size for each in self.layers)

    def prefixes(self) -> list[str]:
        """Return the directories whose `bin` is in PATH, in its order."""
        folders = [each.rstrip("/") for each in self.environment.get("PATH", "").split(":")]
        return [each.removesuffix("/bin").lstrip("/") for each in folders if each.endswith("/bin")]

    def versions(self) -> dict[str, str]:
        """Return the versions of Python, R and JupyterHub that PATH leads to; what the image has not is left out."""
        hub = self.version_of("jupyterhub", "jupyterhub-base", "jupyterhub-singleuser")
        found = {"Python": self._python(), "R": self._r(), "JupyterHub": hub}
        return {name: version for name, version in found.items() if version}

    def version_of(self, *names: str) -> str:
        """Return the version of the Python distribution that PATH leads to first, under any of the names; or empty."""
        every = [
            each
            for each in (*self.contents.packages, *self.contents.of_conda)
            if each.kind in (CONDA, PIP) and re.sub(r"[-_.]+", "-", each.name).lower() in names
        ]
        return self._first(every)

    def _first(self, packages: Sequence[Package]) -> str:
        """Return the version of the package whose place comes first in PATH, or else of any."""
        for prefix in self.prefixes():
            for each in packages:
                if each.place == prefix or re.match(rf"{re.escape(prefix)}/lib\w*/python", each.place):
                    return each.version
        return packages[0].version if packages else ""

    def _python(self) -> str:
        named = [each for each in self.contents.packages if each.name == "python" and each.kind == CONDA]
        if named:
            return self._first(named)
        if self.environment.get("PYTHON_VERSION"):  # as Docker's official image has it
            return self.environment["PYTHON_VERSION"]
        return upstream(self.contents.packages, "python3")

    def _r(self) -> str:
        named = [each for each in self.contents.packages if each.kind == CONDA and each.name == "r-base"]
        base = [each for each in self.contents.packages if each.kind == R and each.name == "base"]
        if named:
            return self._first(named)
        return base[0].version if base else upstream(self.contents.packages, "r-base-core")


def upstream(packages: Iterable[Package], name: str) -> str:
    """Return the version of a Debian package without epoch and revision; empty if it is not there."""
    found = next((each.version for each in packages if (each.kind, each.name) == (DEBIAN, name)), "")
    return re.sub(r"^\d+:|-[^-]*$", "", found)


def of_configuration(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return platform, date, user, environment and the digests of the unpacked layers in an image's configuration.

    https://github.com/opencontainers/image-spec/blob/main/config.md
    """
    inner = content.get("config")
    inner = inner if isinstance(inner, dict) else {}
    root = content.get("rootfs")
    ids = root.get("diff_ids") if isinstance(root, dict) else None
    variables = inner.get("Env") or inner.get("env") or []
    pairs = [each.partition("=") for each in variables if isinstance(each, str)] if isinstance(variables, list) else []
    system = (content.get("os"), content.get("architecture"), content.get("variant"))
    return {
        "platform": "/".join(str(each) for each in system if each),
        "created": str(content.get("created") or ""),
        "user": str(inner.get("User") or ""),
        "environment": {name: value for name, _, value in pairs},
        "unpacked": [str(each) for each in ids] if isinstance(ids, list) else [],
    }
