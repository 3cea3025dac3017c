"""What bump-images leaves as it is although there may be something newer: why, and the command that changes it."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hubimages.references.keep.comment import Comment
from hubimages.references.keep.covering import covering
from hubimages.references.keep.rule import FOLLOW
from hubimages.references.newest.registries import Newer
from hubimages.references.reference import Inventory, Reference


@dataclass(frozen=True)
class Kept:
    """A reference that keeps its tag, the tag that it could have (empty if none is known), why, and the remedy."""

    reference: Reference
    newer: str
    reason: str
    remedy: str

    def __str__(self) -> str:
        here = self.reference
        return f"kept: {here.file}:{here.line} {here.repository}:{here.tag}: {self.reason}. {self.remedy}"

    def as_object(self) -> dict[str, Any]:
        """Return the object for JSON."""
        here = self.reference
        return {
            "file": here.file, "line": here.line, "path": here.values_path, "hubs": list(here.hubs),
            "image": here.repository, "tag": here.tag, "newer": self.newer, "reason": self.reason,
            "remedy": self.remedy,
        }  # fmt: skip


def kept(newer: Newer, meant: Sequence[Reference], *, automated: bool = False) -> list[Kept]:
    """Return the references that keep their tags, in order; with `automated`, programs' own tags move, too."""
    found = [*_choices(newer, set(meant)), *_jumps(newer), *_unordered(newer)]
    if not automated:
        found = [each for each in found if not each.reference.owner]
        found += (
            Kept(each, newer.tags[each], f"{each.owner} keeps it up to date", "To move it anyway, add --also-automated")
            for each in automated_of(newer)
        )
    return in_order(found)


def by_comments(inventory: Inventory, references: Sequence[Reference], now: datetime) -> dict[Reference, Comment]:
    """Return the references that a comment holds now."""
    if not inventory.comments:
        return {}
    covered = covering(inventory)
    return {each: comment for each in references if (comment := covered.of(each, now)) is not None}


def by_comment(reference: Reference, newer: str, comment: Comment) -> Kept:
    """Return what a comment keeps; `newer` is empty if nothing is known to be newer."""
    follows = comment.rule.kind == FOLLOW
    remedy = (
        "To move it when it is due: hubimages promote-images"
        if follows
        else (f"To move it anyway: {point(reference, newer or 'TAG')}")
    )
    return Kept(reference, newer, f"{comment.rule.text} ({comment.place})", remedy)


def automated_of(newer: Newer) -> list[Reference]:
    """Return the references with a newer tag that another program keeps up to date."""
    return [each for each in newer.tags if each.owner]


def in_order(found: Iterable[Kept]) -> list[Kept]:
    """Return them sorted by file and line."""
    return sorted(found, key=lambda each: (each.reference.file, each.reference.line))


def _choices(newer: Newer, selected: set[Reference]) -> Iterator[Kept]:
    for each, ahead in newer.behind.items():
        if each not in selected:
            continue
        if ahead is None:
            reason = "a form offers it beside other tags of the image, and nothing tells which is newer"
            yield Kept(each, "", reason, f"To move it: {point(each, 'TAG')}")
        else:
            tag = newer.tags.get(ahead, ahead.tag)
            reason = f"a form offers it beside {ahead.tag}"
            yield Kept(each, tag, reason, f"To move it: {point(each, tag)}")


def _jumps(newer: Newer) -> Iterator[Kept]:
    for each, tag in newer.jumps.items():
        accept = f"--accept-jump={each.repository}:{tag}"
        if each in newer.tags:
            reason = f"it moves to {newer.tags[each]}, and not to {tag}, which would be a jump"
            yield Kept(each, tag, reason, f"To take the jump, add {accept}")
        else:
            yield Kept(each, tag, f"{tag} would be a jump", f"To take it, add {accept}")


def _unordered(newer: Newer) -> Iterator[Kept]:
    for each, why in newer.unordered.items():
        if each not in newer.jumps:
            yield Kept(each, "", f"{why}, so no tag can be called newer", f"To move it: {point(each, 'TAG')}")


def point(reference: Reference, tag: str) -> str:
    """Return the command that gives one reference a tag."""
    argv = ["hubimages", "point-hubs", f"{reference.repository}:{tag}", f"--file={reference.file}"]
    if reference.choice or reference.profile:
        argv.append(f"--choice={reference.choice or reference.profile}")
    return shlex.join(argv)
