"""Add values to a hub's file, new or existing; comments and layout stay."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hubimages.yaml_text import Scalar, add_key, compose, scalars

HEADER = """\
# Values of an imagebuilding hub: users choose an image, name one, or have one built from a repository.
# The registry's password is in the encrypted file next to this one.
"""
# The registry's address and account are written once: the first place has an anchor, the others an alias.
SHARED = {
    "registry_url": (("config", "DockerRegistry", "url"), ("buildPodsRegistryCredentials", "server")),
    "registry_account": (("config", "DockerRegistry", "username"), ("buildPodsRegistryCredentials", "username")),
}
PULL_ACCOUNT = ("jupyterhub", "imagePullSecret", "username")
SERVICE = "binderhub-service"


@dataclass(frozen=True)
class Conflict:
    """A value in the hub's own file that differs from the needed one."""

    path: tuple[str, ...]
    line: int
    found: Any
    needed: Any

    def __str__(self) -> str:
        return f"{'.'.join(self.path)} is {self.found!r} (line {self.line}), needed is {self.needed!r}"


def missing(wanted: Mapping[str, Any], have: object) -> dict[str, Any]:
    """Return the part of `wanted` that `have` lacks or has with other values."""
    there = have if isinstance(have, Mapping) else {}
    found: dict[str, Any] = {}
    for key, value in wanted.items():
        if isinstance(value, Mapping) and isinstance(there.get(key), Mapping):
            below = missing(value, there[key])
            if below:
                found[key] = below
        elif key not in there or there[key] != value:
            found[key] = value
    return found


def conflicts(text: str, new: Mapping[str, Any], path: tuple[str, ...] = ()) -> list[Conflict]:
    """Return the values of `new` that conflict with the text."""
    tree = compose(text)
    found = []
    for key, value in new.items():
        here = (*path, key)
        node = tree.find(here)
        if node is None:
            continue
        there = _data(text, here)
        if isinstance(value, Mapping) and isinstance(there, Mapping):
            found += conflicts(text, value, here)
        elif there != value and not (isinstance(value, Mapping) and there in (None, {})):
            found.append(Conflict(here, node.line, there, value))
    return found


def put(text: str, new: Mapping[str, Any], path: tuple[str, ...] = ()) -> str:
    """Return the text with the values added; present values stay as they are."""
    for key, value in new.items():
        here = (*path, key)
        there = _data(text, here)
        if there == value and compose(text).find(here) is not None:
            continue
        if isinstance(value, Mapping) and isinstance(there, Mapping) and there:
            text = put(text, value, here)
        elif compose(text).find(here) is None:
            text = add_key(text, path, key, value)
        else:  # a key without a value, or an empty mapping
            for inner, content in value.items():
                text = add_key(text, here, inner, content)
    return text


def fresh(new: Mapping[str, Any], *, below: tuple[str, ...] = (SERVICE,)) -> str:
    """Return the text of a new file, with the registry's address and account written once."""
    return anchored(put(HEADER, new), below)


def anchored(text: str, below: tuple[str, ...]) -> str:
    """Return the text with an anchor on the first of each pair and an alias in the others; the data stays the same."""
    before = compose(text).data()
    spans: list[tuple[Scalar, str]] = []
    by_path = {scalar.path: scalar for scalar in scalars(text)}
    for name, paths in SHARED.items():
        places = [(*below, *path) for path in paths] + ([PULL_ACCOUNT] if name == "registry_account" else [])
        found = sorted((by_path[path] for path in places if path in by_path), key=lambda one: one.start)
        if len(found) > 1:
            spans.append((found[0], f"&{name} {text[found[0].start : found[0].end]}"))
            spans += [(one, f"*{name}") for one in found[1:]]
    for scalar, written in sorted(spans, key=lambda span: span[0].start, reverse=True):
        text = text[: scalar.start] + written + text[scalar.end :]
    assert compose(text).data() == before
    return text


def _data(text: str, path: tuple[str, ...]) -> Any:
    tree = compose(text)
    value: Any = tree.data() if tree.documents else None
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
