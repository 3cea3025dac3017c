"""Tags of one image beside each other in one form: a choice that hubs give their users, and no lag.

A hub's form offers its profiles and choices, and `singleuser.image` if one of them has no image. Of several tags in
one format only the one that is ahead follows the registry: if all did, "old" would be "new".
"""

from collections.abc import Hashable, Iterable, Mapping
from itertools import pairwise
from typing import Any

from hubimages.references.reference import Reference

LISTS = ("profileList", "profile_list")
# A tag's format and flavour, and what orders it among tags of the same; None if that is not known.
Order = Mapping[Reference, tuple[Hashable, Any]]


def is_choice(reference: Reference) -> bool:
    """Return True for an image in a profile list."""
    return any(step in LISTS for step in reference.path)


def is_default(reference: Reference) -> bool:
    """Return True for `singleuser.image`."""
    return not is_choice(reference) and ("singleuser", "image") in pairwise(reference.path)


def forms(references: Iterable[Reference]) -> dict[tuple[str, str], list[Reference]]:
    """Return what each form offers, by hub and image; without a hub by file."""
    found: dict[tuple[str, str], list[Reference]] = {}
    named = [each for each in references if each.name]
    with_default = {hub for each in named if each.beside_default for hub in _hubs(each)}
    for each in named:
        for hub in _hubs(each):
            if is_choice(each) or (is_default(each) and hub in with_default):
                found.setdefault((hub, each.repository), []).append(each)
    return {key: here for key, here in found.items() if len({(each.tag, each.digest) for each in here}) > 1}


def _hubs(reference: Reference) -> tuple[str, ...]:
    document = reference.tag_place.document if reference.tag_place else 0
    return reference.hubs or (f"{reference.file}#{document}",)


def behind(references: Iterable[Reference], order: Order) -> dict[Reference, Reference | None]:
    """Return the references that have a sibling ahead in their form, with it; None where that is not known."""
    kept: dict[Reference, Reference | None] = {}
    for here in forms(references).values():
        by_format: dict[Hashable, list[Reference]] = {}
        for each in here:
            if each in order:
                by_format.setdefault(order[each][0], []).append(each)
        for alike in by_format.values():
            if len({each.tag for each in alike}) < 2:
                continue
            if any(order[each][1] is None for each in alike):
                kept |= dict.fromkeys((each for each in alike if each not in kept), None)
                continue
            first = max(alike, key=lambda each: order[each][1])
            kept |= {each: first for each in alike if order[each][1] < order[first][1]}
    return kept
