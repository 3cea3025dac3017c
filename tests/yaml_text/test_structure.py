"""Keys and items that are added or removed: the layout around them stays."""

from typing import Any

import pytest

from hubimages.errors import BadInputError, RefusedError
from hubimages.yaml_text import add_item, add_key, remove

Y = {"y": 1, "z": ["on"]}


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ("a:\n  b: 1 # c\n\n# d\nc: 2\n", ("a",), "1.10", 'a:\n  b: 1 # c\n  new: "1.10"\n\n# d\nc: 2\n'),
        ("a: 1", (), Y, 'a: 1\nnew:\n  "y": 1\n  z:\n    - "on"'),
        ("a:\n- b: 1\n", ("a", 0), Y, 'a:\n- b: 1\n  new:\n    "y": 1\n    z:\n    - "on"\n'),
        ("a:\r\n    b: 1\r\nc:\r\n", ("c",), {"d": {}}, "a:\r\n    b: 1\r\nc:\r\n    new:\r\n        d: {}\r\n"),
        ("a: {}  # hm\nb: 1\n", ("a",), 1, "a:  # hm\n  new: 1\nb: 1\n"),
        ("a: &x {}\nb: 1\n", ("a",), 1, "a: &x\n  new: 1\nb: 1\n"),
        ("- {} # c\n- b\n", (0,), "x\ny\n", "- new: | # c\n    x\n    y\n- b\n"),
        ("- &x {}\n", (0,), 1, "- &x\n  new: 1\n"),
        ("", (), 1, "new: 1\n"),
        ("# c\n---\n", (), 1, "# c\n---\nnew: 1\n"),
        ("\ufeff# c", (), 1, "\ufeff# c\nnew: 1"),
        ("{}\n", (), 1, "new: 1\n"),
        ('{"a": 1}\n', (), Y, '{"a": 1, "new": {"y": 1, "z": ["on"]}}\n'),
        ("{\n  a: 1, # x\n  b: 2, # y\n}\n", (), "on", '{\n  a: 1, # x\n  b: 2,\n  new: "on", # y\n}\n'),
        ("a: |+\n  x\n\n\n", (), 1, "a: |+\n  x\n\n\nnew: 1\n"),
        ("a: |+\n  x\n\n\nb: 1\n", (), 1, "a: |+\n  x\n\n\nb: 1\nnew: 1\n"),
        ("a: 1\n...\n---\nb: 1\n", (), None, "a: 1\nnew: null\n...\n---\nb: 1\n"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", ("c",), 1, "a: &x {b: 1}\nc:\n  <<: *x\n  new: 1\n"),
        ("a: 1\n", (), "x" * 200 + " y", f"a: 1\nnew: {'x' * 200} y\n"),
    ],
)
def test_a_key_is_added_in_the_layout_of_the_file(before: str, path: Any, value: Any, after: str) -> None:
    assert add_key(before, path, "new", value) == after


def test_a_key_is_added_after_another() -> None:
    text = "a: 1\nb: # c\n  - 2\n\nc: 3\n"
    assert add_key(text, (), "on", 1, after="b") == 'a: 1\nb: # c\n  - 2\n"on": 1\n\nc: 3\n'
    with pytest.raises(BadInputError, match="the file has no x"):
        add_key(text, (), "on", 1, after="x")


def test_a_tree_of_ruamel_keeps_its_comments() -> None:
    from ruamel.yaml import YAML

    value = YAML().load("# why\nb: x # c\n")
    assert add_key("a:\n  z: 1\n", ("a",), "new", value) == "a:\n  z: 1\n  new:\n  # why\n    b: x # c\n"


@pytest.mark.parametrize(
    ("before", "path", "index", "after"),
    [
        ("a:\n- 1 # c\nb: 1\n", ("a",), None, 'a:\n- 1 # c\n- "y": 1\n  z:\n  - "on"\nb: 1\n'),
        ("a:\n  - 1\n  - 2\n", ("a",), 0, 'a:\n  - "y": 1\n    z:\n      - "on"\n  - 1\n  - 2\n'),
        ("- - a\n  - b\n- c\n", (0,), 1, '- - a\n  - "y": 1\n    z:\n      - "on"\n  - b\n- c\n'),
        ("a: [1, 2]\n", ("a",), 1, 'a: [1, {"y": 1, z: ["on"]}, 2]\n'),
        ("a: [1]\n", ("a",), 0, 'a: [{"y": 1, z: ["on"]}, 1]\n'),
        ("a: [] # c\n", ("a",), None, 'a: # c\n  - "y": 1\n    z:\n      - "on"\n'),
        ("a:\n", ("a",), None, 'a:\n  - "y": 1\n    z:\n      - "on"\n'),
    ],
)
def test_an_item_is_added_in_the_layout_of_the_file(before: str, path: Any, index: Any, after: str) -> None:
    assert add_item(before, path, Y, index=index) == after


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        ("a: 1\nb: 2 # c\nc: 3", ("b",), "a: 1\nc: 3"),
        ("a: 1\nb: 2 # c\r\nc: 3", ("c",), "a: 1\nb: 2 # c"),
        ("a:\n  b:\n    - c: 1\n# x\nd: 2\n", ("a", "b"), "a: {}\n# x\nd: 2\n"),
        ("a: &x # c\n- 1\nd: 2\n", ("a", 0), "a: &x [] # c\nd: 2\n"),
        ("- c: 1\n  # x\n  d: 2\n- 2\n", (0, "c"), "- # x\n  d: 2\n- 2\n"),
        ("- c: 1\n  # x\n  d: 2\n- 2\n", (0, "d"), "- c: 1\n  # x\n- 2\n"),
        ("- c: 1\n  # x\n  d: 2\n- 2\n", (0,), "- 2\n"),
        ("- - a\n  - b\n- c\n", (0, 0), "- - b\n- c\n"),
        ("- &x a\n-\n- b\n-   c", (3,), "- &x a\n-\n- b"),
        ("a: {b: 1, c: 2}\n", ("a", "b"), "a: {c: 2}\n"),
        ("a: {b: 1, c: 2}\n", ("a", "c"), "a: {b: 1}\n"),
        ("a: {b: 1}\n", ("a", "b"), "a: {}\n"),
        ("a: |+\n  x\n\n\nb: 1\n", ("a",), "b: 1\n"),
        ("a: |+\n  x\nb: 1\n\nc: 1\n", ("b",), "a: |+\n  x\nc: 1\n"),
        ("? a\n: 1\n? b\n: 2\n", ("a",), "? b\n: 2\n"),
        ("a: 1\na: 2\n", ("a",), "a: 1\n"),
    ],
)
def test_what_is_removed_goes_with_its_lines(before: str, path: Any, after: str) -> None:
    assert remove(before, path) == after


def test_what_cannot_be_changed_cleanly_is_refused() -> None:
    shared = "a: &x {b: 1}\nc: *x\nd:\n  <<: *x\ne: 1\n"
    with pytest.raises(RefusedError, match=r"line 2: c is the alias \*x\. Edit line 1"):
        add_key(shared, ("c",), "new", 1)
    with pytest.raises(RefusedError, match=r"line 2: c is the alias \*x\. Edit line 1"):
        remove(shared, ("c", "b"))
    with pytest.raises(RefusedError, match=r"line 4: d.b is not written there; it may come from a merge key"):
        remove(shared, ("d", "b"))
    with pytest.raises(RefusedError, match=r"would make the file unreadable \(line 1: unknown anchor 'x'\)"):
        remove(shared, ("a",))
    with pytest.raises(RefusedError, match=r"line 1: a.b exists already"):
        add_key(shared, ("a",), "b", 1)
    with pytest.raises(BadInputError, match="line 5: e is not a mapping"):
        add_key(shared, ("e",), "b", 1)
    with pytest.raises(BadInputError, match="line 1: a is not a sequence"):
        add_item(shared, ("a",), 1)
    with pytest.raises(BadInputError, match="there is no z in the file"):
        remove(shared, ("z",))
    with pytest.raises(BadInputError, match="there is no document 1 in the file"):
        remove(shared, ("a",), document=1)
    with pytest.raises(BadInputError, match="has 1 items, so there is no position 2"):
        add_item("- 1\n", (), 1, index=2)
