"""Every regular expression takes time in proportion to its text, or its text cannot be long.

Texts are made from each expression (`expressions/attacks.py`). They have SIZE characters. What takes longer than MOST
on one, and much longer on one of twice its size, is not linear.
"""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.expressions.attacks import attacks, seconds
from tests.fuzz.expressions.found import Expression, every, sources
from tests.fuzz.expressions.known import MADE, SHORT
from tests.fuzz.limits import TooLongError, limited

SIZE = 10_000
MOST = 0.02  # seconds of the processor; linear ones take far less than a thousandth
GROWTH = 2.9  # times as long for twice the text: 2 is linear, 4 is quadratic
SHORT_MOST = 0.3  # seconds for a text that cannot be longer

# What was in the code once: quadratic, cubic, exponential.
SLOW = (
    ("finditer", r"[ \t]+(?=\r?\n|\Z)"),
    ("search", r"\d+(?:\.\d+)+\S*"),
    ("match", r"^\s*(?P<name>[A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?P<rest>[^;#]*?)\s*(?:[;#].*)?$"),
    ("fullmatch", r"\d+\.\d+(?:-(?:alpha|beta)(?:\.?\d+)*)?"),
    ("finditer", r"<([^>]*)>"),
    ("search", r"^\s*chart\s*="),
    ("finditer", r"\{\{.*?\}\}"),
)
FAST = (
    ("finditer", r"(?<![ \t])[ \t]++(?=\r?\n|\Z)"),
    ("search", r"(?<!\d)\d++(?:\.\d++)++\S*"),
    ("fullmatch", r"[a-z0-9]+(?:[._-][a-z0-9]+)*"),
    ("finditer", r"\{\{.{0,100}?\}\}"),
    ("match", r"\s*+(#|$)"),
)


FEW = ("hubimages/markdown.py",)  # in every run; it has few and imports little


def folder_of(file: str) -> str:
    """Return the first two parts of a path."""
    return "/".join(file.split("/")[:2])


def time_of(pattern: re.Pattern[Any], way: str, text: str, most: float) -> float:
    """Return the least time of three tries, infinity for what takes more than a second and ten times as long as it may."""
    least = float("inf")
    for _ in range(3):
        try:
            with limited(max(1.0, 10 * most)):
                least = min(least, seconds(pattern, way, text))
        except TooLongError:
            return least
        if least <= most:
            break
    return least


def slow_on(pattern: re.Pattern[Any], way: str, size: int = SIZE) -> str | None:
    """Return the beginning of a text on which the expression takes more than linear time; None if there is none."""
    longer: list[str] = []
    for number, text in enumerate(attacks(pattern, size)):
        once = time_of(pattern, way, text, MOST)
        if once <= MOST:
            continue
        longer = longer or list(attacks(pattern, 2 * size))
        if once == float("inf") or time_of(pattern, way, longer[number], 0) > GROWTH * once:
            return text[:40]
    return None


def too_slow(expression: Expression) -> list[str]:
    """Return what is wrong with an expression of the code."""
    limit, _ = SHORT.get(expression.place, (0, ""))
    problems = []
    for way in sorted(expression.ways):
        if limit:
            took = max(
                (time_of(expression.pattern, way, text, SHORT_MOST) for text in attacks(expression.pattern, limit)),
                default=0,
            )
            found = f"{took:.2f} s for {limit} characters" if took > SHORT_MOST else None
        else:
            found = slow_on(expression.pattern, way)
        if found is not None:
            problems.append(f"{expression.place} {way} {found!r}: {expression.pattern.pattern!r}")
    return problems


@pytest.mark.parametrize(("way", "pattern"), [SLOW[5], *(pytest.param(*each, marks=pytest.mark.deep) for each in SLOW)])
def test_an_expression_that_is_not_linear_is_found(way: str, pattern: str) -> None:
    assert slow_on(re.compile(pattern, re.MULTILINE), way) is not None


@pytest.mark.parametrize(("way", "pattern"), [FAST[1], *(pytest.param(*each, marks=pytest.mark.deep) for each in FAST)])
def test_a_linear_expression_is_not_named(way: str, pattern: str) -> None:
    assert slow_on(re.compile(pattern, re.MULTILINE), way) is None


@pytest.mark.deep
@pytest.mark.parametrize("folder", sorted({folder_of(file) for file in sources()}))
def test_no_expression_of_the_code_takes_long(folder: str) -> None:
    found = [each for each in every()[0] if folder_of(each.file) == folder]
    assert [problem for each in found for problem in too_slow(each)] == []


@pytest.mark.parametrize("file", FEW)
def test_expressions_of_one_file_take_no_long_time(file: str) -> None:
    found, _ = every((file,))
    assert found
    assert [problem for each in found for problem in too_slow(each)] == []


@pytest.mark.deep
def test_every_call_of_re_is_known() -> None:
    expressions, unknown = every()
    page = (Path(__file__).parents[2] / "docs/hostile-input.md").read_text("utf-8")
    assert f"about {round(len(expressions), -2)}, taken from the source" in page
    assert sorted({f"{each.file}:{each.name}" for each in unknown}) == sorted(MADE)
    assert SHORT.keys() <= {each.place for each in expressions}
