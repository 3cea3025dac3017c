"""Give every outdated image of a deployment repository its newest tag, with one commit for each image."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path

from hubimages.console import count
from hubimages.errors import BadInputError, NoAnswerError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.kept import Kept, automated_of, by_comment, by_comments, in_order, kept
from hubimages.references.change.plan import Change, TagPlan, Wanted, changes_of, notes_of
from hubimages.references.change.point import check_tag
from hubimages.references.change.together import together
from hubimages.references.find.scan import find_references
from hubimages.references.newest.registries import Newer, newer_tags
from hubimages.references.reference import Inventory, Reference, is_user_image
from hubimages.references.selection import Selection
from hubimages.references.unread import searched_without
from hubimages.registry import NotThereError, Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from hubimages.repository.git import Repo

# Answers "keep `IMAGE:TAG`, instead of a jump to another one?"
Keep = Callable[[str], bool]


@dataclass(frozen=True)
class Accepted:
    """What moves although it would be kept: jumps that the options name, and those that the person wants."""

    jumps: Sequence[ImageRef] = ()
    keep: Keep = lambda question: True


def plan_bump(
    directory: Path,
    chosen: Selection,
    wanted: Delivery,
    *,
    patterns: Sequence[str],
    registries: Registries,
    accepted: Accepted | None = None,
    now: datetime | None = None,
) -> TagPlan:
    """Return the plan that gives every user image its newest tag, with what keeps its tag; it can be without changes.

    `patterns` (`quay.io/group/*`) select images, and then not only user images. Other places of an image at the same
    tag move with it. A comment such as `# hubimages: keep` holds a place. An image whose edit is refused is kept, and
    the others go on. Raises BadInputError if no image matches or an accepted jump is none, and NoAnswerError if nothing
    is known to be outdated and not everything is known.
    """
    accepted = accepted or Accepted()
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory, chosen.hubs_file)
    selection.check(inventory, chosen)
    meant = [each for each in inventory.references if chosen.has(each) and is_meant(each, patterns)]
    if not meant:
        left = searched_without(inventory)
        raise BadInputError(f"no image of this repository matches. List them with: hubimages images{left}")
    newer = newer_tags(registries, meant, inventory.references)
    take_jumps(newer, accepted, meant, registries)
    if not newer.tags:
        check_answers(newer)
    stay = kept(newer, meant, automated=chosen.also_automated)
    for each, comment in by_comments(inventory, meant, now or datetime.now(UTC)).items():
        tag = newer.tags.pop(each, "") or newer.jumps.pop(each, "")
        stay = [*(one for one in stay if one.reference is not each), by_comment(each, tag, comment)]
    for each in automated_of(newer) if not chosen.also_automated else ():
        newer.tags.pop(each)
    held = [each.reference for each in stay if each.reference not in newer.tags]
    along, others = together(inventory, chosen, newer.tags, held)
    made, refused = possible(repo, inventory, to_set({**newer.tags, **along}, registries))
    notes = [f"note: {image} was not checked: {error}" for image, error in newer.unanswered.items()]
    notes += [f"note: {image} was not checked: {what}" for image, what in newer.not_asked.items()]
    notes += [f"note: {each.file}:{each.line} stays at {each.image}, unlike others of the image" for each in others]
    for change in made:
        notes += notes_of(inventory, change, chosen)
    return TagPlan(repo, inventory, made, wanted, list(dict.fromkeys(notes)), kept=in_order([*stay, *refused]))


def possible(repo: Repo, inventory: Inventory, wanted: Sequence[Wanted]) -> tuple[list[Change], list[Kept]]:
    """Return the changes of all images that can be edited, and the references of those that are refused."""
    try:
        return changes_of(repo, inventory, wanted), []
    except RefusedError:
        able: list[Wanted] = []
        refused: list[Kept] = []
        made: list[Change] = []
        for one in wanted:
            try:
                made = changes_of(repo, inventory, [*able, one])
            except RefusedError as error:
                refused += [
                    Kept(each, one.image.tag, str(error).rstrip("."), "Edit it by hand") for each in one.references
                ]
            else:
                able.append(one)
        return made, refused


def to_set(tags: Mapping[Reference, str], registries: Registries) -> list[Wanted]:
    """Return what to set, by image and new tag; with the new digest if one of its places is pinned."""
    by_image: dict[ImageRef, list[Reference]] = {}
    for reference, tag in tags.items():
        by_image.setdefault(ImageRef(reference.host, reference.name, tag), []).append(reference)
    wanted = []
    for image in sorted(by_image, key=str):
        pinned = any(each.digest for each in by_image[image])
        wanted.append(Wanted(image, by_image[image], check_tag(registries, image) if pinned else ""))
    return wanted


def take_jumps(newer: Newer, accepted: Accepted, meant: Sequence[Reference], registries: Registries) -> None:
    """Make the accepted jumps ordinary new tags. Raises BadInputError for an image without a jump, or no such tag."""
    for image in accepted.jumps:
        found = [each for each in meant if (each.host, each.name) == (image.host, image.name)]
        if not image.tag or not found:
            raise BadInputError(f"--accept-jump={image}: no such image here; give IMAGE:TAG as it is listed")
        take = [each for each in found if each in newer.jumps or each in newer.unordered]
        if not take:
            if all(each.tag == image.tag for each in found):
                continue
            raise BadInputError(
                f"--accept-jump={image}: no place of the image waits for a jump. To set the tag: "
                f"hubimages point-hubs {image}"
            )
        check_tag(registries, image)
        for each in take:
            _take(newer, each, image.tag)
    for (name, old, new), found in _by_question(newer).items():
        if not accepted.keep(f"{name}: {new} would be a jump from {old}. Keep {old}?"):
            for each in found:
                _take(newer, each, new)


def _by_question(newer: Newer) -> dict[tuple[str, str, str], list[Reference]]:
    asked: dict[tuple[str, str, str], list[Reference]] = {}
    for each, tag in newer.jumps.items():
        asked.setdefault((each.repository, each.tag, tag), []).append(each)
    return asked


def _take(newer: Newer, reference: Reference, tag: str) -> None:
    newer.tags[reference] = tag
    newer.jumps.pop(reference, None)
    newer.unordered.pop(reference, None)


def is_meant(reference: Reference, patterns: Sequence[str]) -> bool:
    """Return True if the image matches a pattern; without patterns, if it is a user image."""
    if not reference.name:
        return False
    if patterns:
        return any(fnmatchcase(reference.repository, pattern) for pattern in patterns)
    return is_user_image(reference)


def check_answers(newer: Newer) -> None:
    """Raise NoAnswerError if registries did not answer, so that nothing is known to be outdated."""
    silent = [image for image, error in newer.unanswered.items() if not isinstance(error, NotThereError)]
    if silent:
        first = newer.unanswered[silent[0]]
        raise NoAnswerError(
            f"nothing is known to be outdated, but {len(silent)} images could not be looked up: {first}"
        )


def nothing_to_do(plan: TagPlan) -> str:
    """Return what to say about a plan without changes: what is kept, what was not checked, and why."""
    number = len(plan.kept)
    if number:
        last = f"nothing to do: {count(number, 'place')} keep{'s its tag' if number == 1 else ' their tags'}, as listed"
    elif any(" was not checked: " in note for note in plan.notes):
        last = "nothing to do, but not every image was checked"
    else:
        last = "nothing to do: no image has a newer tag"
    return "\n".join([*map(str, plan.kept), *plan.notes, last])
