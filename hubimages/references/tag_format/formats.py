"""How the tags of one image are written, decided by all of them together."""

from collections import Counter
from collections.abc import Iterable

from hubimages.references.tag_format.reading import Kind, Reading, is_moving, readings

ORDERED = (Kind.DATE, Kind.VERSION, Kind.DESCRIBE)
ENOUGH = 3  # tags that prove a format


class Formats:
    """The formats of an image's tags.

    A tag gets that of its readings which most other tags share: `2022.6.1` beside `2022.4.0` is a version, beside
    `2022.12.24` a date. Ties go to the more specific one.
    """

    def __init__(self, tags: Iterable[str], running: Iterable[str] = ()) -> None:
        """`tags` are those that exist; `running` ones count, too, but nothing follows one that does not exist."""
        self.tags = tuple(dict.fromkeys(each for each in tags if not is_moving(each)))
        self.readings = {each: readings(each) for each in (*self.tags, *running) if not is_moving(each)}
        self.sharing = Counter(reading.format for found in self.readings.values() for reading in found)
        self.patterns = Counter(
            pattern for found in self.readings.values() for pattern in {(each.kind, each.pattern) for each in found}
        )

    def of(self, tag: str) -> Reading | None:
        """Return how to read a tag; None for a moving tag, and for one in no known format."""
        if is_moving(tag):
            return None
        found = list(self.readings[tag] if tag in self.readings else readings(tag))
        kinds = {each.kind for each in found}
        if Kind.DESCRIBE in kinds:
            found = [each for each in found if each.kind is Kind.DESCRIBE]
        elif Kind.COMMIT in kinds:
            # Eight random hex digits are hardly ever a date, and a version before a commit is meant to be one.
            rather = Kind.DATE in kinds or any(each.pattern.endswith("-hex") for each in found)
            without = rather or self._are_numbers(found)
            found = [each for each in found if (each.kind is Kind.COMMIT) is not without]
        if any(each.pattern.startswith("YYYYMMDD") for each in found):
            found = [each for each in found if each.kind is not Kind.VERSION]
        return max(
            found,
            key=lambda each: (
                self.sharing[each.format], self.patterns[each.kind, each.pattern], -len(each.flavour),
                -found.index(each),
            ),
            default=None,
        )  # fmt: skip

    def alike(self, reading: Reading) -> dict[str, Reading]:
        """Return the existing tags in this format, each with its reading."""
        return {tag: each for tag in self.tags for each in self.readings[tag] if each.format == reading.format}

    def usual(self) -> Reading | None:
        """Return a reading in the format that more than half of the tags have, if tags in it have an order."""
        if not self.sharing:
            return None
        best, number = max(self.sharing.items(), key=lambda pair: (pair[1], pair[0][0] in ORDERED))
        if number < ENOUGH or number * 2 <= len(self.tags) or best[0] not in ORDERED:
            return None
        return next((each for tag in self.tags for each in self.readings[tag] if each.format == best), None)

    def _are_numbers(self, found: list[Reading]) -> bool:
        """Return True if what could be commits are numbers: all of the image's are digits only."""
        commit = next(each for each in found if each.kind is Kind.COMMIT)
        alike = [tag for tag, each in self.alike(commit).items() if each.kind is Kind.COMMIT]
        return len(alike) >= ENOUGH and all(tag.strip("v").isdigit() for tag in alike)
