"""What a comment keeps at its tag, and what is known to be wrong there."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hubimages.findings import Finding
from hubimages.references.keep.comment import Comment
from hubimages.references.keep.covering import covering
from hubimages.references.reference import Inventory, Reference


@dataclass(frozen=True)
class KeptByComment:
    """A reference, the comment that keeps it, and the findings about its line."""

    reference: Reference
    comment: Comment
    findings: tuple[Finding, ...]

    def __str__(self) -> str:
        here = self.reference
        wrong = "; ".join(each.message for each in self.findings)
        return (
            f"kept: {here.file}:{here.line} {here.image or here.version}: {self.comment.rule.text}"
            + (f" ({self.comment.place})" if self.comment.line != here.line else "")
            + (f". Known: {wrong}" if wrong else "")
        )

    def as_object(self) -> dict[str, Any]:
        """Return the object for JSON."""
        here, rule = self.reference, self.comment.rule
        return {
            "file": here.file, "line": here.line, "image": here.repository, "tag": here.tag, "hubs": list(here.hubs),
            "rule": rule.text, "until": rule.until.isoformat() if rule.until else None, "reason": rule.reason,
            "comment": self.comment.place, "findings": [each.code for each in self.findings],
        }  # fmt: skip


def kept_by_comments(
    inventory: Inventory, references: Iterable[Reference], found: Iterable[Finding], now: datetime
) -> tuple[KeptByComment, ...]:
    """Return the references that a comment keeps now, each with what was found there."""
    if not inventory.comments:
        return ()
    covered = covering(inventory)
    by_place: dict[tuple[str | None, int | None], list[Finding]] = {}
    for each in found:
        by_place.setdefault((each.file, each.line), []).append(each)
    return tuple(
        KeptByComment(each, comment, tuple(by_place.get((each.file, each.line), ())))
        for each in references
        if (comment := covered.of(each, now)) is not None
    )
