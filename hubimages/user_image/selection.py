"""Which references are meant: those of an image, of hubs, files, or one choice of a profile list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.user_image.reference import Form, Inventory, Reference, is_hub


@dataclass(frozen=True)
class Selection:
    """Nothing given means no restriction. Dockerfiles, which build and do not run, have to be named by file."""

    hubs: Sequence[str] = field(default_factory=tuple)
    files: Sequence[str] = field(default_factory=tuple)
    choice: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing restricts it."""
        return not (self.hubs or self.files or self.choice)

    def has(self, reference: Reference) -> bool:
        """Whether a reference is meant."""
        if self.files and reference.file not in self.files:
            return False
        if not self.files and reference.form is Form.DOCKERFILE:
            return False
        if self.hubs and not any(is_hub(hub, given) for hub in reference.hubs for given in self.hubs):
            return False
        return self.choice is None or self.choice in (reference.profile, reference.choice)


def check(inventory: Inventory, selection: Selection) -> None:
    """Raise BadInputError for a hub, file or choice that is not there, with what is near it."""
    choices = {name for each in inventory.references for name in (each.profile, each.choice) if name}
    files = {each.file for each in inventory.references}
    clusters = {hub.partition("/")[0] for hub in inventory.hubs}
    for given in selection.hubs:
        if not any(is_hub(hub, given) for hub in inventory.hubs):
            raise BadInputError(f"--hub={given}: no such hub{near(given, {*inventory.hubs, *clusters})}")
    for given in selection.files:
        if given not in files:
            raise BadInputError(f"--file={given}: no image reference in it{near(given, files)}")
    if selection.choice is not None and selection.choice not in choices:
        raise BadInputError(f"--choice={selection.choice}: no such choice{near(selection.choice, choices)}")


def of_image(inventory: Inventory, image: ImageRef, selection: Selection) -> tuple[Reference, ...]:
    """The references of an image that are meant. Raises BadInputError where there is none, with what runs there."""
    check(inventory, selection)
    found = [each for each in inventory.of_image(image) if selection.has(each)]
    if found:
        return tuple(found)
    known = {each.repository for each in inventory.references if each.repository}
    if image.repository not in known:
        raise BadInputError(
            f"nothing here refers to {image.repository}{near(image.repository, known)}; see: hubimages images"
        )
    there = sorted({each.repository for each in inventory.references if each.repository and selection.has(each)})
    runs = f"; what runs there: {', '.join(there)}" if there else ""
    raise BadInputError(f"no reference to {image.repository} where --hub, --file and --choice say{runs}")


def near(given: str, known: Iterable[str]) -> str:
    """`, did you mean X?` for a name that is nearly one of those known."""
    names = sorted(known)
    found = get_close_matches(given, names, 1) or [name for name in names if given in name.split("/")][:1]
    return f", did you mean {found[0]}?" if found else ""
