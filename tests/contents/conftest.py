"""Fixtures: the registries and the Docker configuration of the registry tests."""

from tests.registry.conftest import configure, locked_registry, open_registry

__all__ = ["configure", "locked_registry", "open_registry"]
