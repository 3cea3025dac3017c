"""Which of two versions is newer, by the rules of the package manager."""

import re
from collections.abc import Iterable
from functools import cmp_to_key

from hubimages.contents.package import CONDA, PIP, R


def first_number(version: str) -> str:
    """Return the version up to its first separator: `1:2` of `1:2.3-4`, `2026` of `2026.1`."""
    found = re.match(r"(?:\d+[!:])?[^.\-+_~]+", version)
    return found[0] if found else version


def newest(kind: str, versions: Iterable[str]) -> str:
    """Return the newest of versions of one kind."""

    def compare(one: str, other: str) -> int:
        return order(kind, one, other)

    return max(versions, key=cmp_to_key(compare))


def order(kind: str, one: str, other: str) -> int:
    """Return a negative number if the first version is older, 0 if both are as new, else a positive one.

    Python's rules (https://packaging.python.org/en/latest/specifications/version-specifiers/) for pip and conda where
    both follow them, otherwise Debian's; R's are the same for numbers.
    """
    if kind in (PIP, CONDA):
        from packaging.version import Version

        try:
            first, second = Version(one), Version(other)
        except ValueError:  # no version of Python's, or a number of more digits than Python reads
            pass
        else:
            return (first > second) - (first < second)
    if kind == R:  # 1.1-10 is 1.1.10
        one, other = one.replace("-", "."), other.replace("-", ".")
    return debian_order(one, other)


def debian_order(one: str, other: str) -> int:
    """Return how Debian orders two versions: https://www.debian.org/doc/debian-policy/ch-controlfields.html#version"""
    for first, second in zip(parts(one), parts(other), strict=True):
        done = compare_part(first, second)
        if done:
            return done
    return 0


def parts(version: str) -> tuple[str, str, str]:
    """Return epoch, version and revision."""
    epoch, colon, rest = version.partition(":")
    whole, dash, revision = (rest if colon else version).rpartition("-")
    return (epoch if colon else "0", whole, revision) if dash else (epoch if colon else "0", revision, "")


def compare_part(one: str, other: str) -> int:
    """Return how two parts are ordered: letters before others, `~` before the end, numbers as numbers."""
    rest = [re.findall(r"(\D*)(\d*)", each) for each in (one, other)]
    longest = max(map(len, rest))
    pairs = (each + [("", "")] * (longest - len(each)) for each in rest)
    for (text, number), (other_text, other_number) in zip(*pairs, strict=True):
        first, second = ([*map(rank, each), 0] for each in (text, other_text))
        if first != second:
            return -1 if first < second else 1
        low, high = number.lstrip("0"), other_number.lstrip("0")
        if low != high:
            return -1 if (len(low), low) < (len(high), high) else 1
    return 0


def rank(letter: str) -> int:
    """Return the place of a letter in Debian's order; the end of a text has 0."""
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 256
