"""The newest tags of the base images that the template's Dockerfiles name."""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from freshness.findings import Behind, Edit, Unknown, read
from freshness.sources import Sources, why
from hubimages.errors import HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.references.newest.choose import candidates, choose
from hubimages.references.tag_format import Formats
from hubimages.registry import Registries, creation_dates

FROM = re.compile(r"^FROM (?P<image>[\w.:-]+/[\w./-]+):(?P<tag>[\w.-]+)", re.MULTILINE)


def check(root: Path, sources: Sources) -> Iterator[Behind | Unknown | None]:
    """Compare each tag with those that the registry has, by the rules of bump-images."""
    with Registries() as registries:
        for file in sorted(root.glob("<<cookiecutter.repo>>/Dockerfile*")):
            path = str(file.relative_to(root))
            for found in FROM.finditer(read(root, path)):
                yield _compared(registries, path, found["image"], found["tag"], sources)


def _compared(registries: Registries, path: str, name: str, tag: str, sources: Sources) -> Behind | Unknown | None:
    reference = ImageRef.parse(name)
    there = ImageRef(sources.registries.get(reference.host, reference.host), reference.name)
    try:
        found = candidates(tag, Formats(registries.tags(there), [tag]))
        dates: dict[str, datetime] = {}
        if found.need_dates:
            created = creation_dates(registries, [there.at(each) for each in found.tags])
            dates = {image.tag: date for image, date in created.items() if isinstance(date, datetime)}
        choice = choose(tag, found, dates)
    except HubImagesError as error:
        return Unknown(name, why(error))
    if choice.unordered:
        return Unknown(name, choice.unordered)
    newest = choice.tag or choice.jump
    if not newest:
        return None
    if not choice.tag:
        return Behind(
            name, tag, newest, path, remedy="Its tags have another format now: only a person can call it newer"
        )
    edits = (Edit(path, f"{name}:{tag}", f"{name}:{newest}"),)
    return Behind(name, tag, newest, path, edits, f"The base image `{name}` is {newest} (was {tag}).")
