"""The values files themselves, before they are merged."""

from collections.abc import Iterator

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.render import dotted
from hubimages.imagebuilding.layer import Place


def keys_once(subject: Subject) -> Iterator[Finding]:
    """Check that no mapping has a key twice."""
    for layer in subject.values.layers:
        for path, first, later in layer.twice:
            yield Finding(
                "key-twice", Place(layer.file, later), f"duplicate key {dotted(path)}, first in line {first}",
                "Helm uses the last one and silently drops the others with everything below them",
                "merge both under one key",
            )  # fmt: skip


RULES = (keys_once,)
