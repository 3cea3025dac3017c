"""What the page shows of what is in the images: a row for each, and two tags of one image side by side."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from hubimages.contents import Facts, ImageComparison, compare_facts
from hubimages.duration import in_words
from hubimages.errors import HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.references.check.offline import by_image, version
from hubimages.references.reference import Form, Inventory, Reference


@dataclass(frozen=True)
class Shown:
    """One image of which it is known what is in it."""

    image: ImageRef
    hubs: tuple[str, ...]
    facts: Facts
    made: datetime | None
    now: datetime

    @property
    def age(self) -> str:
        """Return how long ago it was made; empty if the image does not say."""
        return in_words(self.now - self.made) if self.made else ""


@dataclass(frozen=True)
class Inside:
    """What is known about the images, what is not and why, and neighbouring tags of one image side by side."""

    rows: Sequence[Shown] = ()
    pairs: Sequence[tuple[ImageRef, ImageRef, ImageComparison]] = ()
    unknown: Mapping[str, str] | None = None  # None: nothing was asked


def images_of(inventory: Inventory) -> list[ImageRef]:
    """Return the images with a tag or digest that hubs can run, each once."""
    found = {
        each.image: None
        for each in inventory.references
        if each.image and not each.invalid and (each.tag or each.digest) and each.form is not Form.DOCKERFILE
    }
    return list(found)


def inside_of(
    inventory: Inventory,
    known: Mapping[ImageRef, Facts | HubImagesError] | None,
    order: Mapping[str, Sequence[str]],
    now: datetime,
) -> Inside:
    """Return what the page shows. `order` has the versions of each repository that has several, the newest first."""
    if known is None:
        return Inside()
    hubs: dict[ImageRef, set[str]] = {}
    for each in inventory.references:
        if each.image:
            hubs.setdefault(each.image, set()).update(each.hubs)
    rows = [
        Shown(image, tuple(sorted(hubs.get(image, ()))), facts, made(facts), now)
        for image, facts in sorted(known.items(), key=lambda pair: str(pair[0]))
        if isinstance(facts, Facts)
    ]
    unknown = {str(image): str(why) for image, why in known.items() if isinstance(why, HubImagesError)}
    return Inside(rows, list(neighbours(by_image(inventory), known, order)), unknown)


def neighbours(
    every: Mapping[str, Sequence[Reference]],
    known: Mapping[ImageRef, Facts | HubImagesError],
    order: Mapping[str, Sequence[str]],
) -> Iterator[tuple[ImageRef, ImageRef, ImageComparison]]:
    """Yield each older tag of an image with the next newer one of which it is known what is in it."""
    for repository, versions in order.items():
        images = {version(each): each.image for each in every[repository] if each.image}
        there = [(image, facts) for tag in versions if (image := images.get(tag)) and (facts := known.get(image))]
        listed = [(image, facts) for image, facts in there if isinstance(facts, Facts)]
        dates = [made(facts) for _, facts in listed]
        if all(dates):  # commits have no order of their own
            listed = [pair for _, pair in sorted(zip(dates, listed, strict=True), key=by_date, reverse=True)]
        for (newer, after), (older, before) in pairwise(listed):
            yield older, newer, compare_facts(before, after)


def by_date(dated: tuple[datetime | None, object]) -> datetime:
    """Return the date of an image."""
    return dated[0] or datetime.min.replace(tzinfo=UTC)


def made(facts: Facts) -> datetime | None:
    """Return when an image was made; None if it does not say, or says 1970 as reproducible builds do."""
    with suppress(ValueError):
        when = datetime.fromisoformat(facts.created)
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        return when if when.year > 1980 else None
    return None
