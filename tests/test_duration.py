"""A length of time is read as people write it, and nothing else is."""

from datetime import timedelta

import pytest

from hubimages.duration import duration, in_words
from hubimages.errors import BadInputError


@pytest.mark.parametrize(
    ("text", "days"),
    [("7d", 7), ("0d", 0), ("36h", 1.5), ("2w", 14), ("6m", 180), ("1y", 365), ("7 days", 7), ("1 Week", 7)],
)
def test_a_length_of_time(text: str, days: float) -> None:
    assert duration(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "7", "d", "-7d", "7x", "1.5d", "7d7d", "99999d", "next week"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadInputError, match="Write for example 7d"):
        duration(text)


def test_in_words() -> None:
    assert [in_words(timedelta(hours=hours)) for hours in (0, 1, 23, 24, 90)] == [
        "0 hours", "1 hour", "23 hours", "1 day", "3 days",
    ]  # fmt: skip
