"""Find the tag that a hub had before in the history of its file, and go back to it."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from operator import itemgetter
from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.history import FAR, is_longer, place_key, versions
from hubimages.references.change.plan import TagPlan, Wanted, changes_of, notes_of
from hubimages.references.change.point import check_owners, check_tag
from hubimages.references.find.scan import find_references, references_in
from hubimages.references.reference import Reference, is_user_image
from hubimages.references.selection import Selection
from hubimages.references.unread import searched_without
from hubimages.registry import NotThereError, Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from hubimages.repository.git import Repo


@dataclass(frozen=True)
class Before:
    """The earlier tag of a place, and the commit that changed it."""

    reference: Reference
    tag: str
    digest: str
    commit: str
    subject: str


def plan_roll_back(
    directory: Path, chosen: Selection, wanted: Delivery, *, patterns: Sequence[str], registries: Registries | None
) -> TagPlan:
    """Return the plan that gives the selected hubs the tags from before the last change of an image.

    All places of that last commit go back together. With `patterns` (`quay.io/group/*`) each matching image goes back
    by itself. Raises BadInputError if there is no earlier tag, or the registry no longer has it.
    """
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory, chosen.hubs_file)
    selection.check(inventory, chosen)
    candidates = [
        each
        for each in inventory.references
        if each.name and each.tag_place and chosen.has(each) and is_user_image(each)
        and (not patterns or any(fnmatchcase(each.repository, pattern) for pattern in patterns))
    ]  # fmt: skip
    if not candidates:
        known = sorted({each.repository for each in inventory.references if each.repository and chosen.has(each)})
        what = f"no user image with {chosen.options}" + "".join(f" --pattern={pattern}" for pattern in patterns)
        images = f"The images there are {', '.join(known)}" if known else "No file names an image there"
        raise BadInputError(f"{what}. {images}{searched_without(inventory)}")
    files = [each.tag_place.file for each in candidates if each.tag_place]
    changes.check_clean(repo, list(dict.fromkeys(files)))
    found = all_before(repo, candidates, only_last=not patterns)
    if not found:
        shallow = repo.text("rev-parse", "--is-shallow-repository") == "true"
        long = [file for file in dict.fromkeys(files) if is_longer(repo, file)]
        where = f"the last {FAR} commits of {', '.join(long)} have" if long else "the history has"
        part = "This clone is shallow; fetch the rest with git fetch --unshallow, or choose" if shallow else "Choose"
        raise BadInputError(f"{where} no other tag of these images. {part} one with: hubimages point-hubs")
    by_image: dict[ImageRef, list[Reference]] = {}
    for each in found:
        image = ImageRef(each.reference.host, each.reference.name, each.tag, each.digest)
        by_image.setdefault(image, []).append(each.reference)
    undone = dict.fromkeys(f"{each.commit[:12]} {each.subject}" for each in found)
    if registries is not None:
        for image in by_image:
            _check_tag(registries, image)
    made = changes_of(repo, inventory, [Wanted(image, references) for image, references in by_image.items()])
    for change in made:
        check_owners(change.changed, chosen)
    if pinned := [f"{each.file}:{each.line}" for change in made for each in change.pinned]:
        raise RefusedError(f"{', '.join(pinned)}: pinned by a digest now, but not before. Edit it by hand")
    notes = [f"reverts: {line}" for line in undone]
    notes += [note for change in made for note in notes_of(inventory, change, chosen)]
    return TagPlan(repo, inventory, made, wanted, list(dict.fromkeys(notes)), "Reverts " + "; ".join(undone))


def _check_tag(registries: Registries, image: ImageRef) -> None:
    """Raise what `check_tag` raises, with the remedy if the registry no longer has the tag."""
    try:
        check_tag(registries, image)
    except BadInputError as error:
        if isinstance(error.__cause__, NotThereError):
            raise BadInputError(
                f"{image} ran before, but the registry no longer has it. Choose another tag with: hubimages point-hubs"
            ) from error
        raise


def all_before(repo: Repo, references: Sequence[Reference], *, only_last: bool) -> list[Before]:
    """Return for each reference the last other tag of the same image at its place, if there was one.

    With `only_last` only for those that the last such commit changed, without reading what is older. What landed on
    the branch counts, as hubs had it: beside a merge, the commits that it brought are no versions of the file.
    """
    order = {commit: number for number, commit in enumerate(repo.text("rev-list", "--first-parent", "HEAD").split())}
    by_file: dict[str, list[Reference]] = {}
    for each in references:
        assert each.tag_place is not None
        by_file.setdefault(each.tag_place.file, []).append(each)
    files = (_before_in(repo, file, here, order) for file, here in by_file.items())
    found: list[Before] = []
    for number, here in heapq.merge(*files, key=itemgetter(0)):
        if only_last and found and number > order[found[0].commit]:
            break
        found += here
    return found


def _before_in(
    repo: Repo, file: str, references: Sequence[Reference], order: Mapping[str, int]
) -> Iterator[tuple[int, list[Before]]]:
    """Yield for each commit of a file, newest first, its number and what its references had before it."""
    left = {place_key(each): each for each in references}
    later: tuple[str, str] | None = None
    for commit, _, subject, text in versions(repo, file):
        then = {place_key(each): each for each in references_in(file, text)}
        found = []
        for key, reference in list(left.items()):
            old = then.get(key)
            if old is None:
                del left[key]  # new here, or another image before: nothing to go back to
            elif later and (old.tag, old.digest) != (reference.tag, reference.digest):
                found.append(Before(left.pop(key), old.tag, old.digest, *later))
        if later:
            yield order[later[0]], found
        later = (commit, subject)
        if not left:
            break
