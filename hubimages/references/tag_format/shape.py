"""How one tag is written, seen alone: for lists, pages, and to tell moving tags."""

from dataclasses import dataclass
from functools import lru_cache

from hubimages.references.tag_format.formats import Formats
from hubimages.references.tag_format.reading import Kind, is_moving


@dataclass(frozen=True)
class Shape:
    """The kind of a tag, its pattern (`YYYY.MM.DD`, `vN.N.N`, `hex12`) and the key that sorts tags of one pattern.

    The key is empty if tags of this pattern have no order.
    """

    kind: Kind
    pattern: str
    key: tuple[int, ...] = ()

    @property
    def floats(self) -> bool:
        """True if the tag moves."""
        return self.kind in (Kind.NONE, Kind.WORD)


@lru_cache(maxsize=4096)
def shape_of(tag: str) -> Shape:
    """Return the shape of a tag; an empty one has a shape, too."""
    if not tag:
        return Shape(Kind.NONE, "none")
    if is_moving(tag):
        return Shape(Kind.WORD, "latest" if tag == "latest" else "word")
    reading = Formats([tag]).of(tag)
    if reading is None:
        return Shape(Kind.OTHER, "other")
    pattern = str(reading)
    if reading.kind is Kind.COMMIT and not reading.flavour:
        pattern = f"hex{len(tag)}"
    return Shape(reading.kind, pattern, tuple(number for part in reading.key for number in part))
