"""Choose the newest tag of an image, or say why there is none to choose.

A newer tag has the format and the flavour of the present one. Dates, versions and counts since a release order
themselves; where they do not, the creation dates of the images do. Moving tags are never replaced.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hubimages.references.tag_format import Formats, Kind, Reading, is_moving

REFRESHED = re.compile(r"[0-9a-f]{12}(-20\d\d[01]\d[0-3]\d)?")
FAR = 2  # digits that the first number gains in a jump: from 9 to 1000, from 3 to 2024


@dataclass(frozen=True)
class Candidates:
    """The tags of which one is the newest, the present one included.

    One tag alone is it. Among several the creation dates of their images decide. `jump` is a tag that only a person
    can call newer: in another format, or far ahead. `unordered` says why the present tag has no place among the others.
    """

    tags: tuple[str, ...] = ()
    jump: str = ""
    unordered: str = ""

    @property
    def need_dates(self) -> bool:
        """True if the images' creation dates decide."""
        return len(self.tags) > 1


@dataclass(frozen=True)
class Choice:
    """The newest tag; empty if no tag is newer than the present one, or if that is not known."""

    tag: str = ""
    jump: str = ""
    unordered: str = ""


def candidates(tag: str, formats: Formats) -> Candidates:
    """Return which tags of an image can be the newest, seen from one of them."""
    if is_moving(tag):
        return Candidates()
    reading = formats.of(tag)
    others = [each for each in formats.tags if each != tag]
    if reading is None:
        return Candidates(jump=_usual(formats), unordered=_unknown(tag) if others else "")
    alike = formats.alike(reading)
    refreshed = _refreshed(tag, formats.tags)
    if refreshed:
        return Candidates(refreshed)
    if reading.kind is Kind.COMMIT:
        return Candidates(tuple(dict.fromkeys((tag, *alike))), _usual(formats) if len(alike) < 2 else "")
    stable = {each: one for each, one in alike.items() if reading.is_prerelease or not one.is_prerelease or each == tag}
    ahead = {each: one for each, one in stable.items() if one.key > reading.key}
    if reading.is_prerelease:  # the release that it comes before is its successor, unless there is none yet
        ahead = {each: one for each, one in ahead.items() if not one.is_prerelease} or ahead
    near = {each: one for each, one in ahead.items() if not is_jump(reading, one)}
    newest = _newest(near) if near else _newest({**stable, tag: reading}, reading)
    far = _newest({each: one for each, one in ahead.items() if each not in near})
    jump = far[0] if far else ""
    if not jump and not near:
        jump = _later(reading, formats) or (_usual(formats) if len(alike) < 2 else "")
    return Candidates(tuple(newest), jump)


def choose(tag: str, found: Candidates, dates: Mapping[str, datetime]) -> Choice:
    """Return the newest of the candidates; `dates` has when their images were created, if that is known."""
    if not found.tags:
        return Choice("", found.jump, found.unordered)
    if not found.need_dates:
        newest = found.tags[0]
        return Choice("" if newest == tag else newest, found.jump)
    known = {each: dates[each] for each in found.tags if each in dates}
    if tag in found.tags and tag not in known:
        return Choice("", found.jump, "when its image was created is not known")
    if not known:
        return Choice("", found.jump, f"nothing says which of {', '.join(found.tags[:3])} is the newest")
    latest = max(known, key=lambda each: (known[each], len(each) == len(tag), each))
    return Choice(latest if tag not in known or known[latest] > known[tag] else "", found.jump)


def _refreshed(tag: str, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the tags of an image that is also built again for newer packages, from a tag of it; else nothing.

    A generated repository tags an image with the commit, and one that it builds again from that commit with the commit
    and the day (docs/workflows.md). Seen alone, these are two formats.
    """
    series = tuple(dict.fromkeys(each for each in (tag, *tags) if REFRESHED.fullmatch(each)))
    both = {"-" in each for each in series} == {True, False}
    return series if tag in series and both else ()


def is_jump(present: Reading, new: Reading) -> bool:
    """Return True if the first number gains two digits or more, or the date is after next year."""
    if new.kind is Kind.DATE:
        return not new.pattern.startswith("seconds") and new.key[0][0] > datetime.now(UTC).year + 1
    return len(str(new.key[0][0])) - len(str(present.key[0][0])) >= FAR


def _newest(found: Mapping[str, Reading], least: Reading | None = None) -> list[str]:
    """Return the tags with the highest key: several if only the commits in them differ."""
    highest = least.key if least else max((each.key for each in found.values()), default=())
    return [tag for tag, each in found.items() if each.key == highest]


def _usual(formats: Formats) -> str:
    """Return the newest tag in the format that most tags have."""
    usual = formats.usual()
    if usual is None:
        return ""
    alike = {tag: each for tag, each in formats.alike(usual).items() if not each.is_prerelease}
    return next(iter(_newest(alike)), "")


def _later(reading: Reading, formats: Formats) -> str:
    """Return the tag with the latest date in another way to write dates, if it is later than all in this way."""
    if reading.kind is not Kind.DATE or "YYYY" not in reading.pattern:
        return ""
    day = max(each.key[0][:3] for each in (reading, *formats.alike(reading).values()))
    chosen = {tag: formats.of(tag) for tag in formats.tags}
    others = {
        tag: each
        for tag, each in chosen.items()
        if each and each.kind is Kind.DATE and "YYYY" in each.pattern and each.flavour == reading.flavour
        and each.key[0][:3] > day and not is_jump(reading, each)
    }  # fmt: skip
    return max(others, key=lambda tag: others[tag].key[0][:3], default="")


def _unknown(tag: str) -> str:
    return f"`{tag}` is in no format that has an order"
