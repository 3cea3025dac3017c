"""Kubernetes objects that Helm rendered, each with its chart."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)  # compared and hashed by identity: equal texts are parsed once
class Manifest:
    """One object. `section` is the key of its chart's values: `jupyterhub`, `binderhub-service` or ""."""

    section: str
    template: str
    data: dict[str, Any]

    @property
    def kind(self) -> str:
        """Deployment, Service and so on."""
        return str(self.data.get("kind", ""))

    @property
    def name(self) -> str:
        """The object's name."""
        metadata = self.data.get("metadata")
        return str(metadata.get("name", "")) if isinstance(metadata, dict) else ""


@dataclass(frozen=True)
class Rendered:
    """All objects of a hub; none if no chart was available."""

    manifests: tuple[Manifest, ...] = ()

    def find(self, section: str, kind: str, ending: str = "") -> Iterator[Manifest]:
        """Yield the objects of a chart by kind and by the end of their name."""
        for manifest in self.manifests:
            if manifest.section == section and manifest.kind == kind and manifest.name.endswith(ending):
                yield manifest
