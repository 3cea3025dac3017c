"""Point hubs at another tag of an image: show the places that change, then change them."""

from collections.abc import Sequence
from pathlib import Path

from hubimages.console import count
from hubimages.errors import BadInputError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.plan import TagPlan, Wanted, changes_of, notes_of
from hubimages.references.find.scan import find_references
from hubimages.references.reference import Reference
from hubimages.references.selection import Selection
from hubimages.references.unread import searched_without
from hubimages.registry import HiddenError, NotThereError, Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from hubimages.repository.writable import uncommitted


def plan_point(
    directory: Path,
    image: ImageRef,
    chosen: Selection,
    wanted: Delivery,
    *,
    registries: Registries | None,
    because: str = "",
    instead_of: ImageRef | None = None,
) -> TagPlan:
    """Return the plan that sets the references of an image to the tag; without changes if all have it.

    `instead_of`: another image whose references get the new name, too; with a tag, only those at this tag. With
    `registries` the tag must exist, and pinned places get its digest. Raises BadInputError for a tag that does not
    exist or an image without references, NoAnswerError, RefusedError.
    """
    if not image.tag:
        raise BadInputError(f"{image} has no tag. Give one: {image.repository}:TAG")
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory, chosen.hubs_file)
    found = (
        selection.to_change(inventory, instead_of, image, chosen)
        if instead_of
        else selection.of_image(inventory, image, chosen)
    )
    digest = check_tag(registries, image) if registries is not None else ""
    (change,) = changes_of(repo, inventory, [Wanted(image, found, digest)])
    if not change.changed and not change.pinned:
        dirty = uncommitted(repo, sorted({each.file for each in found})) if wanted.commits else []
        notes = (
            [f"note: nothing was committed, and these files have uncommitted changes: {', '.join(dirty)}"]
            if dirty
            else []
        )
        return TagPlan(repo, inventory, [], wanted, notes, because)
    check_owners(change.changed, chosen)
    return TagPlan(repo, inventory, [change], wanted, notes_of(inventory, change, chosen), because)


def nothing_to_point(plan: TagPlan, image: ImageRef) -> str:
    """Return what to say about a plan without changes, with the files that were not searched."""
    said = [f"nothing to do: every reference has {image} already", *plan.notes]
    return "\n".join(said) + searched_without(plan.inventory)


def check_owners(changed: Sequence[Reference], chosen: Selection) -> None:
    """Raise RefusedError for a place whose tag a robot keeps up to date: it would write its own tag again."""
    owned = [each for each in changed if each.owner and not chosen.also_automated]
    if owned:
        first = owned[0]
        more = f", and {count(len(owned) - 1, 'more place')}" if len(owned) > 1 else ""
        raise RefusedError(
            f"{first.file}:{first.line}: {first.owner} keeps this tag up to date{more}. Change the policy, or add "
            "--also-automated"
        )


def check_tag(registries: Registries, image: ImageRef) -> str:
    """Return the digest of the image's tag in the registry.

    Raises BadInputError if the tag does not exist or has another digest than given, NoAnswerError without an answer.
    """
    try:
        digest = registries.digest(image.at(image.tag))
    except NotThereError as error:
        raise BadInputError(f"{error}. Build and push it first, or add --unchecked") from error
    except HiddenError as error:
        raise type(error)(f"{error}. Log in, or add --unchecked") from error
    except NoAnswerError as error:
        raise NoAnswerError(f"{error}. To go on without the registry, add --unchecked") from error
    if image.digest and image.digest != digest:
        raise BadInputError(f"{image.repository}:{image.tag} is {digest} in the registry, not {image.digest}")
    return digest
