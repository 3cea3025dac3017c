"""How tags are written, and which tag of an image is the newest."""

from datetime import UTC, datetime, timedelta

import pytest

from hubimages.references.newest.choose import Choice, candidates, choose
from hubimages.references.tag_format import Formats, Kind, readings, shape_of

SHAPES = {
    "": (Kind.NONE, "none"),
    "latest": (Kind.WORD, "latest"),
    "main": (Kind.WORD, "word"),
    "2i2c": (Kind.OTHER, "other"),
    "fa26_2a": (Kind.OTHER, "other"),
    "python-3.11": (Kind.OTHER, "other"),
    "python3.11": (Kind.OTHER, "other"),
    "devcon25-shap": (Kind.OTHER, "other"),
    "workshop-coastal-2026": (Kind.OTHER, "other"),
    "2024-spring": (Kind.OTHER, "other"),
    "2026.06.04": (Kind.DATE, "YYYY.MM.DD"),
    "2026-06-09": (Kind.DATE, "YYYY-MM-DD"),
    "20240731": (Kind.DATE, "YYYYMMDD"),
    "20240731-224556": (Kind.DATE, "YYYYMMDD-HHMMSS"),
    "2024.3.20.1": (Kind.DATE, "YYYY.MM.DD.N"),
    "2026.06.04-v2": (Kind.DATE, "YYYY.MM.DD-vN"),
    "2026.06.04-gpu": (Kind.DATE, "YYYY.MM.DD-gpu"),
    "2021-04-01-abc1234": (Kind.DATE, "YYYY-MM-DD-hex"),
    "abc1234-2021-04-01": (Kind.DATE, "YYYY-MM-DD-hex"),
    "main-abc1234-1700000000": (Kind.DATE, "main-seconds-hex"),
    "2024.10": (Kind.DATE, "YYYY.MM"),
    "4.6.2": (Kind.VERSION, "N.N.N"),
    "v6.0": (Kind.VERSION, "vN.N"),
    "3": (Kind.VERSION, "N"),
    "5.0.0-beta.1": (Kind.VERSION, "N.N.N"),
    "5.0.0rc1": (Kind.VERSION, "N.N.N"),
    "27.5.1-dind": (Kind.VERSION, "N.N.N-dind"),
    "1.14.1-java7": (Kind.VERSION, "N.N.N-java7"),
    "24.04-cuda11.8-py3.10": (Kind.VERSION, "N.N-cuda11.8-py3.10"),
    "21.0.9_10-jre": (Kind.VERSION, "N.N.N_N-jre"),
    "2022.4.0": (Kind.VERSION, "N.N.N"),
    "2024.13.45": (Kind.VERSION, "N.N.N"),
    "main-45": (Kind.VERSION, "main-N"),
    "45-main": (Kind.VERSION, "N-main"),
    "r3": (Kind.VERSION, "rN"),
    "v1.2.3-abc1234": (Kind.VERSION, "vN.N.N-hex"),
    "0.0.1-0.dev.git.16666.h2707c010b": (Kind.DESCRIBE, "VERSION.git.N.hex"),
    "20240731-224556.git.8057.h9643afd4": (Kind.DESCRIBE, "YYYYMMDD-HHMMSS.git.N.hex"),
    "0.0.1-n5296.hdee70868": (Kind.DESCRIBE, "VERSION.n.N.hex"),
    "0.10.0-80.g2ee3230": (Kind.DESCRIBE, "VERSION-N-hex"),
    "v1.2-14-gabc1234": (Kind.DESCRIBE, "vVERSION-N-hex"),
    "2025.12.1.dev94-gd3893dba2": (Kind.DESCRIBE, "VERSION.dev.N.hex"),
    "9cb7ae26ffbe": (Kind.COMMIT, "hex12"),
    "178819e05792": (Kind.COMMIT, "hex12"),
    "123456789012": (Kind.COMMIT, "hex12"),
    "5115e56": (Kind.COMMIT, "hex7"),
    "abcdefabcdef": (Kind.COMMIT, "hex12"),
    "97eb45f9d23b128aff810e45911857d5cffd05c2": (Kind.COMMIT, "hex40"),
    "sha-721f235": (Kind.COMMIT, "sha-hex"),
}


def test_every_usual_tag_has_the_format_that_people_say_it_has() -> None:
    assert {tag: (shape_of(tag).kind, shape_of(tag).pattern) for tag in SHAPES} == SHAPES


def test_only_words_and_no_tag_move() -> None:
    assert [tag for tag in SHAPES if shape_of(tag).floats] == ["", "latest", "main"]


# The tag that a hub runs, the other tags of the image, and what is chosen.
CHOSEN = {
    # dates
    "days": ("2026.01.30", "2026.06.04 2025.12.30 latest main", Choice("2026.06.04")),
    "the newest already": ("2026.06.04", "2026.01.30", Choice()),
    "days without zeros": ("2024.3.9", "2024.3.20 2024.10.1 2023.12.31", Choice("2024.10.1")),
    "days and times": ("20240731-224556", "20240731-224557 20240730-235959", Choice("20240731-224557")),
    "months": ("2024.09", "2024.10 2024.2", Choice("2024.10")),
    "revisions of a day": ("2026.06.04-v2", "2026.06.04-v10 2026.06.04-v3 2026.06.04", Choice("2026.06.04-v10")),
    "another way to write dates is a jump": ("2026.06.04", "2026-06-29 2026.01.30", Choice(jump="2026-06-29")),
    "an older date in another way is none": ("2026.06.04", "2026-06-01", Choice()),
    "a date that has yet to come": ("2026.06.04", "2062.06.04", Choice(jump="2062.06.04")),
    "seconds": (
        "main-abc1234-1700000000", "main-def5678-1700000001 dev-0123456-1800000000",
        Choice("main-def5678-1700000001"),
    ),
    "a commit behind a date": (
        "2021-04-01-abc1234", "2021-05-01-0000001 2021-04-30-fffffff",
        Choice("2021-05-01-0000001"),
    ),
    "a commit before a date": ("abc1234-20210401", "0000001-20210501 fffffff-20210430", Choice("0000001-20210501")),
    "eight digits that are a date among commits": (
        "20240731", "20240801 0a1b2c3d 99999999 1234abcd",
        Choice("20240801"),
    ),
    # calendar versions
    "a month and a number": ("2022.6.1", "2022.4.0 2022.12.1 2022.12.0 2023.1.0", Choice("2023.1.0")),
    "an old one": ("2022.4.0", "2022.6.1", Choice("2022.6.1")),
    "with a build number": ("2023.12.1-402", "2023.12.0-369 2024.04.2-764 2023.12.1-500", Choice("2024.04.2-764")),
    "a count since a calendar version": (
        "2025.12.1.dev94-gd3893dba2", "2025.12.0.dev99-g0000000 2026.1.0.dev3-g97bb4e45a",
        Choice("2026.1.0.dev3-g97bb4e45a"),
    ),
    # versions
    "numbers": ("4.9.0", "4.10.0 4.9.1 5.0.0-beta.1", Choice("4.10.0")),
    "an ordinary major": ("3", "4 5", Choice("5")),
    "9 to 10": ("9.1", "10.0", Choice("10.0")),
    "the release after a prerelease": ("5.0.0-beta.1", "5.0.0-beta.2 4.0.0-beta.9 5.0.0", Choice("5.0.0")),
    "a prerelease after a prerelease": ("5.0.0-beta.9", "5.0.0-beta.10 5.0.0-alpha.11", Choice("5.0.0-beta.10")),
    "rc after beta": ("5.0.0b2", "5.0.0rc1 5.0.0a9", Choice("5.0.0rc1")),
    "no prerelease after a release": ("5.0.0", "5.0.1rc1 5.1.0-dev", Choice()),
    "revisions behind a word": ("main-9", "main-10 dev-11 main", Choice("main-10")),
    "revisions before a word": ("9-main", "10-main 11-dev", Choice("10-main")),
    "revisions at a word": ("r9", "r10 v11", Choice("r10")),
    "other numbers of parts": ("4.9", "4.9.1 4.10 4", Choice("4.10")),
    "a version and a commit": ("v1.2.3-abc1234", "v1.2.4-0000001 v1.2.4", Choice("v1.2.4-0000001")),
    # counts since a release
    "chartpress": (
        "0.0.1-0.dev.git.9.h2707c010", "0.0.1-0.dev.git.10.h1111111 0.0.1-0.dev.git.8.h9999999",
        Choice("0.0.1-0.dev.git.10.h1111111"),
    ),
    "chartpress, an old one": ("0.9.0-beta.4.n008.hb20ad22", "0.9.0-n212.hc6e4a5b", Choice("0.9.0-n212.hc6e4a5b")),
    "git describe": (
        "0.10.0-80.g2ee3230", "0.10.0-9.g0000000 0.10.0-100.gfffffff 0.9.0-500.g1111111",
        Choice("0.10.0-100.gfffffff"),
    ),
    "git describe with dashes": ("v1.2-14-gabc1234", "v1.2.1-2-g0000000 v1.2-20-g1111111", Choice("v1.2.1-2-g0000000")),
    # flavours
    "java7": ("1.14.1-java7", "1.14.1-java11 1.15.0-java11 1.14.2-java7", Choice("1.14.2-java7")),
    "java7 and no newer one": ("1.14.1-java7", "1.15.0-java11 1.15.0", Choice()),
    "cuda": ("24.04-cuda11.8-py3.10", "24.10-cuda12.2-py3.10 24.05-cuda11.8-py3.10", Choice("24.05-cuda11.8-py3.10")),
    "dates with a flavour": ("2026-01-01-gpu", "2026-02-01 2026-01-09-gpu", Choice("2026-01-09-gpu")),
    "a flavour before the version": (
        "py3.10-2024.01.01", "py3.12-2024.09.01 py3.10-2024.02.01",
        Choice("py3.10-2024.02.01"),
    ),
    "a flavour with a version of its own": (
        "2.1-2024.01.01", "2.1-2024.02.01 2.2-2024.03.01 2.2-2024.04.01",
        Choice("2.1-2024.02.01"),
    ),
    "a build number and a flavour": ("21.0.9_9-jre", "21.0.9_10-jre 21.0.9_11-jdk", Choice("21.0.9_10-jre")),
    # stray tags and jumps
    "a year among versions": ("3.2.1", "3.3.0 2024.1.0", Choice("3.3.0", "2024.1.0")),
    "only a jump": ("3.2.1", "2024.1.0", Choice(jump="2024.1.0")),
    "a number that is a date": ("3", "4 20240731", Choice("4", "20240731")),
    "most tags are dates": ("0.3.1", "2026.01.01-x 2026-01-02 2026-01-03 2026-01-04", Choice(jump="2026-01-04")),
    "a commit where most tags are dates": ("b9584f6", "2024.05.07 2025.12.30 2026.06.04", Choice(jump="2026.06.04")),
    "a number that grows long": ("1000001", "1000002 1000003", Choice("1000003")),
    # moving tags and what has no order
    "latest": ("latest", "latest 2026.06.04", Choice()),
    "a branch": ("main", "next 1.0", Choice()),
    "a word with digits": ("2i2c", "3i3c 1.0", Choice(unordered="`2i2c` is in no format that has an order")),
    "a component": ("python-3.11", "python-3.12", Choice(unordered="`python-3.11` is in no format that has an order")),
    "day first": ("04-06-2026", "05-06-2026", Choice(unordered="`04-06-2026` is in no format that has an order")),
    "an edition": ("2024-spring", "2025-spring", Choice(unordered="`2024-spring` is in no format that has an order")),
    "alone": ("fa26_2a", "latest", Choice()),
}  # fmt: skip


@pytest.mark.parametrize(("tag", "others", "chosen"), CHOSEN.values(), ids=CHOSEN)
def test_the_newest_tag_has_the_format_and_the_flavour_of_the_present_one(
    tag: str, others: str, chosen: Choice
) -> None:
    for tags in ([tag, *others.split()], [*reversed(others.split()), tag]):
        found = candidates(tag, Formats(tags))
        assert not found.need_dates
        assert choose(tag, found, {}) == chosen


DAY = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "days", "chosen"),
    [
        ("9cb7ae26ffbe", {"9cb7ae26ffbe": 1, "34f4eb103e6a": 2, "aaaaaaaaaaa1": None}, Choice("34f4eb103e6a")),
        ("34f4eb103e6a", {"9cb7ae26ffbe": 1, "34f4eb103e6a": 2}, Choice()),
        ("9cb7ae2", {"9cb7ae2": 1, "34f4eb10": 2}, Choice("34f4eb10")),  # git makes short commits longer in time
        ("9cb7ae2", {"9cb7ae2": 1, "34f4eb1": 2, "34f4eb10": 2}, Choice("34f4eb1")),
        ("9cb7ae26ffbe", {"9cb7ae26ffbe": 1, "34f4eb103e6a": 2, "aaaaaa1": 3}, Choice("34f4eb103e6a")),
        ("sha-9cb7ae2", {"sha-9cb7ae2": 1, "sha-34f4eb1": 2, "34f4eb0": 3}, Choice("sha-34f4eb1")),
        ("9cb7ae2-gpu", {"9cb7ae2-gpu": 1, "34f4eb1": 2, "34f4eb1-gpu": 2}, Choice("34f4eb1-gpu")),
        ("2026-01-01-aaaaaa1", {"2026-01-01-aaaaaa1": 1, "2026-01-01-bbbbbb2": 2}, Choice("2026-01-01-bbbbbb2")),
        ("1.2-3-gaaaaaaa", {"1.2-3-gaaaaaaa": 2, "1.2-3-gbbbbbbb": 1}, Choice()),
        (
            "aaaaaaaaaaa1",
            {"aaaaaaaaaaa1": None, "34f4eb103e6a": 2},
            Choice(unordered="when its image was created is not known"),
        ),
        (
            "2026-01-01-aaaaaa1",
            {"2026-01-01-aaaaaa1": 1, "2026-02-01-bbbbbb2": None, "2026-02-01-ccccccc3": None},
            Choice(unordered="nothing says which of 2026-02-01-bbbbbb2, 2026-02-01-ccccccc3 is the newest"),
        ),
    ],
)
def test_commits_are_ordered_by_when_their_images_were_created(
    tag: str, days: dict[str, int | None], chosen: Choice
) -> None:
    found = candidates(tag, Formats(days))
    assert found.need_dates
    dates = {each: DAY + timedelta(days=day) for each, day in days.items() if day is not None}
    assert choose(tag, found, dates) == chosen


def test_a_tag_that_hubs_run_proves_a_format_and_is_never_chosen_if_it_does_not_exist() -> None:
    formats = Formats(["2022.6.1", "2022.12.24"], ["2022.6.1", "2022.13.0", "2023.0.0"])
    assert (reading := formats.of("2022.6.1")) is not None
    assert (reading.kind, candidates("2022.6.1", formats).tags) == (Kind.VERSION, ("2022.12.24",))


def test_every_reading_of_a_tag_shows_all_of_it() -> None:
    for tag in SHAPES:
        for reading in readings(tag) if SHAPES[tag][0] not in (Kind.NONE, Kind.WORD) else ():
            prefix, _, suffix = reading.flavour.partition("*")
            assert len(prefix) + len(suffix) < len(tag)
