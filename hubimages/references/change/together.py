"""Other places of an image that moves: a pre-pulled image, an extra container, a Dask worker at the same tag."""

from collections.abc import Iterable, Mapping, Sequence

from hubimages.references.reference import Form, Inventory, Reference
from hubimages.references.selection import Selection


def together(
    inventory: Inventory,
    chosen: Selection,
    moving: Mapping[Reference, str],
    staying: Iterable[Reference],
) -> tuple[dict[Reference, str], list[Reference]]:
    """Return the places that move along, each with its new tag, and those that stay behind at another tag.

    A place moves along with one that has the same name and the same present tag, for the same hubs or in the same file.
    It stays if a choice at this tag stays there, too: the image is pre-pulled for it.
    """
    along: dict[Reference, str] = {}
    others: list[Reference] = []
    by_image: dict[str, list[Reference]] = {}
    for each in moving:
        by_image.setdefault(each.repository, []).append(each)
    held = [(each, each.repository) for each in staying]
    for each in inventory.references:
        if (
            each in moving
            or each.repository not in by_image
            or not each.tag
            or not _runs(each, chosen)
            or (each.owner and not chosen.also_automated)
        ):
            continue
        if any(
            each is one or (name == each.repository and one.tag == each.tag and _beside(each, one))
            for one, name in held
        ):
            continue
        beside = [one for one in by_image[each.repository] if _beside(each, one)]
        same = [one for one in beside if one.tag == each.tag]
        if same:
            along[each] = moving[same[0]]
        elif beside and all(moving[one] != each.tag for one in beside):
            others.append(each)
    return along, others


def _runs(reference: Reference, chosen: Selection) -> bool:
    return chosen.has(reference) and (reference.form is not Form.DOCKERFILE or reference.file in chosen.files)


def _beside(one: Reference, other: Reference) -> bool:
    """Return True if a hub runs both, or one file has both and no hub is known."""
    hubs: Sequence[str] = one.hubs
    return bool(set(hubs) & set(other.hubs)) or (one.file == other.file and (not hubs or not other.hubs))
