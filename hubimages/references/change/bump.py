"""Bring every outdated image of a deployment repository to its newest tag, a commit for each image."""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from hubimages.errors import BadInputError, NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.point import Plan, Wanted, changes_of, check_tag, notes_of
from hubimages.references.change.roll_back import is_user_image
from hubimages.references.find.scan import find_references
from hubimages.references.newest.registries import Newer, newer_tags
from hubimages.references.reference import Reference
from hubimages.references.selection import Selection
from hubimages.registry import NotThereError, Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery


def plan_bump(
    directory: Path, chosen: Selection, wanted: Delivery, *, patterns: Sequence[str], registries: Registries
) -> Plan:
    """The plan that gives every user image its newest tag of the same shape; without changes where none is outdated.

    `patterns` (`quay.io/group/*`) choose images, then others than user images, too. Images that the registries did not
    answer about are named in the notes. Raises BadInputError where no image matches, and NoAnswerError where nothing is
    outdated as far as is known, and not all is known.
    """
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory)
    selection.check(inventory, chosen)
    meant = [each for each in inventory.references if chosen.has(each) and is_meant(each, patterns)]
    if not meant:
        raise BadInputError("no image of this repository matches; see: hubimages images")
    newer = newer_tags(registries, meant)
    by_image: dict[ImageRef, list[Reference]] = {}
    for reference, tag in newer.tags.items():
        by_image.setdefault(ImageRef(reference.host, reference.name, tag), []).append(reference)
    if not by_image:
        check_answers(newer)
    to_set = []
    for image in sorted(by_image, key=str):
        pinned = any(each.digest for each in by_image[image])
        to_set.append(Wanted(image, by_image[image], check_tag(registries, image) if pinned else ""))
    made = changes_of(repo, inventory, to_set)
    notes = [f"note: {image} was not looked at: {error}" for image, error in newer.unanswered.items()]
    notes += [f"note: {image} was not looked at: {what}" for image, what in newer.not_asked.items()]
    for change in made:
        notes += notes_of(inventory, change, chosen)
    return Plan(repo, inventory, made, wanted, list(dict.fromkeys(notes)))


def is_meant(reference: Reference, patterns: Sequence[str]) -> bool:
    """Whether the image is one to bump: it matches a pattern, or is a user image where there is none."""
    if not reference.name:
        return False
    if patterns:
        return any(fnmatchcase(reference.repository, pattern) for pattern in patterns)
    return is_user_image(reference)


def check_answers(newer: Newer) -> None:
    """Raise NoAnswerError where nothing is outdated only because a registry did not answer."""
    silent = [image for image, error in newer.unanswered.items() if not isinstance(error, NotThereError)]
    if silent:
        first = newer.unanswered[silent[0]]
        raise NoAnswerError(f"nothing outdated is known, and {len(silent)} images could not be looked up: {first}")
