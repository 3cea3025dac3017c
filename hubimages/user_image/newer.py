"""Ask the registries which references have a newer tag."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hubimages.errors import HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.registry import Registries, all_tags, creation_dates
from hubimages.user_image.newest import candidates, needs_dates, newest
from hubimages.user_image.reference import Reference


@dataclass
class Newer:
    """The newest tag of the same shape for every reference that has one, and what the registries did not answer."""

    tags: dict[Reference, str] = field(default_factory=dict)
    unanswered: dict[ImageRef, HubImagesError] = field(default_factory=dict)


def newer_tags(registries: Registries, references: Sequence[Reference]) -> Newer:
    """Look all images up in parallel. An image that is not there or not shown is unanswered, too, with that error."""
    result = Newer()
    wanted = [each for each in references if each.name and each.tag and candidates(each.tag, [each.tag])]
    tags: dict[ImageRef, list[str]] = {}
    for image, answer in all_tags(registries, {ImageRef(each.host, each.name) for each in wanted}).items():
        if isinstance(answer, list):
            tags[image] = answer
        else:
            result.unanswered[image] = answer
    dates = _dates(registries, wanted, tags, result)
    for each in wanted:
        image = ImageRef(each.host, each.name)
        tag = newest(each.tag, tags.get(image, ()), dates.get(image))
        if tag:
            result.tags[each] = tag
    return result


def _dates(
    registries: Registries, references: Iterable[Reference], tags: Mapping[ImageRef, Sequence[str]], result: Newer
) -> dict[ImageRef, dict[str, datetime]]:
    """When the images were made whose tags are commits; only of those, and of their siblings."""
    wanted: set[ImageRef] = set()
    for each in references:
        image = ImageRef(each.host, each.name)
        if needs_dates(each.tag):
            wanted.update(image.at(tag) for tag in candidates(each.tag, tags.get(image, ())))
    dates: dict[ImageRef, dict[str, datetime]] = {}
    for image, answer in creation_dates(registries, wanted).items():
        if isinstance(answer, datetime):
            dates.setdefault(image.at(), {})[image.tag] = answer
        elif isinstance(answer, HubImagesError):
            result.unanswered[image] = answer
    return dates
