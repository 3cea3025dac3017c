"""Fixtures: a real registry, and the user's Docker configuration."""

from tests.registry.conftest import configure, open_registry

__all__ = ["configure", "open_registry"]
