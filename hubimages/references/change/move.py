"""Point every hub at images that have moved to repositories of their own, under new names or their old ones."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hubimages.image_ref import ImageRef
from hubimages.references.change.plan import TagPlan, Wanted, changes_of, notes_of
from hubimages.references.change.point import check_owners
from hubimages.references.find.scan import find_references
from hubimages.references.reference import Form
from hubimages.references.selection import Selection, meant, named
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery


@dataclass(frozen=True)
class Move:
    """An image at its new tag, and the images that it replaces.

    `builders` are files that build the image and so name it without a tag: whoever ends that gives it the tag.
    """

    image: ImageRef
    former: Sequence[ImageRef] = field(default_factory=tuple)
    digest: str = ""  # in the registry, for places that are pinned
    builders: Sequence[str] = field(default_factory=tuple)


def plan_moves(directory: Path, moves: Sequence[Move], delivery: Delivery, chosen: Selection) -> TagPlan:
    """Return the plan that points all selected references at the moved images, one change for each that has any.

    Raises RefusedError for a place that a robot keeps up to date, or that cannot be edited.
    """
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory, chosen.hubs_file)
    wanted, notes = [], []
    for move in moves:
        names = [move.image, *move.former]
        found = [
            each
            for name in names
            for each in meant(inventory, name, chosen)
            if each.tag_place is not None or each.file not in move.builders
        ]
        if found:
            wanted.append(Wanted(move.image, list(dict.fromkeys(found)), move.digest))
        others = [
            f"{each.file}:{each.line}"
            for name in move.former
            for each in inventory.of_image(name)
            if each.form is Form.DOCKERFILE
        ]
        if others:
            notes.append(f"note: Dockerfiles build on what {move.image.repository} replaces: {named(others)}")
    made = []
    for change in changes_of(repo, inventory, wanted):
        check_owners(change.changed, chosen)
        if change.changed or change.pinned:
            made.append(change)
            notes += notes_of(inventory, change, chosen)
    return TagPlan(repo, inventory, made, delivery, list(dict.fromkeys(notes)))
