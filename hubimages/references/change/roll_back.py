"""Find the tag that a hub had before in the history of its file, and go back to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import selection
from hubimages.references.change.plan import TagPlan, Wanted, changes_of, notes_of
from hubimages.references.change.point import check_owners, check_tag
from hubimages.references.find.scan import find_references, references_in
from hubimages.references.reference import Reference
from hubimages.references.selection import Selection
from hubimages.references.unread import searched_without
from hubimages.registry import NotThereError, Registries
from hubimages.repository import changes
from hubimages.repository.delivery import Delivery
from hubimages.repository.git import Repo
from hubimages.repository.history import checked_out, fetch_missing, is_partial

FAR = 400  # commits of a file to read


@dataclass(frozen=True)
class Before:
    """The earlier tag of a place, and the commit that changed it."""

    reference: Reference
    tag: str
    digest: str
    commit: str
    when: int  # of that commit, in seconds since 1970
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
    found = list(all_before(repo, candidates))
    if not found:
        shallow = repo.text("rev-parse", "--is-shallow-repository") == "true"
        long = [file for file in dict.fromkeys(files) if is_longer(repo, file)]
        where = f"the last {FAR} commits of {', '.join(long)} have" if long else "the history has"
        part = "This clone is shallow; fetch the rest with git fetch --unshallow, or choose" if shallow else "Choose"
        raise BadInputError(f"{where} no other tag of these images. {part} one with: hubimages point-hubs")
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
    for change in made:
        check_owners(change.changed, chosen)
    if pinned := [f"{each.file}:{each.line}" for change in made for each in change.pinned]:
        raise RefusedError(f"{', '.join(pinned)}: pinned by a digest now, but not before. Edit it by hand")
    notes = [f"reverts: {line}" for line in undone]
    notes += [note for change in made for note in notes_of(inventory, change, chosen)]
    return TagPlan(repo, inventory, made, wanted, list(dict.fromkeys(notes)), "Reverts " + "; ".join(undone))


def is_user_image(reference: Reference) -> bool:
    """Return True if users' servers run the image. A hub image goes back with its chart, not alone."""
    keys = {"singleuser", "profileList", "profile_list", "KubeSpawner"}
    return bool(keys & {str(step) for step in reference.path}) or "SINGLEUSER" in reference.values_path or (
        reference.file.endswith(("hubploy.yaml", "hubploy.yml"))
    )  # fmt: skip


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


def all_before(repo: Repo, references: Sequence[Reference]) -> Iterator[Before]:
    """Yield for each reference the last other tag of the same image at its place, if there was one."""
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
                    del left[key]  # new here, or another image before: nothing to go back to
                elif later and (old.tag, old.digest) != (reference.tag, reference.digest):
                    yield Before(left.pop(key), old.tag, old.digest, *later)
            later = (commit, when, subject)
            if not left:
                break


def is_longer(repo: Repo, file: str) -> bool:
    """Return True if the file has more commits than `all_before` reads."""
    follow = () if is_partial(repo) else ("--follow",)
    return repo.text("log", f"-{FAR + 1}", *follow, "--format=%H", "--", file).count("\n") >= FAR


def versions(repo: Repo, file: str) -> Iterator[tuple[str, int, str, str]]:
    """Yield the versions of a file as a checkout has them, newest first: commit, its time in seconds, subject, text.

    Follows renames, but not in a partial clone, where git would fetch one file after the other to see them. What such a
    clone lacks is fetched at once; raises NoAnswerError or LoginError if that fails.
    """
    follow = () if is_partial(repo) else ("--follow",)
    asked = ("log", f"-{FAR}", *follow, "--raw", "--no-abbrev", "-z", "--format=%x01%H%x02%ct%x02%s%x02", "--", file)
    log = repo.read(*asked).decode("utf-8", "surrogateescape")
    commits: list[tuple[str, int, str, str]] = []
    for entry in log.split("\x01")[1:]:
        commit, when, subject, rest = entry.split("\x02", 3)
        facts, *names = rest.strip("\0\n").split("\0")
        if facts and names and int(facts.split()[3], 16):  # else the file is gone
            commits.append((commit, int(when), subject, names[-1]))
    if not follow:
        fetch_missing(repo, [commit for commit, *_ in commits], file)
    names = [f"{commit}:{name}" for commit, _, _, name in commits]
    there = [kind == "blob" for _, kind, _ in repo.batch_check(names)]
    contents = checked_out(repo, file, [name for name, exists in zip(names, there, strict=True) if exists])
    for (commit, seconds, subject, name), exists in zip(commits, there, strict=True):
        if exists:
            yield commit, seconds, subject, contents[f"{commit}:{name}"].decode("utf-8", "replace")


def _key(reference: Reference) -> tuple[object, ...]:
    """Return what identifies a place in other versions of the file, where lines and list indexes differ."""
    steps = tuple(part for part in reference.path if isinstance(part, str))
    where = (reference.profile, reference.choice) if reference.profile else tuple(map(str, reference.path))
    name = reference.repository if reference.name_place is None or reference.name_place.file == reference.file else ""
    document = reference.tag_place.document if reference.tag_place else 0
    return document, steps, where, name
