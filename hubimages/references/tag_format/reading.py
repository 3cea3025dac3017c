"""Every way to read a tag: as a date, a version, a description by git, or a commit, and the flavour that is left over.

One tag can have several readings: `2022.6.1` is a date and a version. All tags of the image decide (`formats`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from hubimages.references.tag_format.words import COMPONENTS, COUNTED, PRERELEASES

Key = tuple[tuple[int, ...], ...]


class Kind(StrEnum):
    """What a tag says about its place in time."""

    NONE = "none"  # no tag: the registry takes `latest`
    WORD = "word"  # `latest`, `main`: moves
    DATE = "date"
    VERSION = "version"
    DESCRIBE = "describe"  # commits counted since a release, as `git describe` and chartpress do
    COMMIT = "commit"  # no order; the images' dates give one
    OTHER = "other"  # has digits, but no known format


@dataclass(frozen=True)
class Reading:
    """One way to read a tag.

    Two tags with the same `kind`, `pattern` and `flavour` have an order: by `key`. `pattern` is written with
    `YYYY.MM.DD`, `N.N.N`, `hex`; the flavour has `*` where these stand: `*-java7`, `py3.10-*`.
    """

    kind: Kind
    pattern: str
    flavour: str
    key: Key = ()

    @property
    def format(self) -> tuple[Kind, str, str]:
        """What two tags must share to have an order."""
        return self.kind, self.pattern, self.flavour

    @property
    def is_prerelease(self) -> bool:
        """True for `5.0.0-beta.1`."""
        return self.kind is Kind.VERSION and self.key[1] != RELEASE

    def __str__(self) -> str:
        return self.flavour.replace("*", self.pattern) if self.flavour else self.pattern


SHORT = 10
RELEASE = (9,)  # after every prerelease
HEX = r"[0-9a-f]{7,40}"
_PRE = (
    r"(?:[-._]?0)?[-._]?(?:alpha|beta|rc|dev|preview|pre|snapshot|nightly)\d*(?:[-._]\d+)*"  # -0.dev is chartpress's
    r"|(?<=\d)[ab]\d+"
)
_VERSION = re.compile(
    rf"(?P<v>v?)(?P<numbers>\d+(?:\.\d+)*)(?P<pre>{_PRE})?"
    r"(?P<build>(?:[-._](?:build|rev|post|r|b|p|v)?[-.]?|-build\.)\d{1,6}(?![\d.]))?(?=$|[-._+])",
    re.IGNORECASE,
)
# `BASE.git.COUNT.hCOMMIT` (https://github.com/jupyterhub/chartpress#readme), before chartpress 1 `BASE-nCOUNT.hCOMMIT`;
# `BASE-COUNT-gCOMMIT` (https://git-scm.com/docs/git-describe) and `.gCOMMIT`; `BASE.devCOUNT-gCOMMIT` (setuptools-scm).
_DESCRIBE = re.compile(
    r"(?P<lead>(?:[A-Za-z][A-Za-z0-9]*[-_])?)(?P<base>v?\d[0-9A-Za-z._-]*?)"
    r"(?:(?P<mark>\.git\.|[.-]n|[.-]dev\.?)(?P<count>\d+)[-.+_][hg](?P<hash>[0-9a-f]{6,40})"
    r"|[.-](?P<plain>\d+)[-._]g(?P<other>[0-9a-f]{6,40}))(?P<rest>(?:[-_][A-Za-z][0-9A-Za-z._-]*)?)"
)
_DAY = re.compile(
    r"(?P<year>20\d\d)(?P<sep>[.\-_]?)(?P<month>\d\d?)(?P=sep)(?P<day>\d\d?)"
    r"(?:(?P<between>[-._T]?)(?P<time>\d{6}|\d{4})Z?)?(?P<build>[-._]?[rv]?\d{1,3}(?!\d))?(?=$|[-._])"
)
_MONTH = re.compile(r"(?P<year>20\d\d)(?P<sep>[.\-_])(?P<month>\d\d?)(?!(?P=sep)\d)(?=$|[-._])")
_DAY_FIRST = re.compile(r"\d\d?([.\-_])\d\d?\1(19|20)\d\d")  # or the month; nobody knows
_SECONDS = re.compile(r"1[5-9]\d{8}(?P<milli>\d{3})?(?=$|[-._])")  # since 1970; from 2017 to 2033
_HASHED = re.compile(rf"(?P<before>^|[-._])g?(?P<hex>{HEX})(?=$|[-._])")
_COMMIT = re.compile(rf"(?P<lead>(?:[A-Za-z][A-Za-z0-9._-]*?[-_.])?)(?P<hex>{HEX})(?P<rest>(?:[-_.][A-Za-z].*)?)")
_START = re.compile(r"(?:^|(?<=[-_]))(?=v?\d)|(?:(?<=^build)|(?<=^rev)|(?<=^r)|(?<=^b))(?=\d)")


def is_moving(tag: str) -> bool:
    """Return True for no tag and for words such as `latest` and `main`."""
    return not re.search(r"\d", tag) and not re.fullmatch(r"[a-f]{7,40}", tag)


@lru_cache(maxsize=65536)
def readings(tag: str) -> tuple[Reading, ...]:
    """Return every way to read a tag that is no moving one, the most specific first; nothing if there is none."""
    if _DAY_FIRST.fullmatch(tag):
        return ()
    found = dict.fromkeys((*_describe(tag), *_whole(tag, tag, "")))
    for matched in _HASHED.finditer(tag):
        if matched.span() != (0, len(tag)):
            without = tag[: matched.start()] + tag[matched.end() :]
            found |= dict.fromkeys(_whole(tag, without.lstrip("-._"), "-hex"))
    found |= dict.fromkeys(_commit(tag))
    order = list(Kind)
    order.sort(key=(Kind.DESCRIBE, Kind.DATE, Kind.COMMIT, Kind.VERSION, Kind.NONE, Kind.WORD, Kind.OTHER).index)
    return tuple(sorted(found, key=lambda each: order.index(each.kind)))


def _whole(tag: str, text: str, hashed: str) -> Iterator[Reading]:
    """Yield the dates and versions in a text: at its start, or behind a word."""
    for start in (matched.start() for matched in _START.finditer(text)):
        before, rest = text[:start], text[start:]
        yield from _dates(before, rest, hashed)
        yield from _version(before, rest, hashed)


def _flavour(before: str, behind: str) -> str:
    return f"{before}*{behind}" if before or behind else ""


def _dates(before: str, text: str, hashed: str) -> Iterator[Reading]:
    if found := _SECONDS.match(text):
        seconds = int(found[0]) // (1000 if found["milli"] else 1)
        yield Reading(Kind.DATE, "seconds" + hashed, _flavour(before, text[found.end() :]), ((seconds,),))
    if found := _DAY.match(text):
        sep, day, month = found["sep"], found["day"], found["month"]
        padded = len(month) == len(day) == 2
        if 1 <= int(month) <= 12 and 1 <= int(day) <= 31 and (sep or padded):
            pattern = f"YYYY{sep}MM{sep}DD"
            pattern += found["between"] + "HHMMSS"[: len(found["time"])] if found["time"] else ""
            build = found["build"] or ""
            when = (int(found["year"]), int(month), int(day), int(found["time"] or 0))
            pattern += re.sub(r"\d+", "N", build) + hashed
            yield Reading(Kind.DATE, pattern, _flavour(before, text[found.end() :]), (when, _numbers(build)))
    if (found := _MONTH.match(text)) and 1 <= int(found["month"]) <= 12:
        key = (int(found["year"]), int(found["month"]))
        yield Reading(Kind.DATE, f"YYYY{found['sep']}MM{hashed}", _flavour(before, text[found.end() :]), (key,))


def _version(before: str, text: str, hashed: str) -> Iterator[Reading]:
    """Yield a version; what follows the release, prerelease and build number is its flavour."""
    found = _VERSION.match(text)
    if not found or len(found["numbers"]) > 30:
        return
    word = re.split(r"[-._]", before.rstrip("-._").lower())[-1]
    behind = text[found.end() :]
    numbers = _numbers(found["numbers"])
    if word and not found["v"] and (word in COMPONENTS or (len(numbers) == 1 and word not in COUNTED)):
        return
    if len(numbers) == 1 and not found["v"] and (before or behind) and 1900 <= numbers[0] < 2100:
        return  # a year: `2024-spring`
    pattern = found["v"] + ".".join("N" for _ in numbers)
    build = found["build"] or ""
    if build:
        pattern += re.sub(r"\d+", "N", build)
    key = (numbers, precedence(found["pre"] or ""), _numbers(build))
    yield Reading(Kind.VERSION, pattern + hashed, _flavour(before, behind), key)


def _describe(tag: str) -> Iterator[Reading]:
    found = _DESCRIBE.fullmatch(tag)
    if not found:
        return
    base = found["base"]
    dated = next((each for each in _dates("", base, "") if not each.flavour), None)
    if dated and "." not in dated.pattern:  # with dots it is a calendar version, as far as it can be told
        key: Key = (*dated.key, _numbers(found["count"] or found["plain"]))
        pattern = dated.pattern
    elif (version := _VERSION.match(base)) and version.end() == len(base):
        numbers = _numbers(version["numbers"])
        key = (
            (*numbers, *(0,) * (6 - len(numbers))), precedence(version["pre"] or ""), _numbers(version["build"] or ""),
            _numbers(found["count"] or found["plain"]),
        )  # fmt: skip
        pattern = version["v"] + "VERSION"
    else:
        return
    mark = found["mark"].strip(".-") if found["mark"] else ""
    shown = f"{pattern}.{mark}.N.hex" if mark else f"{pattern}-N-hex"
    yield Reading(Kind.DESCRIBE, shown, _flavour(found["lead"], found["rest"]), key)


def _commit(tag: str) -> Iterator[Reading]:
    found = _COMMIT.fullmatch(tag)
    if found:
        length = len(found["hex"])  # git lengthens short commits as a repository grows
        pattern = "hex" if length <= SHORT else f"hex{length}"
        yield Reading(Kind.COMMIT, pattern, _flavour(found["lead"], found["rest"]))


def precedence(prerelease: str) -> tuple[int, ...]:
    """Return the key of what follows a release, as Semantic Versioning orders it: `-beta.2` before `-rc.1`."""
    if not prerelease:
        return RELEASE
    key: list[int] = []
    for number, word in re.findall(r"(\d+)|([A-Za-z]+)", prerelease):
        if word:
            key.append(PRERELEASES[word.lower()])
        elif key:
            key.append(int(number))
    return tuple(key)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text))
