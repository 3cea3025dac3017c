"""Ask the registries about every image that is referenced: is it there, for everybody, and is there a newer one?"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hubimages.console import count
from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.findings import Finding
from hubimages.image_ref import ImageRef
from hubimages.references.check.offline import Report, in_order, offline
from hubimages.references.newest.registries import newer_tags
from hubimages.references.reference import Inventory, Reference
from hubimages.registry import (
    HiddenError,
    Limits,
    NameRefusedError,
    NotThereError,
    Registries,
    digests,
)

Absent = (NotThereError, NameRefusedError)


def check_images(inventory: Inventory, *, online: bool = True, limits: Limits | None = None) -> Report:
    """Everything that is wrong with the references; what could not be asked is named in `not_checked`."""
    found = offline(inventory)
    unknown = sum(not each.name for each in inventory.references)
    not_checked = []
    if unknown:
        not_checked.append(f"{count(unknown, 'tag')} of images whose names are in charts outside of this repository")
    if not online:
        return Report(inventory, tuple(found), ("the registries, since --offline was given", *not_checked))
    with Registries(limits=limits) as ours, Registries.anonymous(limits=limits) as everybody:
        asked = _Asked(ours, everybody)
        found += asked.existence(inventory.references)
        found += asked.newer(inventory.references)
    reasons = tuple(dict.fromkeys([*not_checked, *asked.not_checked]))
    return Report(inventory, tuple(in_order(found)), reasons, asked.no_answer)


@dataclass
class _Asked:
    """What the registries have answered so far, and what they have not."""

    ours: Registries
    everybody: Registries
    not_checked: list[str] = field(default_factory=list)
    no_answer: bool = False
    silent: set[ImageRef] = field(default_factory=set)  # about which nothing was learned; they are asked no more

    def existence(self, references: Sequence[Reference]) -> list[Finding]:
        """Tags that are not there, and images that a node without a login cannot pull."""
        images = _images(references)
        public = digests(self.everybody, images)
        hidden = {image for image, answer in public.items() if isinstance(answer, HiddenError | NotThereError)}
        mine = digests(self.ours, hidden)
        found: list[Finding] = []
        for reference in references:
            image = _asked_for(reference)
            if image is None or isinstance(public[image], str):
                continue
            verdict = _verdict(public[image], mine.get(image))
            if isinstance(verdict, Absent):
                found.append(_no_such_tag(reference, image))
            elif isinstance(verdict, NoAnswerError):
                self.not_answered(image, verdict)
            else:
                found.append(_not_public(reference, image, verdict))
        return found

    def newer(self, references: Sequence[Reference]) -> list[Finding]:
        """Tags for which there is a newer one of the same shape."""
        newer = newer_tags(
            self.ours, [each for each in references if ImageRef(each.host, each.name) not in self.silent]
        )
        for image, answer in newer.unanswered.items():
            if not isinstance(answer, NotThereError | HiddenError):
                self.not_answered(image, answer)
        self.not_checked += (f"{image}: {what}" for image, what in newer.not_asked.items())
        found = []
        for each, tag in newer.tags.items():
            remedy = f"hubimages point-hubs {each.repository}:{tag}"
            message = f"{each.repository}: {tag} is newer than {each.tag}"
            found.append(Finding("newer-tag", message, remedy, each.file, each.line))
        return found

    def not_answered(self, image: ImageRef, answer: object) -> None:
        """Remember why nothing is known about an image."""
        self.no_answer = self.no_answer or isinstance(answer, NoAnswerError)
        self.silent.add(image.at())
        self.not_checked.append(f"{image}: {answer}")


def _verdict(public: str | HubImagesError, mine: str | HubImagesError | None) -> str | HubImagesError:
    """What two answers together mean: with our login, where there is one, and without any.

    A digest: it is there, but only for us. Some registries deny without a login that there is anything, others do not
    say whether there is.
    """
    if isinstance(mine, str) or mine is None:
        return mine or public
    return public if isinstance(public, Absent) else mine


def _images(references: Iterable[Reference]) -> list[ImageRef]:
    asked = (_asked_for(each) for each in references)
    return list(dict.fromkeys(image for image in asked if image is not None))


def _asked_for(reference: Reference) -> ImageRef | None:
    """What a node would pull: `latest` where nothing is said."""
    image = reference.image
    if image is None or reference.invalid or reference.tag_from:
        return None
    return image if image.tag or image.digest else image.at("latest")


def _no_such_tag(reference: Reference, image: ImageRef) -> Finding:
    return Finding(
        "no-such-tag",
        f"{image.host} has no {image}",
        "point it at a tag that is there, or push this one",
        reference.file,
        reference.line,
    )


def _not_public(reference: Reference, image: ImageRef, mine: str | HubImagesError) -> Finding:
    whether = "it is there for your login" if isinstance(mine, str) else "it is private, or not there at all"
    return Finding(
        "not-public",
        f"{image} cannot be pulled without a login: {whether}",
        "make it public, or give the hub an imagePullSecret that may pull it",
        reference.file,
        reference.line,
    )
