"""Unknown options of BinderHub and KubeSpawner, and values of the wrong type; traitlets only warns in a log."""

import functools
from collections.abc import Iterator
from typing import Any

from hubimages.errors import NotInstalledError
from hubimages.imagebuilding.check import binderhub_table
from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.jsonschema import without_grammar
from hubimages.imagebuilding.check.render import EXTRA
from hubimages.imagebuilding.check.rules.form import PROFILES, entries, mapping, options
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
OTHER_CLASSES = ("EventLogger", "Application", "traitlets")  # of packages that share BinderHub's configuration


def binderhub(subject: Subject) -> Iterator[Finding]:
    """Check that every class and option below binderhub-service.config exists in BinderHub and has the right type."""
    values = subject.values
    known = binderhub_table.options()
    for name, given in values.mapping(*CONFIG).items():
        if name in OTHER_CLASSES:
            continue
        if name not in known:
            yield _unknown(subject, (*CONFIG, name), f"BinderHub has no class {name!r}{did_you_mean(name, known)}")
            continue
        for option, value in mapping(given).items():
            path = (*CONFIG, name, option)
            if option not in known[name]:
                near = did_you_mean(option, known[name]) or _elsewhere(option, known)
                yield _unknown(subject, path, f"BinderHub's {name} has no option {option!r}{near}")
            elif not _fits(value, known[name][option]):
                yield Finding(
                    "option-type", values.place(*path),
                    f"{name}.{option} is {_shown(value)}; it must be {known[name][option].rstrip('?')}",
                    "BinderHub does not start", "use a value of that type", "options",
                )  # fmt: skip


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
            near = did_you_mean(option, configurable())
            yield _unknown(subject, (*config, option), f"KubeSpawner has no option {option!r}{near}")
    for path, override in overrides(subject):
        for option in override:
            if not hasattr(spawner_class(), option):
                near = did_you_mean(option, spawner_class().class_trait_names())
                yield _unknown(subject, (*path, option), f"KubeSpawner has no option {option!r}{near}")


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
        with without_grammar():
            from kubespawner import KubeSpawner
    except ImportError:
        raise NotInstalledError(f"jupyterhub-kubespawner is not installed: {EXTRA}") from None
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
    return isinstance(value, TYPES[name])


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _unknown(subject: Subject, path: Path, message: str) -> Finding:
    return Finding(
        "option-unknown", subject.values.place(*path), message, "it is ignored, with only a line in a log",
        "correct the name, or remove it", "options",
    )  # fmt: skip


RULES = (binderhub, kubespawner)
