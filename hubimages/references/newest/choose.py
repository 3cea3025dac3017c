"""Which tag of an image is the newer one of another, where "newer" means something.

The shape of the current tag is kept: versions, dates and chartpress's counts are sorted within it. Commits have no
order; there the images' dates of creation decide, and nothing does where they say none. Words, `latest` first of all,
are never replaced.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from hubimages.references.tag_shape import Kind, shape_of

SORTED = (Kind.DATE, Kind.VERSION, Kind.CHARTPRESS)


def candidates(tag: str, tags: Iterable[str]) -> tuple[str, ...]:
    """The tags of the same shape, itself included where it is among them; none for a tag that is never replaced."""
    shape = shape_of(tag)
    if shape.kind not in (*SORTED, Kind.COMMIT):
        return ()
    return tuple(each for each in tags if shape_of(each).pattern == shape.pattern)


def needs_dates(tag: str) -> bool:
    """Whether only the images' dates of creation tell which tag is newer."""
    return shape_of(tag).kind is Kind.COMMIT


def newest(tag: str, tags: Iterable[str], dates: Mapping[str, datetime] | None = None) -> str | None:
    """The newest tag of the same shape; None where none is newer, or where that cannot be known.

    `dates` has when the image of a tag was made, and is used for commits only; a tag that is not in it is left out.
    """
    same = candidates(tag, tags)
    if needs_dates(tag):
        known = {each: dates[each] for each in same if each in dates} if dates else {}
        if dates is None or tag not in dates or not known:
            return None
        latest = max(known, key=lambda each: (known[each], each))
        return latest if known[latest] > dates[tag] else None
    here = shape_of(tag).key
    newer = [(shape_of(each).key, each) for each in same if shape_of(each).key > here]
    return max(newer)[1] if newer else None
