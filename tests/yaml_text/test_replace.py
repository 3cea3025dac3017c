"""What is written in the place of a scalar, and what is refused."""

from pathlib import Path

import helm_python
import pytest

from hubimages.errors import BadInputError, RefusedError
from hubimages.yaml_text import Scalar, as_text, replace, scalars


def first(text: str) -> Scalar:
    return scalars(text)[0]


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        ("tag: abc # c\n", "def", "tag: def # c\n"),
        ("tag: abc # c\n", "1.10", 'tag: "1.10" # c\n'),
        ("tag: abc\n", "5115e56", 'tag: "5115e56"\n'),
        ("tag: abc\n", "178819e05792", 'tag: "178819e05792"\n'),
        ("tag: abc\n", "04c37e4fd0cd", "tag: 04c37e4fd0cd\n"),
        ("tag: abc\n", "2026.01.31", "tag: 2026.01.31\n"),
        ("tag: abc\n", "2026-01-31", 'tag: "2026-01-31"\n'),
        ("tag: abc\n", "12:30:45", 'tag: "12:30:45"\n'),
        ("tag: abc\n", ".inf", 'tag: ".inf"\n'),
        ("tag: abc\n", "y", 'tag: "y"\n'),
        ("tag: abc\n", "", 'tag: ""\n'),
        ("tag: 1.10\n", "1.11", 'tag: "1.11"\n'),
        ("tag: 'abc'\n", "it's", "tag: 'it''s'\n"),
        ("tag: 'abc'\n", "a\tb\x1b", 'tag: "a\\tb\\x1b"\n'),
        ('tag: "abc"\n', 'a"\\\u2028', 'tag: "a\\"\\\\\\u2028"\n'),
        ("tag: a: b\n".replace("a: b", "'a: b'"), "d", "tag: 'd'\n"),
        ("tag: &x !!str abc\nb: *x\n", "def", "tag: &x !!str def\nb: *x\n"),
        ("tag: !!str 1.10\n", "1.11", 'tag: !!str "1.11"\n'),
        ("tag:\n  # c\n  abc\n", "def", "tag:\n  # c\n  def\n"),
        ("tag:\nb: 1\n", "def", "tag: def\nb: 1\n"),
        ("tag:   # c\n", "def", "tag: def   # c\n"),
        ("tag: &x\nb: *x\n", "def", "tag: &x def\nb: *x\n"),
        ("-\n- b\n", "def", "- def\n- b\n"),
        ("{tag: abc, b: c}\n", "d, e", '{tag: "d, e", b: c}\n'),
        ("[a, b]\n", "x]", '["x]", b]\n'),
        ("{image: a/b:1, c: d}\n", "a/b:2", "{image: a/b:2, c: d}\n"),
        ("[h:5000/a/b:1, c]\n", "h:5000/a/b:1.10", "[h:5000/a/b:1.10, c]\n"),
        ("{image: a/b, c: d}\n", "a/b:2", '{image: "a/b:2", c: d}\n'),
        ("{image: a/b:1, c: d}\n", "a: b", '{image: "a: b", c: d}\n'),
        ("tag: a\n  b\n  c\nd: 1\n", "def", "tag: def\nd: 1\n"),
        ("tag: >-\n  abc\nb: 1\n", "def", "tag: >-\n  def\nb: 1\n"),
        ("tag: |  # c\r\n  abc\r\nb: 1\r\n", "1.10", "tag: |-  # c\r\n  1.10\r\nb: 1\r\n"),
        ("tag: |2-\n    abc\n\nb: 1\n", "def", "tag: |2-\n  def\n\nb: 1\n"),
        ("tag: |\n  a\n  b\nc: 1\n", "def", "tag: def\nc: 1\n"),
        ("tag: |+\n  a\n\n\nc: 1\n", "def", "tag: |-\n  def\n\n\nc: 1\n"),
        ("tag: |\n\n  a\nc: 1\n", "x", "tag: x\nc: 1\n"),
        ("tag: |\nb: 1\n", "x", "tag: x\nb: 1\n"),
        ("tag: >-\n  abc\nb: 1\n", " d", 'tag: " d"\nb: 1\n'),
        ("tag: >-\n  abc\nb: 1\n", "d ", 'tag: "d "\nb: 1\n'),
        ("tag: >-\n  abc\nb: 1\n", "", 'tag: ""\nb: 1\n'),
        ("tag: >-\n  abc\nb: 1\n", "d\x07", 'tag: "d\\x07"\nb: 1\n'),
        ("[h:5000/a/b:1, c]\n", "a,b:2", '["a,b:2", c]\n'),
        ("[h:5000/a/b:1, c]\n", "a::2", '["a::2", c]\n'),
        ("tag: |\n  a\nc: 1\n", "d\ne\n", 'tag: "d\\ne\\n"\nc: 1\n'),
        ("\ufeff# 😀\r\ntag: abc", "def", "\ufeff# 😀\r\ntag: def"),
        ("a: 1\rtag: abc\r", "2", 'a: "2"\rtag: abc\r'),
    ],
)
def test_exactly_the_scalar_is_written_and_quoted_as_needed(before: str, new: str, after: str) -> None:
    assert replace(before, {first(before): new}) == after


def test_several_scalars_are_replaced_at_once() -> None:
    text = "a: 1 # x\nb: [c, 'd']\nc: 2\n"
    found = scalars(text)
    assert replace(text, {found[3]: "z", found[0]: "x", found[2]: "y"}) == "a: x # x\nb: [c, 'y']\nc: z\n"


@pytest.mark.parametrize("same", [0, 1, 2])
def test_a_value_that_stays_keeps_no_other_from_changing(same: int) -> None:
    text = "a: x\nb: x\nc: x\n"
    found = scalars(text)
    new = {scalar: "x" if number == same else "new" for number, scalar in enumerate(found)}
    lines = [f"{key}: {'x' if number == same else 'new'}\n" for number, key in enumerate("abc")]
    assert replace(text, new) == "".join(lines)


def test_a_key_can_be_replaced() -> None:
    text = "a: &x\n  b: 1\n"
    keys = [scalar for scalar in scalars(text, keys=True) if scalar.is_key]
    assert replace(text, {keys[0]: "on", keys[1]: "c: d"}) == '"on": &x\n  "c: d": 1\n'
    assert replace(text, {keys[0]: "c:d", keys[1]: "c"}) == '"c:d": &x\n  c: 1\n'


@pytest.mark.parametrize("tag", ["int", "float", "bool", "null", "binary", "timestamp"])
def test_a_value_that_is_tagged_as_no_text_is_refused(tag: str) -> None:
    text = f"b: 1\na: !!{tag} 1\n"
    with pytest.raises(RefusedError, match=f"line 2: the value is tagged !!{tag}, so it would be no text"):
        replace(text, {scalars(text)[1]: "x"})


def test_a_scalar_of_another_text_is_refused() -> None:
    scalar = first("a: 1\n")
    for other in ("\n\na: 1\n", "b: {a: 1}\n", "# a: 1\n", "# 1\n", ""):
        for value in ("x", "1"):
            with pytest.raises(RefusedError):
                replace(other, {scalar: value})


def test_what_is_there_already_stays_as_it_is_written() -> None:
    text = "a: \"\\x41\"\nb: 'c'\nd: e\n  f\ng: >-\n  h\n  i\n"
    assert replace(text, {scalar: scalar.value for scalar in scalars(text)}) == text


def test_half_a_character_is_refused() -> None:
    with pytest.raises(BadInputError, match="half a character"):
        as_text("\ud800")


def test_helm_templates_get_the_text_that_was_meant(tmp_path: Path) -> None:
    """Not its parser alone: a chart is rendered, and tells the kind of each value."""
    values = ["1.10", "5115e56", "178819e05792", "on", "y", "null", "~", "0o17", "1_000", ".inf", "2026-01-31", "12:30"]
    values += ["", "a\nb", "\\", '"', "'", "😀", "\u2028", "x: y", "x #y", "0123456", "=", "<<", "0x1F", "-1", "true"]
    text = "".join(f"k{number}: x\n" for number in range(len(values)))
    text = replace(text, dict(zip(scalars(text), values, strict=True)))
    chart = tmp_path / "chart"
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 0.1.0\n")
    (chart / "values.yaml").write_text(text, newline="")
    (chart / "templates" / "kinds.txt").write_text(
        '{{ range $key, $value := .Values }}{{ $key }}={{ kindOf $value }}={{ $value | toJson }}{{ "\\n" }}{{ end }}'
    )
    with helm_python.Chart.load(str(chart)) as loaded:
        rendered = loaded.render({}, name="x", namespace="y")
    lines = next(iter(rendered.values())).splitlines()
    assert {line.split("=")[1] for line in lines} == {"string"}
    assert len(lines) == len(values)
