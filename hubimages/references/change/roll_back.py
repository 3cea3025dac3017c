"""The tag that a hub had before, from the history of the file that holds it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.point import Plan, Wanted, changes_of, check_tag, notes_of
from hubimages.references.find.scan import find_references, references_in
from hubimages.references.reference import Reference
from hubimages.references.selection import Selection
from hubimages.registry import NotThereError, Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from hubimages.repository.git import Repo

FAR = 400  # commits of a file that are looked at


@dataclass(frozen=True)
class Before:
    """What a place said before, and the commit that changed it."""

    reference: Reference
    tag: str
    digest: str
    commit: str
    when: int  # of that commit, in seconds since 1970
    subject: str


def plan_roll_back(
    directory: Path, chosen: Selection, wanted: Delivery, *, patterns: Sequence[str], registries: Registries | None
) -> Plan:
    """The plan that gives the hubs chosen the tags they had before their last change of an image.

    All places that this last commit changed go back together; `patterns` (`quay.io/group/*`) choose images instead,
    each of which goes back. Raises BadInputError where there is nothing before, or it is not in the registry any more.
    """
    repo = changes.deployment_repository(directory)
    inventory = find_references(directory)
    selection.check(inventory, chosen)
    candidates = [
        each
        for each in inventory.references
        if each.name and each.tag_place and chosen.has(each) and is_user_image(each)
        and (not patterns or any(fnmatchcase(each.repository, pattern) for pattern in patterns))
    ]  # fmt: skip
    if not candidates:
        known = sorted({each.repository for each in inventory.references if each.repository and chosen.has(each)})
        raise BadInputError(
            f"no user image of these hubs matches; they run {', '.join(known) or 'none that a file names'}"
        )
    files = [each.tag_place.file for each in candidates if each.tag_place]
    changes.check_clean(repo, list(dict.fromkeys(files)))
    found = list(all_before(repo, candidates))
    if not found:
        raise BadInputError("no other tag of these images in the history; point hubs at one with: hubimages point-hubs")
    if not patterns:
        newest = max(found, key=lambda each: each.when).commit
        found = [each for each in found if each.commit == newest]
    by_image: dict[ImageRef, list[Reference]] = {}
    for each in found:
        image = ImageRef(each.reference.host, each.reference.name, each.tag, each.digest)
        by_image.setdefault(image, []).append(each.reference)
    undone = dict.fromkeys(f"{each.commit[:12]} {each.subject}" for each in found)
    if registries is not None:
        for image in by_image:
            _check_tag(registries, image)
    made = changes_of(repo, inventory, [Wanted(image, references) for image, references in by_image.items()])
    if pinned := [f"{each.file}:{each.line}" for change in made for each in change.pinned]:
        raise RefusedError(f"{', '.join(pinned)}: pinned by a digest now and not before; edit it by hand")
    notes = [f"takes back: {line}" for line in undone]
    notes += [note for change in made for note in notes_of(inventory, change, chosen)]
    return Plan(repo, inventory, made, wanted, list(dict.fromkeys(notes)), "Takes back " + "; ".join(undone))


def is_user_image(reference: Reference) -> bool:
    """Whether it is what users' servers run: a hub's own image goes back with its chart, not alone."""
    keys = {"singleuser", "profileList", "profile_list", "KubeSpawner"}
    return bool(keys & {str(step) for step in reference.path}) or "SINGLEUSER" in reference.values_path or (
        reference.file.endswith(("hubploy.yaml", "hubploy.yml"))
    )  # fmt: skip


def _check_tag(registries: Registries, image: ImageRef) -> None:
    """Raise what `check_tag` raises, with what to do where the registry does not have the tag any more."""
    try:
        check_tag(registries, image)
    except BadInputError as error:
        if isinstance(error.__cause__, NotThereError):
            raise BadInputError(
                f"{image} was what ran before, and the registry does not have it any more; point the hubs at "
                "another tag with: hubimages point-hubs"
            ) from error
        raise


def all_before(repo: Repo, references: Sequence[Reference]) -> Iterator[Before]:
    """For every reference the last other tag of the same image at its place; none where there was no other."""
    by_file: dict[str, list[Reference]] = {}
    for each in references:
        assert each.tag_place is not None
        by_file.setdefault(each.tag_place.file, []).append(each)
    for file, here in by_file.items():
        left = {_key(each): each for each in here}
        later: tuple[str, int, str] | None = None
        for commit, when, subject, text in versions(repo, file):
            then = {_key(each): each for each in references_in(file, text)}
            for key, reference in list(left.items()):
                old = then.get(key)
                if old is None:
                    del left[key]  # it was not there yet, or was another image: nothing to go back to
                elif later and (old.tag, old.digest) != (reference.tag, reference.digest):
                    yield Before(left.pop(key), old.tag, old.digest, *later)
            later = (commit, when, subject)
            if not left:
                break


def versions(repo: Repo, file: str) -> Iterator[tuple[str, int, str, str]]:
    """A file's texts, newest first, each with the commit that made it: id, time in seconds, subject.

    Renames are followed.
    """
    asked = ("log", f"-{FAR}", "--follow", "--name-only", "-z", "--format=%x01%H%x02%ct%x02%s%x02", "--", file)
    log = repo.read(*asked).decode("utf-8", "surrogateescape")
    commits: list[tuple[str, int, str, str]] = []
    for entry in log.split("\x01")[1:]:
        commit, when, subject, rest = entry.split("\x02", 3)
        name = rest.strip("\0\n")
        if name:
            commits.append((commit, int(when), subject, name))
    names = [f"{commit}:{name}" for commit, _, _, name in commits]
    there = [kind == "blob" for _, kind, _ in repo.batch_check(names)]
    contents = repo.contents([name for name, exists in zip(names, there, strict=True) if exists])
    for (commit, seconds, subject, _), exists in zip(commits, there, strict=True):
        if exists:
            yield commit, seconds, subject, next(contents).decode("utf-8", "replace")


def _key(reference: Reference) -> tuple[object, ...]:
    """What makes a place the same one in another version of the file, where lines and list indexes may have moved."""
    steps = tuple(part for part in reference.path if isinstance(part, str))
    where = (reference.profile, reference.choice) if reference.profile else tuple(map(str, reference.path))
    name = reference.repository if reference.name_place is None or reference.name_place.file == reference.file else ""
    document = reference.tag_place.document if reference.tag_place else 0
    return document, steps, where, name
