"""One values file as Helm reads it: its data, and the file and line of every value in it."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from hubimages.errors import BadInputError
from hubimages.yaml_text import MappingNode, Node, Path, SequenceNode, UnreadableYamlError, compose, data, effective
from hubimages.yaml_text import resolved as followed

ENCRYPTED_TEXT = "ENC[AES256_GCM,"  # as SOPS writes it: ENC[AES256_GCM,data:…,iv:…,tag:…,type:str]
WHOLE = {  # how a file begins that is encrypted as a whole
    b"\0GITCRYPT\0": "git-crypt",
    b"$ANSIBLE_VAULT;": "ansible-vault",
    b"age-encryption.org/": "age",
    b"-----BEGIN AGE ENCRYPTED FILE-----": "age",
    b"-----BEGIN PGP MESSAGE-----": "gpg",
}
TOO_MANY = 200_000  # a few lines of aliases can stand for billions of values


class FileLine(NamedTuple):
    """Where a value is: the file, relative to the repository, and the line of the key or item, from 1."""

    file: str
    line: int


class Encrypted(str):
    """An encrypted value; its text is a stand-in, never the cipher text.

    `kind` is the type of the clear value, as SOPS records it: str, int, float, bool, bytes.
    """

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, kind: str = "str") -> "Encrypted":
        """Make a stand-in for an encrypted value."""
        made = super().__new__(cls, "(encrypted)")
        made.kind = kind
        return made


class Twice(NamedTuple):
    """A duplicate key: Helm uses the later one and drops everything below the first."""

    path: Path
    first: int
    later: int


@dataclass(frozen=True)
class Layer:
    """A values file: `data` as Helm reads it, and `places`, the place of each path.

    `encrypted`: SOPS encrypted the file; `data` does not have its `sops` key. `opaque`: what encrypted the file as a
    whole, so that `data` is empty and the values are unknown. `of_chart`: the file is the same for all hubs of a chart,
    so not the place to correct one hub.
    """

    file: str
    data: dict[str, Any]
    places: Mapping[Path, FileLine]
    encrypted: bool = False
    of_chart: bool = False
    twice: tuple[Twice, ...] = ()
    opaque: str = ""

    def only(self, *paths: Path) -> "Layer":
        """Return the layer with nothing but the values at these paths, which is faster to merge."""
        made: dict[str, Any] = {}
        for path in paths:
            _put(made, self.data, path)
        return replace(self, data=made)


def _put(made: dict[str, Any], data: dict[str, Any], path: Path) -> None:
    first, *rest = path
    if first not in data:
        return
    value = data[str(first)]
    if not rest or not isinstance(value, dict):
        made[str(first)] = value
        return
    _put(made.setdefault(str(first), {}), value, tuple(rest))


def opaque_layer(content: bytes, file: str) -> Layer | None:
    """Return the layer of a file that is encrypted as a whole; None for any other file."""
    program = next((name for start, name in WHOLE.items() if content.startswith(start)), "")
    return Layer(file, {}, {}, encrypted=True, opaque=program) if program else None


@functools.lru_cache(maxsize=1024)  # many hubs use one file
def read_layer(text: str, file: str, *, below: Path = (), skip: str | None = None) -> Layer:
    """Return the layer of a file's text. With `below`, its top is at that path of the values (("jupyterhub",) for a
    plain Zero to JupyterHub file); with `skip`, all below that key moves to the top (`basehub` in daskhub files).
    The same text gives the same layer, which nobody changes.

    Raises BadInputError, with file and line, for text that is not YAML, or not a mapping.
    """
    try:
        tree = compose(text)
        values, places = _top(tree.documents[0], file) if tree.documents else ({}, {})
        twice = tuple(Twice(path, first.line, later.line) for path, first, later in tree.duplicates())
    except UnreadableYamlError as error:
        raise BadInputError(f"{file}:{error.line}: {error.problem}; correct the YAML") from None
    encrypted = isinstance(values.get("sops"), dict) and "mac" in values["sops"]
    if encrypted:
        del values["sops"]
        places = {path: place for path, place in places.items() if path[:1] != ("sops",)}
        if set(values) == {"data"} and isinstance(values["data"], Encrypted):  # as SOPS keeps a file of unknown type
            return Layer(file, {}, {}, encrypted, opaque="sops")
    if skip is not None:
        values, places = _moved_up(values, places, skip)
    for key in reversed(below):
        values = {str(key): values}
    placed = {below[: n + 1]: FileLine(file, 1) for n in range(len(below))}
    return Layer(
        file, values, {**placed, **{(*below, *path): place for path, place in places.items()}}, encrypted, twice=twice
    )


def _top(node: Node, file: str) -> tuple[dict[str, Any], dict[Path, FileLine]]:
    top = followed(node)
    if not isinstance(top, MappingNode):
        if data(top) is None:
            return {}, {}
        raise UnreadableYamlError(top.line, "values must be a mapping of keys")
    places: dict[Path, FileLine] = {}
    values: dict[str, Any] = _read(top, (), file, places)
    return values, places


def _read(node: Node, path: Path, file: str, places: dict[Path, FileLine]) -> Any:
    """Return the data of a node, and record the place of everything in it."""
    if len(places) > TOO_MANY:
        raise UnreadableYamlError(node.line, "its aliases expand to too many values")
    node = followed(node)
    if isinstance(node, MappingNode):
        found = {}
        for name, (key, value) in effective(node).items():
            below = (*path, name)
            places[below] = FileLine(file, key.line)
            found[name] = _read(value, below, file, places)
        return found
    if isinstance(node, SequenceNode):
        items = []
        for number, item in enumerate(node.items):
            below = (*path, number)
            places[below] = FileLine(file, item.line)
            items.append(_read(item, below, file, places))
        return items
    value = data(node)
    if isinstance(value, str) and value.startswith(ENCRYPTED_TEXT) and value.endswith("]"):
        return Encrypted(value[:-1].rpartition("type:")[2] or "str")
    return value


def _moved_up(
    values: dict[str, Any], places: dict[Path, FileLine], key: str
) -> tuple[dict[str, Any], dict[Path, FileLine]]:
    inner = values.pop(key, None)
    moved = {path[1:]: place for path, place in places.items() if path[:1] == (key,) and len(path) > 1}
    others = {path: place for path, place in places.items() if path[:1] != (key,)}
    return {**(inner if isinstance(inner, dict) else {}), **values}, {**moved, **others}
