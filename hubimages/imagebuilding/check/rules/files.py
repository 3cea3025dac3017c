"""What is written in the values files themselves, before anything is merged."""

from collections.abc import Iterator

from hubimages.imagebuilding.check.finding import Finding, Subject
from hubimages.imagebuilding.check.render import dotted
from hubimages.imagebuilding.layer import Place


def keys_once(subject: Subject) -> Iterator[Finding]:
    """No mapping has a key twice."""
    for layer in subject.values.layers:
        for path, first, later in layer.twice:
            yield Finding(
                "key-twice", Place(layer.file, later), f"{dotted(path)} stands here again; it is in line {first}, too",
                "Helm takes the last one and drops the others, with all that is below them, without a word",
                "put what is below both under one key",
            )  # fmt: skip


RULES = (keys_once,)
