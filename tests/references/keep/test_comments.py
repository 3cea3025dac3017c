"""A comment says at which pace a place or a hub moves; a misspelt one is found and asks for nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest

from hubimages.references.keep.comment import comments
from hubimages.references.keep.rule import Rule, rule_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("keep", Rule("keep", "keep")),
        ("keep: broken widgets in the next one", Rule("", "keep", reason="broken widgets in the next one")),
        ("keep until 2026-12-20", Rule("", "keep", date(2026, 12, 20))),
        ("keep until 2026-12-20: end of term", Rule("", "keep", date(2026, 12, 20), reason="end of term")),
        ("follow staging", Rule("", "follow", hub="staging")),
        ("follow leap/staging after 7d", Rule("", "follow", hub="leap/staging", after=timedelta(days=7))),
        ("follow staging after 12 hours: slow", Rule("", "follow", None, "staging", timedelta(hours=12), "slow")),
    ],
)
def test_a_rule(text: str, rule: Rule) -> None:
    found = rule_of(text)
    assert (found.kind, found.until, found.hub, found.after, found.reason, found.problem) == (
        rule.kind, rule.until, rule.hub, rule.after, rule.reason, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("kepe", "none of"),
        ("keep until", "none of"),
        ("keep until tomorrow", "`tomorrow` is no date"),
        ("keep until 2026-02-30", "`2026-02-30` is no date"),
        ("keep till 2026-12-20", "none of"),
        ("follow", "none of"),
        ("follow staging after 7 fortnights", "no length of time"),
        ("", "none of"),
    ],
)
def test_a_rule_that_cannot_be_read_says_why_and_holds_nothing(text: str, problem: str) -> None:
    found = rule_of(text)
    assert problem in found.problem
    assert not found.holds(NOW)


@pytest.mark.parametrize(("until", "holds"), [("2026-11-25", False), ("2026-11-26", True), ("2026-11-27", True)])
def test_the_last_day_counts(until: str, holds: bool) -> None:
    assert rule_of(f"keep until {until}").holds(NOW) is holds


TEXT = """\
# hubimages: keep: the whole file

singleuser:
  image:  # hubimages: keep: the block of image
    name: quay.io/a/b
    tag: v1
  # hubimages: keep: the next key
  # written by somebody

  extra: quay.io/a/c:v1
profileList:
- display_name: One  # hubimages: keep: an entry
  image: quay.io/a/d:v1

- display_name: Two
  # HUBIMAGES : keep: in capitals
  image: quay.io/a/e:v1
hubs:
# hubimages: follow staging after 7d
- name: prod
  file: prod.yaml
# hubimages: keep: a key, with a list without indent
more:
- one
- two
rest: 1
"""


def test_a_comment_is_about_its_line_and_what_is_indented_below_it() -> None:
    assert [(each.line, each.first, each.last, each.name) for each in comments("f", TEXT)] == [
        (1, 1, 27, ""),
        (4, 4, 6, "image"),
        (7, 10, 10, ""),
        (12, 12, 13, ""),
        (16, 17, 17, ""),
        (19, 20, 21, "prod"),
        (22, 23, 25, "more"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "# hubimages writes this file",
        "# see https://github.com/org/hubimages: the tool",
        "run: hubimages bump-images # twice",
        "tag: v1 # keep",
        "# hubimages bump-images keeps this",
    ],
)
def test_prose_with_the_name_is_no_rule(line: str) -> None:
    assert list(comments("f", f"a: 1\n{line}\n")) == []


@pytest.mark.parametrize(
    "line", ["# hubimages keep", "# hubimage: keep", "# hub-images: keepp", "# hubimages: hold", "# hubimages folow x"]
)
def test_a_misspelt_comment_is_one(line: str) -> None:
    (found,) = comments("f", f"{line}\na: 1\n")
    assert (found.line, found.first) == (1, 2)


def test_windows_line_ends_and_the_end_of_the_file() -> None:
    (last,) = comments("f", "a:\r\n  tag: v1  # hubimages: keep\r\n")
    assert (last.first, last.last, last.rule.kind) == (2, 2, "keep")
    (alone,) = comments("f", "a: 1\n# hubimages: keep")
    assert (alone.first, alone.last) == (2, 2)
