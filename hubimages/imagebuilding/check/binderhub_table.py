"""BinderHub's option names and types: the table in this directory, made from an installed BinderHub.

BinderHub's release on PyPI is years old, and binderhub-service runs its newest commit, so the table is made from the
source:
`python -m hubimages.imagebuilding.check.binderhub_table > hubimages/imagebuilding/check/binderhub_options.json`.
"""

import functools
import importlib
import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

from hubimages.errors import NotInstalledError

TABLE = "binderhub_options.json"
MODULES = (
    "app", "binderspawner_mixin", "build", "build_local", "events", "health", "launcher", "quota", "ratelimit",
    "registry", "repoproviders",
)  # fmt: skip
HUB_CLASSES = ("HubAuth", "HubOAuth")  # JupyterHub's classes that BinderHub configures


@functools.cache
def options() -> dict[str, dict[str, str]]:
    """Return each configurable class with the type of each of its options, inherited ones included."""
    table: dict[str, dict[str, str]] = read()["classes"]
    return table


def read() -> dict[str, Any]:
    """Return the table: `version`, `commit` and `classes`."""
    found: dict[str, Any] = json.loads(files("hubimages.imagebuilding.check").joinpath(TABLE).read_text("utf-8"))
    return found


def of_installed() -> dict[str, Any]:
    """Return the table of the installed BinderHub. Raises NotInstalledError."""
    try:
        version = importlib.import_module("binderhub._version").get_versions()
    except ImportError:
        raise NotInstalledError(
            "BinderHub is not installed: pip install git+https://github.com/jupyterhub/binderhub"
        ) from None
    classes = {cls.__name__: traits_of(cls) for cls in _classes()}
    return {
        "version": version["version"],
        "commit": version["full-revisionid"],
        "classes": {name: classes[name] for name in sorted(classes)},
    }


def traits_of(cls: Any) -> dict[str, str]:
    """Return the configurable options of a class with the names of their types, sorted."""
    return {name: _kind(trait) for name, trait in sorted(cls.class_traits(config=True).items())}


def _kind(trait: Any) -> str:
    name: str = type(trait).__name__
    return f"{name}?" if trait.allow_none else name


def _classes() -> Iterator[Any]:
    from traitlets.config import Configurable

    for name in MODULES:
        module = importlib.import_module(f"binderhub.{name}")
        for value in vars(module).values():
            if isinstance(value, type) and issubclass(value, Configurable) and value.__module__ == module.__name__:
                yield value
    auth = importlib.import_module("jupyterhub.services.auth")
    for name in HUB_CLASSES:
        yield getattr(auth, name)


if __name__ == "__main__":
    pass
