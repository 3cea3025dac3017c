"""Patterns of .dockerignore, with many wildcards, too."""

import re
from itertools import product

import pytest

from hubimages.errors import BadInputError
from hubimages.hub_image.check.ignored import as_regex, ignored
from tests.fuzz.limits import limited

WILD = {"**/": "(?:.*/)?", "**": "(?:.*/)?", "*": "[^/]*"}


def simple(pattern: str) -> str:
    """The regular expression of a pattern, piece by piece, which takes a time that grows with each `*`."""
    parts = re.split(r"(\*\*/|\*\*|\*)", pattern)
    regex = "".join(WILD.get(part, re.escape(part)) for part in parts)
    return regex[: -len(WILD["**"])] + ".*" if pattern.endswith("**") else regex


def test_a_pattern_matches_what_its_simple_form_matches() -> None:
    paths = ["/".join(parts) for size in (1, 2, 3) for parts in product(("a", "b", "ab", "aab"), repeat=size)]
    for words in product(("*", "**/", "a", "b", "/", "a*"), repeat=4):
        pattern = "".join(words)
        if "***" in pattern or "//" in pattern or pattern.endswith("/") or pattern.startswith("/"):
            continue
        ours, theirs = re.compile(as_regex(pattern), re.DOTALL), re.compile(simple(pattern), re.DOTALL)
        assert [path for path in paths if ours.fullmatch(path)] == [path for path in paths if theirs.fullmatch(path)], (
            pattern
        )


@pytest.mark.parametrize("pattern", ["*a" * 30 + "*b", "**/a/" * 30 + "b", "**/*a*a*a*a/" * 8 + "b", "a**" * 3 + "b"])
def test_many_wildcards_take_no_long_time(pattern: str) -> None:
    is_ignored = ignored(pattern)
    with limited(3):
        assert not is_ignored("a" * 250)
        assert not is_ignored("/".join(["aaaa"] * 30) + "/c")
        assert not is_ignored("/".join(["a"] * 100) + "/c")


def test_many_double_stars_inside_of_names_are_refused() -> None:
    with pytest.raises(BadInputError, match="more than 3"):
        ignored("a**" * 4 + "b")
