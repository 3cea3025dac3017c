"""Ask the registries which references have a newer tag."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from hubimages.errors import HubImagesError
from hubimages.image_ref import DOCKER_HUB, ImageRef
from hubimages.references.newest.choose import candidates, needs_dates, newest
from hubimages.references.reference import Reference
from hubimages.registry import Registries, all_tags, creation_dates

# Docker Hub counts each date as a pull, and lets 100 of them pass in six hours from one address without a login
# (https://docs.docker.com/docker-hub/usage/): all images of it together get fewer, since hubs want to pull, too.
MOST_DATES = 1000  # of one image
MOST_DATES_OF_DOCKER_HUB = 60  # of all images in one run


@dataclass
class Newer:
    """The newest tag of the same shape for every reference that has one, and what could not be known."""

    tags: dict[Reference, str] = field(default_factory=dict)
    unanswered: dict[ImageRef, HubImagesError] = field(default_factory=dict)
    not_asked: dict[ImageRef, str] = field(default_factory=dict)  # images with more commits as tags than can be asked


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
    wanted: dict[ImageRef, set[str]] = {}
    for each in references:
        image = ImageRef(each.host, each.name)
        if needs_dates(each.tag):
            wanted.setdefault(image, set()).update(candidates(each.tag, tags.get(image, ())))
    allowed = dates_to_ask(wanted, result)
    dates: dict[ImageRef, dict[str, datetime]] = {}
    for image, answer in creation_dates(registries, allowed).items():
        if isinstance(answer, datetime):
            dates.setdefault(image.at(), {})[image.tag] = answer
        elif isinstance(answer, HubImagesError):
            result.unanswered[image] = answer
    return dates


def dates_to_ask(wanted: Mapping[ImageRef, set[str]], result: Newer) -> list[ImageRef]:
    """The tags that are asked for: all of an image or none, images with few before those with many."""
    allowed: list[ImageRef] = []
    left = MOST_DATES_OF_DOCKER_HUB
    for image, tags in sorted(wanted.items(), key=lambda pair: (len(pair[1]), str(pair[0]))):
        most = left if image.host == DOCKER_HUB else MOST_DATES
        if len(tags) > most:
            limit = "what Docker Hub lets pass" if image.host == DOCKER_HUB else f"the {MOST_DATES} that are asked"
            result.not_asked[image] = (
                f"which of its {len(tags)} tags is the newest: they are commits, which only their dates put in order, "
                f"and more than {limit}"
            )
            continue
        allowed += (image.at(tag) for tag in sorted(tags))
        left -= len(tags) if image.host == DOCKER_HUB else 0
    return allowed
