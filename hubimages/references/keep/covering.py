"""Which places and hubs the comments of a repository are about."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from hubimages.findings import WARNING, Finding
from hubimages.references.keep.comment import Comment
from hubimages.references.keep.rule import FORMS
from hubimages.references.reference import Inventory, Reference


@dataclass(frozen=True)
class Covering:
    """The comments of a repository: `by_hub` are those about a hub, whose places they are about wherever these are."""

    comments: Sequence[Comment]
    by_hub: dict[str, Comment]

    def of(self, reference: Reference, now: datetime) -> Comment | None:
        """Return the comment that holds this place now: the closest one, or else that of a hub that runs it."""
        here = [each for each in self.comments if each.rule.holds(now) and _is_about(each, reference)]
        if here:
            return min(here, key=lambda each: (each.last - each.first, each.line))
        of_hubs = (self.by_hub[hub] for hub in reference.hubs if hub in self.by_hub)
        return next((each for each in of_hubs if each.rule.holds(now)), None)


def covering(inventory: Inventory) -> Covering:
    """Return what the comments of the inventory are about."""
    by_hub: dict[str, Comment] = {}
    for each in inventory.comments:
        for hub in _hubs_of(each, inventory.hubs):
            by_hub.setdefault(hub, each)
    return Covering(inventory.comments, by_hub)


def findings_of(inventory: Inventory, now: datetime) -> Iterator[Finding]:
    """Yield a finding for each comment that cannot be read, is past, or is about no image."""
    covered = covering(inventory)
    of_hubs = {each.place for each in covered.by_hub.values()}
    for each in inventory.comments:
        if each.rule.problem:
            yield _finding("keep-misspelt", each, f"`{each.rule.text}`: {each.rule.problem}", f"write {FORMS}")
        elif each.rule.is_past(now):
            what = f"`{each.rule.text}` is past, and no longer holds the image"
            yield _finding("keep-past", each, what, "remove the comment, or give a later date")
        elif each.place not in of_hubs and not any(_is_about(each, one) for one in inventory.references):
            what = f"`{each.rule.text}` is about no image and no hub"
            yield _finding("keep-nothing", each, what, "write it above the image's tag, or above the hub")


def _finding(code: str, comment: Comment, message: str, remedy: str) -> Finding:
    return Finding(code, message, remedy, comment.file, comment.line, WARNING)


def _is_about(comment: Comment, reference: Reference) -> bool:
    places = (reference.tag_place, reference.digest_place, reference.name_place)
    lines = {(each.file, each.line) for each in places if each} | {(reference.file, reference.line)}
    return any(file == comment.file and comment.first <= line <= comment.last for file, line in lines)


def _hubs_of(comment: Comment, hubs: Iterable[str]) -> list[str]:
    """Return the hubs that the first line names: by its whole name, or by its last part beside the cluster's files."""
    if not comment.name:
        return []
    named = [hub for hub in hubs if hub == comment.name]
    last = [hub for hub in hubs if hub.rpartition("/")[2] == comment.name]
    folders = comment.file.split("/")
    beside = [hub for hub in last if hub.partition("/")[0] in folders]
    return named or beside or (last if len(last) == 1 else [])
