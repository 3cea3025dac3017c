"""An image's own tag and those of its later builds with newer packages are one series, ordered by the images' dates."""

from datetime import UTC, datetime

import pytest

from hubimages.references.newest.choose import candidates, choose
from hubimages.references.tag_format import Formats

# The commits have no order by themselves: their images were made on these days.
MADE = {
    "6ce2deb0f3b7": 1, "6ce2deb0f3b7-20261108": 8, "6ce2deb0f3b7-20261115": 15, "0a1b2c3d4e5f": 18,
    "0a1b2c3d4e5f-20261122": 22,
}  # fmt: skip
DATES = {tag: datetime(2026, 11, day, tzinfo=UTC) for tag, day in MADE.items()}


def newest(tag: str, *tags: str) -> str:
    return choose(tag, candidates(tag, Formats([*tags, tag])), DATES).tag


@pytest.mark.parametrize("tag", [tag for tag in MADE if tag != "0a1b2c3d4e5f-20261122"])
def test_the_latest_image_is_newer_whether_it_is_a_commits_first_or_a_later_one(tag: str) -> None:
    assert newest(tag, *MADE) == "0a1b2c3d4e5f-20261122"


def test_the_next_commits_image_is_newer_than_a_refreshed_one() -> None:
    assert newest("6ce2deb0f3b7-20261115", "6ce2deb0f3b7", "0a1b2c3d4e5f", "latest") == "0a1b2c3d4e5f"


def test_nothing_is_newer_than_the_latest() -> None:
    assert newest("0a1b2c3d4e5f-20261122", *MADE) == ""


@pytest.mark.parametrize("other", ["pr-7-0a1b2c3d4e5f", "0a1b2c3d4e5f-amd64", "v1.2.0", "2026-11-30-1405"])
def test_tags_of_other_formats_are_no_part_of_it(other: str) -> None:
    assert newest("6ce2deb0f3b7", "6ce2deb0f3b7-20261108", other) == "6ce2deb0f3b7-20261108"
