"""The image_prefix of every hub of a repository: two hubs with one prefix would start each other's images."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hubimages.errors import BadInputError
from hubimages.imagebuilding.hubs import Hub, find_hubs, read_hub_layer
from hubimages.imagebuilding.layer import FileLine, Layer
from hubimages.imagebuilding.values import merge
from hubimages.repository.file_edit import read_text

PREFIX = ("binderhub-service", "config", "BinderHub", "image_prefix")
Prefix = tuple[str, str, FileLine]
"""The hub, its image_prefix, and the place of it."""


def all_prefixes(root: Path) -> tuple[Prefix, ...]:
    """Return the image_prefix of every hub in config/clusters. Hubs with unreadable files are left out."""
    found = []
    for hub in find_hubs(root):
        try:
            values = merge(_with_prefix(hub))
        except BadInputError:
            continue
        text = values.text(*PREFIX)
        if text and not values.is_encrypted(*PREFIX):
            found.append((hub.label, text, values.place(*PREFIX)))
    return tuple(found)


def with_prefix(prefixes: Sequence[Prefix], text: str) -> dict[str, FileLine]:
    """Return the hubs that have the prefix, each with the place of it."""
    return {hub: place for hub, other, place in prefixes if other == text}


def _with_prefix(hub: Hub) -> Iterator[Layer]:
    for file, text in zip(hub.yaml_files, texts(hub), strict=True):
        if "image_prefix" in text:
            yield read_hub_layer(hub, file, text).only(PREFIX)


def texts(hub: Hub) -> Iterable[str]:
    """Yield the text of each YAML file of a hub; for an unreadable one, a text that a check must look at."""
    for file in hub.yaml_files:
        try:
            yield read_text(hub.root, file) if (hub.root / file).is_file() else ""
        except BadInputError:
            yield "dynamic_image_building"  # unreadable: checking the hub reports it
