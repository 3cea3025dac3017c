"""Write one self-contained page about the references: a chart of tags over hubs, and tables to sort and filter."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.filesize import decimal

from hubimages import disk
from hubimages.contents import Gathered, gather, in_order, remembered, versions_of
from hubimages.errors import BadInputError
from hubimages.page import render
from hubimages.references.check.offline import ReferencesReport, by_image, version
from hubimages.references.listing import by_reason
from hubimages.references.page.inside import images_of, inside_of
from hubimages.references.reference import Inventory, Reference
from hubimages.registry import Registries

AGES = 5  # colours from the newest to the oldest


@dataclass(frozen=True)
class Used:
    """One version of an image: the hubs that run it, and its age beside the others (0 is the newest).

    `age` is "floats" for a moving tag, and "unknown" if the tags of the image have no order.
    """

    tag: str
    age: str
    hubs: tuple[str, ...]
    references: int


@dataclass(frozen=True)
class Skewed:
    """An image that is used at several versions."""

    repository: str
    used: tuple[Used, ...]

    @property
    def hubs(self) -> int:
        """The number of hubs that run it."""
        return len({hub for each in self.used for hub in each.hubs})


def write_page(
    path: Path, inventory: Inventory, report: ReferencesReport | None = None, contents: Gathered | None = None
) -> None:
    """Write the page, with what is in the images where it is known. Raises OSError if it cannot be written."""
    disk.write_whole(path, page(inventory, report, datetime.now(UTC), contents))


def contents_of(inventory: Inventory, *, offline: bool) -> Gathered:
    """Return what is in the images of a repository, as their SBOMs say; with `offline`, as the cache knows it."""
    images = images_of(inventory)
    if offline:
        known = remembered(images)
        return {image: known.get(image) or BadInputError("not in the cache") for image in images}
    with Registries() as registries:
        return gather(registries, images, say=lambda line: None, most=0)


def page(
    inventory: Inventory, report: ReferencesReport | None, made: datetime, contents: Gathered | None = None
) -> str:
    """Return the HTML. It loads nothing, and every text from the repository and the images is escaped."""
    uneven = skewed(inventory)
    order_of = {each.repository: [used.tag for used in each.used] for each in uneven}
    return render(
        "hubimages.references.page",
        "page",
        inventory=inventory,
        report=report,
        made=made.strftime("%d %B %Y, %H:%M UTC"),
        images=len({each.repository for each in inventory.references if each.name}),
        floating=sum(each.floats for each in inventory.references),
        skewed=uneven,
        inside=inside_of(inventory, contents, order_of, made),
        decimal=decimal,
        versions_of=versions_of,
        in_order=in_order,
        reasons=by_reason(inventory.not_read),
        clusters=sorted({hub.partition("/")[0] for hub in inventory.hubs}),
        shapes=sorted({each.shape.pattern for each in inventory.references}),
        version=version,
        order=order,
    )


def skewed(inventory: Inventory) -> tuple[Skewed, ...]:
    """Return the images that are used at several versions, those with the most hubs first."""
    result = []
    for repository, references in by_image(inventory).items():
        versions: dict[str, list[Reference]] = {}
        for each in references:
            versions.setdefault(version(each), []).append(each)
        if len(versions) > 1:
            result.append(Skewed(repository, _used(versions)))
    return tuple(sorted(result, key=lambda each: (-each.hubs, -len(each.used), each.repository)))


def _used(versions: dict[str, list[Reference]]) -> tuple[Used, ...]:
    """Return the versions, the newest first, then those without an order, then moving tags."""
    kinds = Counter(used[0].shape.kind for used in versions.values() if used[0].shape.key)
    usual = kinds.most_common(1)[0][0] if kinds else None
    sortable = [pair for pair in versions.items() if pair[1][0].shape.kind is usual and pair[1][0].shape.key]
    sortable.sort(key=lambda pair: pair[1][0].shape.key, reverse=True)
    rest = sorted((pair for pair in versions.items() if pair not in sortable), key=lambda pair: pair[0])
    rest.sort(key=lambda pair: pair[1][0].floats)
    ages = [*(str(min(number, AGES - 1)) for number in range(len(sortable)))]
    ages += ["floats" if used[0].floats else "unknown" for _, used in rest]
    rows = zip([*sortable, *rest], ages, strict=True)
    return tuple(Used(tag, age, _hubs(references), len(references)) for (tag, references), age in rows)


def _hubs(references: Sequence[Reference]) -> tuple[str, ...]:
    return tuple(sorted({hub for each in references for hub in each.hubs}))


def order(reference: Reference) -> str:
    """Return a text to sort tags by: by format, then by age."""
    return reference.shape.pattern + "".join(f"{number:012}" for number in reference.shape.key) + reference.tag
