"""The shape of a tag: what kind of name it is, written so that tags of one kind have the same shape.

Only a tag of the same shape can be the newer one of another: `2026.06.04` follows `2026.01.30`, and neither follows
`main` or `0.3.1`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

Key = tuple[int, ...]


class Kind(StrEnum):
    """What a tag tells about its place in time."""

    NONE = "none"  # no tag: the registry takes `latest`
    WORD = "word"  # `latest`, `main`: whatever was pushed last
    DATE = "date"
    VERSION = "version"
    CHARTPRESS = "chartpress"  # commits counted since a release
    COMMIT = "commit"  # no order of its own
    OTHER = "other"  # digits in it, but nothing known


@dataclass(frozen=True)
class Shape:
    """The kind, its pattern (`YYYY.MM.DD`, `vN.N.N`, `hex12`), and the key to sort by within the pattern.

    The key is empty where the tag itself has no order.
    """

    kind: Kind
    pattern: str
    key: Key = ()

    @property
    def floats(self) -> bool:
        """Whether the tag names whatever was pushed last."""
        return self.kind in (Kind.NONE, Kind.WORD)


# chartpress: `BASE.git.COUNT.hCOMMIT`, before version 1 `BASE-nCOUNT.hCOMMIT`
# (https://github.com/jupyterhub/chartpress#readme). BASE is a version or, at Berkeley, the time of the build.
_CHARTPRESS = re.compile(r"(?P<base>[0-9][0-9A-Za-z.-]*?)(?P<mark>\.git\.|[.-]n)(?P<count>\d+)\.h[0-9a-f]{6,40}")
_DATE = re.compile(
    r"(?P<year>20\d\d)(?P<first>[.\-_]?)(?P<month>\d\d?)(?P=first)(?P<day>\d\d?)"
    r"(?:(?P<second>[-._T]?)(?P<time>\d{6}|\d{4}))?(?P<rest>(?:[-._]?[rv]?\d{1,3})?)"
)
_MONTH = re.compile(r"(?P<year>20\d\d)(?P<first>[.\-_])(?P<month>\d\d?)")
_VERSION = re.compile(
    r"(?P<v>v?)(?P<numbers>\d+(?:\.\d+)*)"
    r"(?P<rest>(?:(?:a|b|rc|alpha|beta|dev|post)\d*|[-.+_][A-Za-z][0-9A-Za-z.+_-]*|-\d+)?)"
)
_COMMIT = re.compile(r"(?P<prefix>(?:[A-Za-z][A-Za-z0-9]*[-_.])?)(?P<hex>[0-9a-f]{7,40})")
_DATE_COMMIT = re.compile(r"(?P<date>.+)[-_.](?P<hex>g?[0-9a-f]{7,40})")


def shape_of(tag: str) -> Shape:
    """The shape of a tag; of no tag, too."""
    if not tag:
        return Shape(Kind.NONE, "none")
    if not re.search(r"\d", tag) and not re.fullmatch(r"[a-f]{7,40}", tag):
        return Shape(Kind.WORD, "latest" if tag == "latest" else "word")
    return _chartpress(tag) or _date(tag) or _commit(tag) or _version(tag) or Shape(Kind.OTHER, "other")


def _chartpress(tag: str) -> Shape | None:
    found = _CHARTPRESS.fullmatch(tag)
    if not found:
        return None
    base, old = found["base"], found["mark"] != ".git."
    key = (*(int(number) for number in re.findall(r"\d+", base)), int(found["count"]))
    dated = _date(base) is not None
    return Shape(Kind.CHARTPRESS, "chartpress" + ("-date" if dated else "") + ("-n" if old else ""), key)


def _date(tag: str) -> Shape | None:
    if found := _DATE.fullmatch(tag):
        packed = not found["first"]
        two_digits = len(found["month"]) == len(found["day"]) == 2
        if not (1 <= int(found["month"]) <= 12 and 1 <= int(found["day"]) <= 31) or (packed and not two_digits):
            return None
        between = found["first"]
        pattern = f"YYYY{between}MM{between}DD"
        if found["time"]:
            pattern += found["second"] + "HHMMSS"[: len(found["time"])]
        pattern += re.sub(r"\d+", "N", found["rest"])
        key = [int(found[name]) for name in ("year", "month", "day")]
        key += [int(number) for number in (found["time"], *re.findall(r"\d+", found["rest"])) if number]
        return Shape(Kind.DATE, pattern, tuple(key))
    if (found := _MONTH.fullmatch(tag)) and 1 <= int(found["month"]) <= 12:
        return Shape(Kind.DATE, f"YYYY{found['first']}MM", (int(found["year"]), int(found["month"])))
    if found := _DATE_COMMIT.fullmatch(tag):
        dated = _date(found["date"])
        if dated and re.search(r"\d", found["hex"]):
            between = tag[len(found["date"])]
            return Shape(Kind.DATE, f"{dated.pattern}{between}hex{len(found['hex'])}", dated.key)
    return None


def _commit(tag: str) -> Shape | None:
    found = _COMMIT.fullmatch(tag)
    if not found or (found["prefix"] and not re.search(r"\d", found["hex"])):
        return None
    return Shape(Kind.COMMIT, f"{found['prefix']}hex{len(found['hex'])}")


def _version(tag: str) -> Shape | None:
    """A version, and what follows it: words are part of the shape, numbers of the order."""
    found = _VERSION.fullmatch(tag)
    if not found or len(found["numbers"]) > 40:
        return None
    numbers = [int(number) for number in found["numbers"].split(".")]
    rest = re.sub(r"(?<=[-.+_])g?[0-9a-f]{7,40}$", "hex", found["rest"])
    pattern = found["v"] + ".".join("N" for _ in numbers) + re.sub(r"\d+", "N", rest)
    key = (*numbers, *(int(number) for number in re.findall(r"\d+", rest)))
    return Shape(Kind.VERSION, pattern, key)
