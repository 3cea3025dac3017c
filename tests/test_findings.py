"""Grades of findings: what fails a check, and what JSON and text show of it."""

import json

import pytest

from hubimages.findings import ERROR, WARNING, Finding, as_json, exit_code, fails

BROKEN = Finding("broken", "it does not work", "mend it", "a.yaml", 3)
RISKY = Finding("risky", "it may break", "think of it", "a.yaml", 4, grade=WARNING)
UGLY = Finding("ugly", "it could be shorter", "shorten it", grade=WARNING, style=True)


@pytest.mark.parametrize(
    ("found", "strict", "failed"),
    [
        ([], True, False),
        ([BROKEN], False, True),
        ([RISKY], False, False),
        ([RISKY], True, True),
        ([UGLY], True, False),
        ([UGLY, RISKY], True, True),
    ],
)
def test_errors_fail_a_check_and_warnings_only_a_strict_one_unless_they_are_style(
    found: list[Finding], strict: bool, failed: bool
) -> None:
    assert fails(found, strict=strict) is failed


def test_a_finding_is_an_error_unless_it_says_otherwise_and_text_marks_warnings() -> None:
    assert BROKEN.grade == ERROR
    assert [str(one) for one in (BROKEN, RISKY, UGLY)] == [
        "a.yaml:3: it does not work: mend it",
        "a.yaml:4: warning: it may break: think of it",
        "warning (style): it could be shorter: shorten it",
    ]


def test_json_has_the_grade_of_each_finding_and_marks_style() -> None:
    found = json.loads(as_json([BROKEN, RISKY, UGLY], []))["findings"]
    assert [(one["grade"], one.get("style")) for one in found] == [
        ("error", None),
        ("warning", None),
        ("warning", True),
    ]


def test_no_answer_matters_only_where_nothing_failed() -> None:
    assert [exit_code(True, True), exit_code(False, True), exit_code(False, False)] == [1, 75, 0]
