"""Which hubs belong together: the one that tries an image first, and the one that its users are on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from hubimages.errors import BadInputError
from hubimages.references.keep import covering as keep
from hubimages.references.keep.comment import Comment
from hubimages.references.keep.rule import FOLLOW
from hubimages.references.reference import Inventory
from hubimages.references.selection import named, no_such_hub

# As deployments call them; the rest of the name must be the same: leap/staging and leap/prod, bio-stg and bio.
STAGING = {"staging", "stage", "stg"}
PRODUCTION = {"prod", "production", "prd"}


@dataclass(frozen=True)
class Pair:
    """Two hubs, and how long an image must have run on the first before the second gets it."""

    staging: str
    production: str
    after: timedelta
    comment: Comment | None = None  # that asks for it


def pairs(inventory: Inventory, staging: str | None, production: Sequence[str], after: timedelta) -> list[Pair]:
    """Return the pairs, those that a comment asks for first; a production hub has one staging hub.

    `staging` and `production` restrict them; both together make pairs of hubs whatever their names are. Raises
    BadInputError for a hub that does not exist, or without a pair.
    """
    for given in filter(None, (staging, *production)):
        if given not in inventory.hubs:
            raise BadInputError(f"{given}: {no_such_hub(inventory, given)}")
    if staging and production:
        if staging in production:
            raise BadInputError(f"{staging} is in --from and in --to. Name two hubs")
        return [Pair(staging, each, after) for each in production]
    known = {each.production: each for each in _by_comment(inventory)}
    for hub, other in by_name(inventory.hubs).items():
        known.setdefault(other, Pair(hub, other, after))
    found = [
        each
        for each in known.values()
        if (not staging or each.staging == staging) and (not production or each.production in production)
    ]
    if not found:
        what = f"{staging or named(production)} has no" if staging or production else "no hub has a"
        raise BadInputError(
            f"{what} counterpart by name (staging and prod). Name both with --from and --to. The hubs are "
            f"{named(inventory.hubs)}"
        )
    return sorted(found, key=lambda each: each.production)


def by_name(hubs: Sequence[str]) -> dict[str, str]:
    """Return the production hub for each staging hub that has exactly one."""
    others: dict[tuple[str, ...], list[str]] = {}
    for hub in hubs:
        words, stage = _essence(hub)
        if not stage & STAGING:
            others.setdefault(words, []).append(hub)
    found = {}
    for hub in hubs:
        words, stage = _essence(hub)
        candidates = others.get(words, []) if stage & STAGING else []
        explicit = [each for each in candidates if _essence(each)[1]]
        if len(explicit or candidates) == 1:
            found[hub] = (explicit or candidates)[0]
    return found


def _essence(hub: str) -> tuple[tuple[str, ...], set[str]]:
    """Return the words of a name without those for a stage, and these."""
    words = re.split(r"[/_.-]+", hub.lower())
    stage = {word for word in words if word in STAGING | PRODUCTION}
    return tuple(word for word in words if word not in stage), stage


def _by_comment(inventory: Inventory) -> list[Pair]:
    """Return the pairs of hubs with a comment such as `follow staging after 7d`."""
    found = []
    for hub, comment in keep.covering(inventory).by_hub.items():
        if comment.rule.kind == FOLLOW:
            found.append(Pair(to_follow(inventory, hub, comment), hub, comment.rule.after, comment))
    return found


def to_follow(inventory: Inventory, hub: str, comment: Comment) -> str:
    """Return the whole name of the hub that a comment names. Raises BadInputError if there is none."""
    given = comment.rule.hub
    beside = f"{hub.rpartition('/')[0]}/{given}"
    for name in (given, beside):
        if name in inventory.hubs and name != hub:
            return name
    raise BadInputError(f"{comment.place}: `{comment.rule.text}`: {no_such_hub(inventory, given)}")
