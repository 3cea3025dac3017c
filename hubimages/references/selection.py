"""Select references by image, hub, file, or one choice of a profile list."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from hubimages.errors import BadInputError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references.reference import Form, Inventory, Reference, is_hub
from hubimages.references.unread import searched_without

SHOWN = 6  # hubs named; the rest are counted


@dataclass(frozen=True)
class Selection:
    """What --hub, --file and --choice select; empty selects everything but Dockerfiles, which do not run on a hub."""

    hubs: Sequence[str] = field(default_factory=tuple)
    files: Sequence[str] = field(default_factory=tuple)
    choice: str | None = None
    also_automated: bool = False  # places whose tag a robot keeps up to date, too
    hubs_file: Path | None = None  # lists the hubs, instead of what the repository says

    @property
    def is_everything(self) -> bool:
        """True if nothing restricts the selection."""
        return not (self.hubs or self.files or self.choice)

    @property
    def options(self) -> str:
        """The selection as options: `--hub=a --file=b`."""
        words = [*(f"--hub={hub}" for hub in self.hubs), *(f"--file={file}" for file in self.files)]
        return " ".join([*words, *([f"--choice={self.choice}"] if self.choice else [])])

    def has(self, reference: Reference) -> bool:
        """Return True if the reference is selected."""
        if self.files and reference.file not in self.files:
            return False
        if not self.files and reference.form is Form.DOCKERFILE:
            return False
        if self.hubs and not any(is_hub(hub, given) for hub in reference.hubs for given in self.hubs):
            return False
        return self.choice is None or self.choice in (reference.profile, reference.choice)


def files_from(directory: Path, files: Iterable[str], option: str = "--file") -> tuple[str, ...]:
    """Return the files as paths from the top of the repository that holds the directory.

    A file may be given from there, or from the working directory, as a shell completes it. Raises BadInputError where
    both have one.
    """
    place = directory.resolve()
    top = next((folder for folder in (place, *place.parents) if (folder / ".git").exists()), place)
    found = []
    for file in files:
        whole = Path(os.path.abspath(file))  # noqa: PTH100 - a link is a file of its own
        here = whole.relative_to(top).as_posix() if whole.exists() and whole.is_relative_to(top) else ""
        plain = os.path.normpath(file)
        from_top = not Path(file).is_absolute() and (top / file).exists()
        if here not in ("", plain) and from_top and not file.startswith("."):
            raise BadInputError(
                f"{option}={file}: the repository has {plain}, and {here} in the working directory. Write "
                f"./{file} for that one, and {top / plain} for the other"
            )
        found.append(here or plain)
    return tuple(found)


def check(inventory: Inventory, selection: Selection) -> None:
    """Raise BadInputError for a hub, file or choice that does not exist, and name a similar one."""
    choices = {name for each in inventory.references for name in (each.profile, each.choice) if name}
    files = {each.file for each in inventory.references}
    clusters = {hub.partition("/")[0] for hub in inventory.hubs}
    for given in selection.hubs:
        if not any(is_hub(hub, given) for hub in inventory.hubs):
            raise BadInputError(f"--hub={given}: {no_such_hub(inventory, given, clusters)}")
    for given in selection.files:
        if given not in files:
            left = searched_without(inventory)
            raise BadInputError(f"--file={given}: no image reference in this file{near(given, files)}{left}")
    if selection.choice is not None and selection.choice not in choices:
        known = f". The choices are {named(sorted(choices))}" if choices else ". No file has a profile list"
        raise BadInputError(f"--choice={selection.choice}: no such choice{near(selection.choice, choices) or known}")


def meant(inventory: Inventory, image: ImageRef, selection: Selection) -> tuple[Reference, ...]:
    """Return the selected references of an image, at any tag."""
    return tuple(each for each in inventory.of_image(image) if selection.has(each))


def of_image(inventory: Inventory, image: ImageRef, selection: Selection) -> tuple[Reference, ...]:
    """Return the selected references of an image. Raises BadInputError if there are none, and says what runs there."""
    check(inventory, selection)
    found = meant(inventory, image, selection)
    if found:
        return found
    known = {each.repository for each in inventory.references if each.repository}
    if image.repository not in known:
        raise BadInputError(
            f"no reference to {image.repository}{near(image.repository, known) or '.'} List all with: "
            "hubimages images. To replace another image by this one, add --instead-of=IMAGE"
            + searched_without(inventory)
        )
    raise BadInputError(_elsewhere(inventory, image, selection) + searched_without(inventory))


def _elsewhere(inventory: Inventory, image: ImageRef, selection: Selection) -> str:
    """Return where an image is that the selection has no reference to, and what the selected hubs run instead."""
    here = inventory.of_image(image)
    places = [f"{each.file}:{each.line}" for each in here]
    if selection.is_everything:
        return (
            f"only Dockerfiles name {image.repository}: {named(places)}. To change one, add --file={here[0].file}; for "
            "the hub image, use hubimages bump-hub-image"
        )
    places = [place + (f" ({named(each.hubs)})" if each.hubs else "") for place, each in zip(places, here, strict=True)]
    run = {each.repository for each in inventory.references if each.repository and each.hubs and selection.has(each)}
    hubs = f" {', '.join(selection.hubs)} runs {', '.join(sorted(run))}." if selection.hubs and run else ""
    return f"no reference to {image.repository} with {selection.options}.{hubs} It is in {named(places)}"


def to_change(inventory: Inventory, old: ImageRef, new: ImageRef, selection: Selection) -> Sequence[Reference]:
    """Return the selected references of the old image, at its tag and digest if given.

    If there are none, return the references of the new image that already have its tag. Raises BadInputError if there
    are none of these either.
    """
    check(inventory, selection)
    done = meant(inventory, new, selection)
    found = meant(inventory, old, selection)
    wanted = [each for each in found if old.tag in ("", each.tag) and old.digest in ("", each.digest)]
    if wanted:
        return wanted
    if done and all(each.tag == new.tag for each in done):
        return done
    if found:
        raise BadInputError(f"no reference to {old}; there is {', '.join(sorted({str(each.image) for each in found}))}")
    return of_image(inventory, old, selection)


def with_siblings(inventory: Inventory, image: ImageRef, found: Sequence[Reference]) -> list[Reference]:
    """Return the references, and those that share a text with one of them that must change.

    Raises RefusedError if another image shares the text.
    """
    whole = dict.fromkeys(found)
    left = [each for each in inventory.references if each not in whole]
    new: Sequence[Reference] = found
    while new:
        by_place: dict[tuple[str, int], Reference] = {}
        for each in new:
            renamed = (each.host, each.name) != (image.host, image.name)
            by_place.update(dict.fromkeys(each.scalars(with_name=renamed), each))
        new = [each for each in left if not by_place.keys().isdisjoint(each.scalars(with_name=True))]
        for each in new:
            meant = next(by_place[place] for place in each.scalars(with_name=True) if place in by_place)
            if each.repository != meant.repository:
                other = (
                    f"{each.file}:{each.line}: {each.repository or 'another image'} ({named(each.hubs) or 'no hub'})"
                )
                raise RefusedError(
                    f"{other} shares a text with {meant.repository}, which must change. First write name and "
                    "tag of each out"
                )
        whole.update(dict.fromkeys(new))
        left = [each for each in left if each not in whole]
    return list(whole)


def named(hubs: Sequence[str]) -> str:
    """Return the names of the hubs; of many the first few and the number of the rest."""
    more = len(hubs) - SHOWN
    return ", ".join(hubs[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def no_such_hub(inventory: Inventory, given: str, clusters: Iterable[str] = ()) -> str:
    """Return what is said of a hub that does not exist: a similar one, or those there are, and how to state others."""
    if hint := near(given, {*inventory.hubs, *clusters}):
        return f"no such hub{hint}"
    known = f"The hubs are {named(inventory.hubs)}" if inventory.hubs else "No hub is known here"
    if set(inventory.hubs) == set(inventory.guessed):
        known += f"{', guessed from file names' if inventory.hubs else ''}. To state them: --hubs FILE"
    return f"no such hub. {known}"


def near(given: str, known: Iterable[str]) -> str:
    """Return `. Did you mean X?` if a known name is similar; otherwise nothing."""
    names = sorted(known)
    found = get_close_matches(given, names, 1) or [name for name in names if given in name.split("/")][:1]
    return f". Did you mean {found[0]}?" if found else ""
