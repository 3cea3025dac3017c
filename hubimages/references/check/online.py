"""Ask the registries about each image: does it exist, can anyone pull it, is there a newer tag?"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hubimages.console import count
from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.findings import WARNING, Finding
from hubimages.image_ref import ImageRef
from hubimages.references.check.kept import kept_by_comments
from hubimages.references.check.offline import ReferencesReport, in_order, offline
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


def check_images(
    inventory: Inventory,
    *,
    online: bool = True,
    limits: Limits | None = None,
    about: Collection[Reference] | None = None,
    strict: bool = False,
) -> ReferencesReport:
    """Return everything that is wrong with the references, or those it is `about`; `not_checked` names the rest.

    With `strict` warnings fail the check, too.
    """
    found = offline(inventory, about)
    references = [each for each in inventory.references if about is None or each in about]
    unknown = sum(not (each.name or each.invalid) for each in references)
    not_checked = []
    if unknown:
        not_checked.append(f"{count(unknown, 'tag')} of images whose names are in charts outside this repository")
    if not online:
        reasons = ("the registries, because of --offline", *not_checked)
        held = kept_by_comments(inventory, references, found, datetime.now(UTC))
        return ReferencesReport(inventory, tuple(found), reasons, strict=strict, kept=held)
    with Registries(limits=limits) as ours, Registries.anonymous(limits=limits) as everybody:
        asked = _Asked(ours, everybody)
        found += asked.existence(references)
        found += asked.newer(references, inventory.references)
    reasons = tuple(dict.fromkeys([*not_checked, *asked.not_checked]))
    held = kept_by_comments(inventory, references, found, datetime.now(UTC))
    return ReferencesReport(inventory, tuple(in_order(found)), reasons, asked.no_answer, strict, held)


@dataclass
class _Asked:
    """The answers of the registries so far."""

    ours: Registries
    everybody: Registries
    not_checked: list[str] = field(default_factory=list)
    no_answer: bool = False
    silent: set[ImageRef] = field(default_factory=set)  # no answer about these; they are not asked again

    def existence(self, references: Sequence[Reference]) -> list[Finding]:
        """Return a finding for each tag that does not exist and each image that needs a login."""
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

    def newer(self, references: Sequence[Reference], every: Sequence[Reference]) -> list[Finding]:
        """Return a finding for each tag that has a newer one."""
        asked = [each for each in references if ImageRef(each.host, each.name) not in self.silent]
        newer = newer_tags(self.ours, asked, every)
        for image, answer in newer.unanswered.items():
            if not isinstance(answer, NotThereError | HiddenError):
                self.not_answered(image, answer)
        self.not_checked += (f"{image}: {what}" for image, what in newer.not_asked.items())
        unsure = {each: f"whether {tag} is newer: it would be a jump" for each, tag in newer.jumps.items()}
        unsure |= {each: f"whether a tag is newer: {why}" for each, why in newer.unordered.items()}
        self.not_checked += (f"{each.image}: {what}" for each, what in unsure.items() if each not in newer.tags)
        found = []
        for each, tag in newer.tags.items():
            remedy = f"hubimages point-hubs {each.repository}:{tag}"
            message = f"{each.repository}: {tag} is newer than {each.tag}"
            found.append(Finding("newer-tag", message, remedy, each.file, each.line, WARNING))
        return found

    def not_answered(self, image: ImageRef, answer: object) -> None:
        """Record that an image is not checked, and why."""
        self.no_answer = self.no_answer or isinstance(answer, NoAnswerError)
        self.silent.add(image.at())
        self.not_checked.append(f"{image}: {answer}")


def _verdict(public: str | HubImagesError, mine: str | HubImagesError | None) -> str | HubImagesError:
    """Return what the answers with our login (`mine`, if asked) and without one mean together.

    A digest means that the image exists, but only for us. Without a login some registries answer that nothing exists,
    others do not say.
    """
    if isinstance(mine, str) or mine is None:
        return mine or public
    return public if isinstance(public, Absent) else mine


def _images(references: Iterable[Reference]) -> list[ImageRef]:
    asked = (_asked_for(each) for each in references)
    return list(dict.fromkeys(image for image in asked if image is not None))


def _asked_for(reference: Reference) -> ImageRef | None:
    """Return the image that a node would pull: `latest` if there is no tag."""
    image = reference.image
    if image is None or reference.invalid or reference.tag_from:
        return None
    return image if image.tag or image.digest else image.at("latest")


def _no_such_tag(reference: Reference, image: ImageRef) -> Finding:
    return Finding(
        "no-such-tag",
        f"{image.host} has no {image}",
        "use a tag that exists, or push this one",
        reference.file,
        reference.line,
    )


def _not_public(reference: Reference, image: ImageRef, mine: str | HubImagesError) -> Finding:
    whether = "your login can pull it" if isinstance(mine, str) else "it is private or does not exist"
    return Finding(
        "not-public",
        f"{image} cannot be pulled without a login; {whether}",
        "make it public, or give the hub an imagePullSecret that can pull it",
        reference.file,
        reference.line,
        WARNING,
    )
