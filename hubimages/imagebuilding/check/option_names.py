"""Unknown options of BinderHub and KubeSpawner, and values of the wrong type; traitlets only warns in a log."""

import functools
import importlib.util
import pathlib
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from hubimages import systems
from hubimages.errors import NotInstalledError
from hubimages.imagebuilding.check import binderhub_table
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.kinds import PROFILES
from hubimages.imagebuilding.check.kubernetes.jsonschema import without_formats
from hubimages.imagebuilding.check.kubernetes.light_client import imported_when_used
from hubimages.imagebuilding.check.kubernetes.pod import quantity
from hubimages.imagebuilding.check.misspelt import near
from hubimages.imagebuilding.check.regular_expressions import python_error
from hubimages.imagebuilding.check.rules.form import entries, mapping, options
from hubimages.imagebuilding.check.rules.registry import CONFIG
from hubimages.imagebuilding.hubs import did_you_mean
from hubimages.imagebuilding.layer import Encrypted
from hubimages.yaml_text import Path

TYPES: dict[str, tuple[type, ...]] = {
    "Unicode": (str,),
    "Bool": (bool,),
    "Int": (int,),
    "ByteSpecification": (int, str),
    "Dict": (dict,),
    "List": (list,),
    "Set": (list,),
}
SPECS = ("allowed_specs", "banned_specs", "high_quota_specs")
HUB_CLASSES = {"JupyterHub": "jupyterhub.app", "Spawner": "jupyterhub.spawner"}
OF_THE_CHART = ("cookie_secret", "proxy_auth_token", "services")  # the chart takes these out
# An option in the body of a class: `    name = Kind(..., config=True)`, also over several lines.
OPTION = re.compile(r"^    (\w+) = (.*\n(?:(?: {8}.*| {4}\).*|)\n)*)", re.MULTILINE)
CONFIGURABLE = "config=True"
OTHER_CLASSES = ("EventLogger", "Application", "traitlets")  # of packages that share BinderHub's configuration


def binderhub(subject: Subject) -> Iterator[Finding]:
    """Check that every class and option below binderhub-service.config exists in BinderHub and has the right type."""
    values = subject.values
    known = binderhub_table.options()
    for name, given in values.mapping(*CONFIG).items():
        if name in OTHER_CLASSES:
            continue
        if name not in known:
            yield _unknown(
                subject,
                (*CONFIG, name),
                f"BinderHub has no class {name!r}{did_you_mean(name, known)}",
                near(name, known),
            )
            continue
        if given is not None and not isinstance(given, dict):
            yield Finding(
                "option-shape", values.place(*CONFIG, name),
                f"config.{name} is {_shown(given)}, not a mapping of options",
                "BinderHub does not start", "write OPTION: VALUE below it", "options", change={(*CONFIG, name): None},
            )  # fmt: skip
            continue
        for option, value in mapping(given).items():
            path = (*CONFIG, name, option)
            if option not in known[name]:
                hint = did_you_mean(option, known[name]) or _elsewhere(option, known)
                found = _unknown(
                    subject, path, f"BinderHub's {name} has no option {option!r}{hint}", near(option, known[name])
                )
                home = [other for other, names in known.items() if option in names]
                if home and not found.change.get((*path[:-1], near(option, known[name]))):
                    found = replace(found, change={path: None, (*CONFIG, home[0], option): value})
                yield found
            elif not _fits(value, known[name][option]):
                yield Finding(
                    "option-type", values.place(*path),
                    f"{name}.{option} is {_shown(value)}; it must be {known[name][option].rstrip('?')}",
                    "BinderHub does not start", "use a value of that type", "options", change={path: None},
                )  # fmt: skip
            elif name.endswith("Provider") and option in SPECS:
                yield from _specs(subject, path, value)


def _elsewhere(option: str, known: dict[str, dict[str, str]]) -> str:
    """Return a hint at the class that has an option of this name."""
    found = [name for name, names in known.items() if option in names]
    return f"; {found[0]} has it" if found else ""


def kubespawner(subject: Subject) -> Iterator[Finding]:
    """Check that KubeSpawner has every option in hub.config.KubeSpawner and in the form's overrides.

    Raises NotInstalledError.
    """
    values = subject.values
    config = ("jupyterhub", "hub", "config", "KubeSpawner")
    for option in values.mapping(*config):
        if option not in configurable():
            hint = did_you_mean(option, configurable())
            message = f"KubeSpawner has no option {option!r}{hint}"
            yield _unknown(subject, (*config, option), message, near(option, configurable()))
    for path, override in overrides(subject):
        for option in override:
            if not hasattr(spawner_class(), option):
                names = spawner_class().class_trait_names()
                message = f"KubeSpawner has no option {option!r}{did_you_mean(option, names)}"
                yield _unknown(subject, (*path, option), message, near(option, names))


def overrides(subject: Subject) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield every kubespawner_override of the profile list with its path."""
    key = "kubespawner_override"
    for number, profile in entries(subject.values.get(*PROFILES)):
        yield (*PROFILES, number, key), mapping(profile.get(key))
    for path, _, option in options(subject):
        yield (*path, "unlisted_choice", key), mapping(mapping(option.get("unlisted_choice")).get(key))
        for name, choice in mapping(option.get("choices")).items():
            yield (*path, "choices", name, key), mapping(mapping(choice).get(key))


@functools.cache
def spawner_class() -> Any:
    """Return KubeSpawner. Raises NotInstalledError."""
    try:
        with without_formats(), imported_when_used():
            from kubespawner import KubeSpawner
    except ImportError:
        raise NotInstalledError(
            f"jupyterhub-kubespawner is not installed: {systems.install_line('imagebuilding')}"
        ) from None
    return KubeSpawner


@functools.cache
def configurable() -> frozenset[str]:
    """Return the names of KubeSpawner's options."""
    return frozenset(spawner_class().class_traits(config=True))


def _fits(value: Any, kind: str) -> bool:
    name = kind.rstrip("?")
    if value is None or isinstance(value, Encrypted) or name not in TYPES:
        return True
    if isinstance(value, bool) and name != "Bool":
        return False
    if name == "ByteSpecification" and isinstance(value, str):
        return value[-1:] in "KMGT0123456789" and quantity(value) is not None
    return isinstance(value, TYPES[name])


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _unknown(subject: Subject, path: Path, message: str, meant: str) -> Finding:
    renamed = {(*path[:-1], meant): subject.values.get(*path)} if meant else {}
    return Finding(
        "option-unknown", subject.values.place(*path), message, "it is ignored, with only a line in a log",
        f"rename it to {meant!r}" if meant else "correct the name, or remove it", "options",
        change={path: None, **renamed},
    )  # fmt: skip


def _specs(subject: Subject, path: Path, value: Any) -> Iterator[Finding]:
    """BinderHub matches repositories with these expressions on every request."""
    for number, regex in enumerate(value if isinstance(value, list) else ()):
        said = python_error(regex) if isinstance(regex, str) else ""
        if said:
            yield Finding(
                "spec-regex-invalid", subject.values.place(*path, number),
                f"{'.'.join(map(str, path[2:]))} has {regex!r}, which is not a regular expression: {said}",
                "BinderHub fails on every request", "correct the expression", "options",
                change={path: [one for one in value if one != regex]},
            )  # fmt: skip


def jupyterhub(subject: Subject) -> Iterator[Finding]:
    """Check that JupyterHub has every option in hub.config.JupyterHub, and its Spawner those in hub.config.Spawner.

    Raises NotInstalledError.
    """
    config = ("jupyterhub", "hub", "config")
    for name, module in HUB_CLASSES.items():
        for option in subject.values.mapping(*config, name):
            if option in OF_THE_CHART or option in _written_options(module, name):
                continue
            known = _hub_options(module, name)
            if option not in known:
                message = f"{name} has no option {option!r}{did_you_mean(option, known)}"
                yield _unknown(subject, (*config, name, option), message, near(option, known))


@functools.cache
def _written_options(module: str, name: str) -> frozenset[str]:
    """Return options that the source of a class defines. Importing jupyterhub.app to ask it would take 0.2 s."""
    try:
        spec = importlib.util.find_spec(module)
    except ImportError:
        raise NotInstalledError(f"jupyterhub is not installed: {systems.install_line('imagebuilding')}") from None
    source = (
        pathlib.Path(spec.origin).read_text("utf-8") if spec and spec.origin and spec.origin.endswith(".py") else ""
    )
    body = re.search(rf"^class {name}\(.*?(?=^\S|\Z)", source, re.MULTILINE | re.DOTALL)
    return frozenset(name for name, value in OPTION.findall(body[0] if body else "") if CONFIGURABLE in value)


@functools.cache
def _hub_options(module: str, name: str) -> frozenset[str]:
    try:
        cls = getattr(importlib.import_module(module), name)
    except ImportError:
        raise NotInstalledError(f"jupyterhub is not installed: {systems.install_line('imagebuilding')}") from None
    return frozenset(cls.class_traits(config=True)).union(OF_THE_CHART)


RULES = (binderhub, kubespawner, jupyterhub)
