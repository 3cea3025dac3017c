"""Ask the registries which references have a newer tag."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hubimages.errors import HubImagesError
from hubimages.image_ref import DOCKER_HUB, ImageRef
from hubimages.references.newest.choose import Candidates, candidates, choose
from hubimages.references.newest.siblings import behind
from hubimages.references.reference import Reference
from hubimages.references.tag_format import Formats, Kind, is_moving
from hubimages.registry import Registries, all_tags, creation_dates

# Docker Hub counts each date as a pull, and allows 100 of them in six hours from one address without a login
# (https://docs.docker.com/docker-hub/usage/): all of its images together get fewer, since hubs pull, too.
MOST_DATES = 1000  # of one image
MOST_DATES_OF_DOCKER_HUB = 60  # of all images in one run
UNKNOWN = datetime.min.replace(tzinfo=UTC)


@dataclass
class Newer:
    """The newest tag for every reference that has one, and what is not known."""

    tags: dict[Reference, str] = field(default_factory=dict)
    behind: dict[Reference, Reference | None] = field(default_factory=dict)  # a choice; with the one that is ahead
    jumps: dict[Reference, str] = field(default_factory=dict)  # to a tag that only a person can call newer
    unordered: dict[Reference, str] = field(default_factory=dict)  # and why
    unanswered: dict[ImageRef, HubImagesError] = field(default_factory=dict)
    not_asked: dict[ImageRef, str] = field(default_factory=dict)  # too many tags to ask for their dates


def newer_tags(registries: Registries, references: Sequence[Reference], every: Sequence[Reference] = ()) -> Newer:
    """Look up all images in parallel. An image that does not exist or is hidden is `unanswered`, with that error.

    `every` has all references of the repository: their tags help to tell an image's format, and siblings in a form
    may be among them.
    """
    result = Newer()
    wanted = [each for each in references if each.name and each.tag and not is_moving(each.tag)]
    images = {_bare(each) for each in wanted}
    beside = [each for each in (every or references) if each.name and each.tag and _bare(each) in images]
    running: dict[ImageRef, list[str]] = {}
    for each in beside:
        running.setdefault(_bare(each), []).append(each.tag)
    formats: dict[ImageRef, Formats] = {}
    for image, answer in all_tags(registries, images).items():
        if isinstance(answer, list):
            formats[image] = Formats(answer, running.get(image, ()))
        else:
            result.unanswered[image] = answer
    known = [each for each in dict.fromkeys((*wanted, *beside)) if _bare(each) in formats]
    found = {
        image.at(tag): candidates(tag, formats[image]) for image, tag in {(_bare(each), each.tag) for each in known}
    }
    dates = _dates(registries, found, result)
    for each in wanted:
        image = _bare(each)
        if image not in formats or (image in result.not_asked and found[image.at(each.tag)].need_dates):
            continue
        choice = choose(each.tag, found[image.at(each.tag)], dates.get(image, {}))
        for where, said in (
            (result.tags, choice.tag),
            (result.jumps, choice.jump),
            (result.unordered, choice.unordered),
        ):
            if said:
                where[each] = said
    order = {each: _order(each, formats[_bare(each)], dates.get(_bare(each), {})) for each in known}
    result.behind = behind(known, order)
    for each in result.behind:
        for where in (result.tags, result.jumps, result.unordered):
            where.pop(each, None)
    return result


def _bare(reference: Reference) -> ImageRef:
    return ImageRef(reference.host, reference.name)


def _order(reference: Reference, formats: Formats, dates: Mapping[str, datetime]) -> tuple[Hashable, Any]:
    """Return the tag's format and flavour, and the key among tags of the same; None if it is not known."""
    reading = formats.of(reference.tag)
    if reading is None:
        return reference.tag, None
    if reading.kind is Kind.COMMIT:
        return reading.format, dates.get(reference.tag)
    return reading.format, (reading.key, dates.get(reference.tag, UNKNOWN))


def _dates(
    registries: Registries, found: Mapping[ImageRef, Candidates], result: Newer
) -> dict[ImageRef, dict[str, datetime]]:
    """Return when the images were created whose tags do not say which is newer."""
    wanted: dict[ImageRef, set[str]] = {}
    for image, here in found.items():
        if here.need_dates:
            wanted.setdefault(image.at(), set()).update(here.tags)
    allowed = dates_to_ask(wanted, result)
    dates: dict[ImageRef, dict[str, datetime]] = {}
    for image, answer in creation_dates(registries, allowed).items():
        if isinstance(answer, datetime):
            dates.setdefault(image.at(), {})[image.tag] = answer
        elif isinstance(answer, HubImagesError):
            result.unanswered[image] = answer
    return dates


def dates_to_ask(wanted: Mapping[ImageRef, set[str]], result: Newer) -> list[ImageRef]:
    """Return the tags to ask for: all of an image or none, images with few before those with many."""
    allowed: list[ImageRef] = []
    left = MOST_DATES_OF_DOCKER_HUB
    for image, tags in sorted(wanted.items(), key=lambda pair: (len(pair[1]), str(pair[0]))):
        most = left if image.host == DOCKER_HUB else MOST_DATES
        if len(tags) > most:
            limit = "Docker Hub allows" if image.host == DOCKER_HUB else f"the {MOST_DATES} that hubimages asks for"
            result.not_asked[image] = (
                f"only the dates of its images order its {len(tags)} tags, and these are more than {limit}"
            )
            continue
        allowed += (image.at(tag) for tag in sorted(tags))
        left -= len(tags) if image.host == DOCKER_HUB else 0
    return allowed
