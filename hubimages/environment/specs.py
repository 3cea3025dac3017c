"""The packages of an environment file, each with its place in the text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hubimages.yaml_text import MappingNode, Node, Path, ScalarNode, SequenceNode, compose, data, resolved

# channel::name[version=...] or name, then version and build behind `=` or a space, or comparisons.
CONDA = re.compile(
    r"^\s*+(?:(?P<channel>[^\s:]+?)(?:/[\w-]+)?::)?(?P<name>[A-Za-z0-9_][\w.-]*+)\s*+(?P<rest>.*)", re.DOTALL
)
PIP = re.compile(r"^\s*+(?P<name>[A-Za-z0-9][\w.-]*+)\s*+(?:\[[^\]]*+\])?+\s*+(?P<rest>[^;#]*+)(?:[;#].*)?$")
URL = re.compile(r"^\s*+(?:[A-Za-z0-9][\w.-]*+\s*+(?:\[[^\]]*+\])?+\s*+@\s*+)?[\w+.-]+://|^\s*+-")

KEYS = re.compile(  # version="1.2,<3", build=py
    r"(?<!\w)(\w++)\s*+=\s*+[\"']?"
    r"([^\"',\]]*+(?:,(?!\s*+\w++\s*+=)[^\"',\]]*+)*+)[\"']?"
)


@dataclass(frozen=True)
class Spec:
    """A package asked for: as it is written, and its parts. `version` is what stands behind the name."""

    text: str
    name: str  # in lower case, and for pip with - for _ and .
    version: str
    build: str
    channel: str
    pip: bool
    path: Path
    line: int

    @property
    def exact(self) -> str:
        """Return the version if exactly one is asked for (`=1.2` of conda asks for any 1.2.x), else an empty text."""
        found = re.fullmatch(r"==\s*([\w.!+]+)", self.version) or (
            re.fullmatch(r"=\s*([\w.!+]+)", self.version) if self.build else None
        )
        return found[1] if found else ""


@dataclass(frozen=True)
class EnvironmentFile:
    """An environment file: its text, its packages in order, its channels with their lines."""

    path: str  # relative to the repository
    text: str
    specs: tuple[Spec, ...]
    channels: tuple[tuple[str, int], ...]
    others: tuple[tuple[Path, int, str], ...]  # entries that are no package: path, line, what they are
    keys: tuple[tuple[str, int, str, bool], ...] = ()  # name, line, `list`, `nothing` or `other`, has an anchor inside

    def named(self, name: str, *, pip: bool = False) -> list[Spec]:
        """Return the entries for one package."""
        return [spec for spec in self.specs if spec.name == name and spec.pip == pip]


def read_environment_file(path: str, text: str) -> EnvironmentFile:
    """Return what an environment file asks for. Raises UnreadableYamlError."""
    tree = compose(text)
    specs: list[Spec] = []
    others: list[tuple[Path, int, str]] = []
    listed = tree.find(("dependencies",))
    for index, item in enumerate(listed.items if isinstance(listed, SequenceNode) else []):
        node = resolved(item)
        if isinstance(node, ScalarNode):
            spec = conda_spec(node.value, ("dependencies", index), item.line)
            if spec:
                specs.append(spec)
            else:
                others.append((("dependencies", index), item.line, node.value))
        elif isinstance(node, MappingNode):
            specs += pip_specs(node, ("dependencies", index))
            others += [(("dependencies", index), item.line, text) for text in no_list(node)]
        else:
            others.append((("dependencies", index), item.line, "a list"))
    found = tree.find(("channels",))
    channels = tuple(
        (node.value, item.line)
        for item in (found.items if isinstance(found, SequenceNode) else [])
        if isinstance(node := resolved(item), ScalarNode)
    )
    top = tree.find(())
    pairs = top.pairs if isinstance(top, MappingNode) else []
    keys = tuple(
        (key.value, key.line, _kind(value), _anchored(value)) for key, value in pairs if isinstance(key, ScalarNode)
    )
    return EnvironmentFile(path, text, tuple(specs), channels, tuple(others), keys)


def _kind(value: Node) -> str:
    here = resolved(value)
    if isinstance(here, ScalarNode) and data(here) is None:
        return "nothing"
    return "list" if isinstance(here, SequenceNode) else "other"


def _anchored(node: Node) -> bool:
    """Return True if there is an anchor in a node, so that an alias elsewhere may need it."""
    below: list[Node] = []
    if isinstance(node, MappingNode):
        below = [part for pair in node.pairs for part in pair]
    elif isinstance(node, SequenceNode):
        below = list(node.items)
    return bool(getattr(node, "anchor", None)) or any(map(_anchored, below))


def conda_spec(text: str, path: Path = (), line: int = 0) -> Spec | None:
    """Return a conda package as asked for; None for what is none, such as an address."""
    found = CONDA.match(text)
    if not found or "://" in text.split("[", 1)[0].rsplit("::", maxsplit=1)[-1]:
        return None
    version, build = _version_and_build(found["rest"].rstrip())
    return Spec(text, found["name"].lower(), version, build, found["channel"] or "", False, path, line)


def _version_and_build(rest: str) -> tuple[str, str]:
    """Return the version with its operator, and the build."""
    bracket = re.fullmatch(r"\[(.*)\]", rest, re.DOTALL)
    if bracket:
        keys = dict(KEYS.findall(bracket[1]))
        version = keys.get("version", "")
        return version if re.match(r"[<>=!~]|$", version) else f"=={version}", keys.get("build", "")
    triple = re.fullmatch(r"=\s*([^=\s,|<>]+)\s*=\s*([\w.*]+)", rest)
    if triple:
        return f"={triple[1]}", triple[2]
    double = re.fullmatch(r"([\d][^=\s,|<>]*)\s+([\w.*]+)", rest)
    if double:
        return f" {double[1]}", double[2]
    return (f" {rest}" if re.match(r"\d", rest) else rest), ""


def no_list(node: MappingNode) -> Iterator[str]:
    """Yield the keys of an entry that are no list of pip packages, with their value."""
    for key, value in node.pairs:
        here = resolved(value)
        if isinstance(key, ScalarNode) and isinstance(here, ScalarNode) and here.value not in ("", "~", "null"):
            yield f"{key.value}: {here.value}"


def pip_specs(node: MappingNode, path: Path) -> Iterator[Spec]:
    """Yield the packages below `pip:`."""
    for key, value in node.pairs:
        listed: Node = resolved(value)
        if not (isinstance(key, ScalarNode) and key.value == "pip" and isinstance(listed, SequenceNode)):
            continue
        for index, item in enumerate(listed.items):
            here = resolved(item)
            if isinstance(here, ScalarNode):
                yield pip_spec(here.value, (*path, "pip", index), item.line)


def pip_spec(text: str, path: Path = (), line: int = 0) -> Spec:
    """Return a pip package as asked for; without a name for an address or an option."""
    found = None if URL.match(text) else PIP.match(text)
    name = re.sub(r"[-_.]+", "-", found["name"]).lower() if found else ""
    return Spec(text, name, found["rest"].strip() if found else text, "", "", True, path, line)
