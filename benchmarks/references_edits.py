"""The edits that all sides are asked for: one tag each, at one place of one file."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubimages.yaml_text import Scalar, ScalarNode, UnreadableYamlError, compose, scalars

# A commit id that is no number, three that Helm would read as numbers without quotes, a date, and a word that is true.
NEW_TAGS = ("e4c1f2a9b7d0", "5115e56", "1.10", "0123456", "2026.07.01", "on")
REFERENCE = re.compile(r"(?P<name>[a-z0-9.-]+(?::[0-9]+)?(?:/[a-z0-9._-]+)+):(?P<tag>[\w][\w.-]*)")


@dataclass(frozen=True)
class Edit:
    """What is to be changed where."""

    file: str
    text: str
    path: tuple[str | int, ...]
    also: tuple[tuple[str | int, ...], ...]  # where the same scalar counts, too
    image: str  # its name
    old_tag: str
    new_tag: str
    value: str  # what the scalar is to be: the tag, or name:tag

    @property
    def is_pair(self) -> bool:
        """Whether name and tag stand at two keys."""
        return self.value == self.new_tag


def read_texts(folder: Path) -> dict[str, str]:
    """Every YAML file that git would have, but for encrypted ones."""
    texts = {}
    for place in sorted(folder.rglob("*.y*ml")):
        if place.suffix in (".yaml", ".yml") and place.is_file() and ".git" not in place.relative_to(folder).parts:
            text = place.read_bytes().decode("utf-8", "replace")
            if "\nsops:" not in text:
                texts[str(place.relative_to(folder))] = text
    return texts


def find(texts: dict[str, str], count: int) -> list[Edit]:
    """The edits of a corpus; `count` of them, evenly spread (0: all)."""
    edits = [edit for file, text in texts.items() for edit in _edits(file, text)]
    if count and len(edits) > count:
        edits = [edits[number * len(edits) // count] for number in range(count)]
    return edits


def _edits(file: str, text: str) -> Iterator[Edit]:
    if "image" not in text.lower() and "tag" not in text:
        return
    try:
        found, tree = scalars(text), compose(text)
    except UnreadableYamlError:
        return
    for scalar in found:
        if scalar.document or not scalar.path:
            continue
        number = sum(file.encode()) + scalar.line
        new = NEW_TAGS[number % len(NEW_TAGS)]
        whole = REFERENCE.fullmatch(scalar.value)
        if whole and whole["tag"] != new:
            yield _edit(file, text, scalar, whole["name"], whole["tag"], new, f"{whole['name']}:{new}")
        elif scalar.path[-1] == "tag" and scalar.value not in ("", new):
            names = [tree.find((*scalar.path[:-1], key)) for key in ("name", "repository")]
            name = next((node.value for node in names if isinstance(node, ScalarNode)), "")
            if name:
                yield _edit(file, text, scalar, name, scalar.value, new, new)


def _edit(file: str, text: str, scalar: Scalar, image: str, old: str, new: str, value: str) -> Edit:
    return Edit(file, text, scalar.path, scalar.also, image, old, new, value)
