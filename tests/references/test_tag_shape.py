"""The shape of a tag, and which tag is the newer one of another."""

from datetime import UTC, datetime

import pytest

from hubimages.references.newest.choose import candidates, needs_dates, newest
from hubimages.references.tag_shape import Kind, shape_of

SHAPES = {
    "": (Kind.NONE, "none"),
    "latest": (Kind.WORD, "latest"),
    "main": (Kind.WORD, "word"),
    "2i2c": (Kind.OTHER, "other"),
    "fa26_2a": (Kind.OTHER, "other"),
    "python-3.11": (Kind.OTHER, "other"),
    "2026.06.04": (Kind.DATE, "YYYY.MM.DD"),
    "2026-06-09": (Kind.DATE, "YYYY-MM-DD"),
    "20240731": (Kind.DATE, "YYYYMMDD"),
    "20240731-224556": (Kind.DATE, "YYYYMMDD-HHMMSS"),
    "2024.3.20.1": (Kind.DATE, "YYYY.MM.DD.N"),
    "2026.06.04-v2": (Kind.DATE, "YYYY.MM.DD-vN"),
    "2021-04-01-abc1234": (Kind.DATE, "YYYY-MM-DD-hex7"),
    "2024.10": (Kind.DATE, "YYYY.MM"),
    "4.6.2": (Kind.VERSION, "N.N.N"),
    "v6.0": (Kind.VERSION, "vN.N"),
    "3": (Kind.VERSION, "N"),
    "5.0.0-beta.1": (Kind.VERSION, "N.N.N-beta.N"),
    "5.0.0rc1": (Kind.VERSION, "N.N.NrcN"),
    "27.5.1-dind": (Kind.VERSION, "N.N.N-dind"),
    "2024.13.45": (Kind.VERSION, "N.N.N"),
    "0.0.1-0.dev.git.16666.h2707c010b": (Kind.CHARTPRESS, "chartpress"),
    "20240731-224556.git.8057.h9643afd4": (Kind.CHARTPRESS, "chartpress-date"),
    "0.0.1-n5296.hdee70868": (Kind.CHARTPRESS, "chartpress-n"),
    "9cb7ae26ffbe": (Kind.COMMIT, "hex12"),
    "178819e05792": (Kind.COMMIT, "hex12"),
    "123456789012": (Kind.COMMIT, "hex12"),
    "5115e56": (Kind.COMMIT, "hex7"),
    "abcdefabcdef": (Kind.COMMIT, "hex12"),
    "97eb45f9d23b128aff810e45911857d5cffd05c2": (Kind.COMMIT, "hex40"),
    "sha-721f235": (Kind.COMMIT, "sha-hex7"),
}


def test_every_usual_tag_has_the_shape_that_people_would_say_it_has() -> None:
    assert {tag: (shape_of(tag).kind, shape_of(tag).pattern) for tag in SHAPES} == SHAPES


def test_only_words_and_no_tag_float() -> None:
    assert [tag for tag in SHAPES if shape_of(tag).floats] == ["", "latest", "main"]


@pytest.mark.parametrize(
    ("tag", "tags", "newer"),
    [
        ("2026.01.30", ["2026.06.04", "2025.12.30", "2026-09-01", "latest", "main"], "2026.06.04"),
        ("2026.06.04", ["2026.06.04", "2026.01.30"], None),
        ("4.9.0", ["4.10.0", "4.9.1", "5.0.0-beta.1", "v6.0.0"], "4.10.0"),
        ("5.0.0-beta.1", ["5.0.0-beta.2", "4.0.0-beta.9", "5.0.0"], "5.0.0-beta.2"),
        (
            "0.0.1-0.dev.git.9.h2707c010",
            ["0.0.1-0.dev.git.10.h1111111", "0.0.1-0.dev.git.8.h9999999"],
            "0.0.1-0.dev.git.10.h1111111",
        ),
        ("latest", ["latest", "2026.06.04"], None),
        ("main", ["main", "next"], None),
        ("2i2c", ["2i2c", "3i3c"], None),
        ("", ["1.0.0"], None),
        ("9cb7ae26ffbe", ["34f4eb103e6a"], None),
    ],
)
def test_the_newest_tag_has_the_same_shape_and_words_are_never_replaced(
    tag: str, tags: list[str], newer: str | None
) -> None:
    assert newest(tag, tags) == newer


def test_of_commits_the_image_that_was_made_last_is_the_newest_and_without_dates_none_is() -> None:
    tags = ["9cb7ae26ffbe", "34f4eb103e6a", "aaaaaaaaaaa1", "bbb4444", "latest"]
    dates = {"9cb7ae26ffbe": datetime(2026, 5, 1, tzinfo=UTC), "34f4eb103e6a": datetime(2026, 6, 1, tzinfo=UTC)}
    assert (needs_dates("9cb7ae26ffbe"), needs_dates("2026.01.30")) == (True, False)
    assert candidates("9cb7ae26ffbe", tags) == ("9cb7ae26ffbe", "34f4eb103e6a", "aaaaaaaaaaa1")
    assert newest("9cb7ae26ffbe", tags, dates) == "34f4eb103e6a"
    assert newest("34f4eb103e6a", tags, dates) is None
    assert newest("aaaaaaaaaaa1", tags, dates) is None, "it is not known how old the current one is"
