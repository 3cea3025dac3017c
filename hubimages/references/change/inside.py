"""What is different inside the images that a change of tags puts on hubs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hubimages.console import step
from hubimages.contents import (
    Facts,
    ImageComparison,
    compare_facts,
    comparison_as_markdown,
    comparison_as_object,
    gather,
    images_as_text,
)
from hubimages.image_ref import ImageRef
from hubimages.markdown import code, joined
from hubimages.references.change.plan import TagPlan
from hubimages.registry import Registries


@dataclass(frozen=True)
class Inside:
    """Two images of which a hub gets the second instead of the first: what is different, or why that is not known."""

    before: ImageRef
    after: ImageRef
    found: ImageComparison | str

    def as_text(self) -> str:
        """Return it as text for people."""
        body = f"not compared. {self.found}" if isinstance(self.found, str) else images_as_text(self.found)
        return f"{self.before} -> {self.after}\n" + "\n".join(f"  {line}" for line in body.splitlines())

    def as_markdown(self, most: int) -> str:
        """Return it as Markdown of about `most` characters at most."""
        before, after = str(self.before), str(self.after)
        if isinstance(self.found, str):
            return f"**{code(before)} → {code(after)}**\n\nNot compared. {code(self.found)}"
        return comparison_as_markdown(self.found, before, after, most=most)

    def as_object(self) -> dict[str, Any]:
        """Return it as JSON data; `problem` says why there is no comparison."""
        known = {"problem": self.found} if isinstance(self.found, str) else comparison_as_object(self.found)
        return {"from": str(self.before), "to": str(self.after), **known}


def compare_inside(plan: TagPlan) -> list[Inside]:
    """Return what is different inside the images of a plan, each pair once; asks the registries.

    An image that cannot be read, or is too large to read without being asked, is said, and fails nothing.
    """
    pairs = steps(plan)
    with Registries() as registries:
        known = gather(registries, [image for pair in pairs for image in pair], say=step)
    return [Inside(*pair, _compared(known[pair[0]], known[pair[1]], *pair)) for pair in pairs]


def steps(plan: TagPlan) -> list[tuple[ImageRef, ImageRef]]:
    """Return the images before and after, without those whose image or version the repository does not say."""
    found: dict[tuple[ImageRef, ImageRef], None] = {}
    for change in plan.changes:
        for each in change.changed:
            old, new = each.image, change.targets[each].of(each).image
            if old and new and not each.invalid and (old.tag or old.digest) and (new.tag or new.digest):
                found[old, new] = None
    return list(found)


def _compared(before: object, after: object, old: ImageRef, new: ImageRef) -> ImageComparison | str:
    if isinstance(before, Facts) and isinstance(after, Facts):
        return compare_facts(before, after)
    problems = [f"{image}: {known}" for image, known in ((old, before), (new, after)) if not isinstance(known, Facts)]
    return f"{'; '.join(problems)}. To compare them: hubimages compare-images {old} {new}"


def as_markdown(every: Sequence[Inside], most: int) -> str:
    """Return a section of at most `most` characters for a pull request; empty without images."""
    if not every:
        return ""
    head = "### What is different inside\n\n"
    share = (most - len(head)) // len(every) - 2
    return head + joined((one.as_markdown(share) for one in every), most - len(head), "image")
