"""An edit that changes anything else than it should is refused, whatever has made it."""

from typing import Any

import pytest
from ruamel.yaml import YAML

from hubimages.errors import RefusedError
from hubimages.yaml_text import scalars
from hubimages.yaml_text.checked import check_inserted, check_removed
from hubimages.yaml_text.replacing import check_replaced

TEXT = "a: &x one # c\nb: {c: 'two', d: [three, *x]}\n--- !!map\ne: !!str four\nf: >-\n  five\n"


def start(text: str, value: str) -> int:
    (found,) = (each.start for each in scalars(text) if each.value == value)
    return found


@pytest.mark.parametrize(("value", "old", "new"), [
    ("one", "one", "uno"), ("two", "'two'", '"due"'), ("three", "three", "'tre'"), ("four", "four", '"4"'),
    ("five", ">-\n  five", "|-\n  5"), ("one", "one # c", "uno # other"),
])  # fmt: skip
def test_the_scalar_that_was_meant_may_change_with_its_quotes_and_comment(value: str, old: str, new: str) -> None:
    assert TEXT.count(old) == 1
    changed = TEXT.replace(old, new)
    meant = {scalar.value for scalar in scalars(changed)} - {scalar.value for scalar in scalars(TEXT)}
    wanted = {start(TEXT, value): meant.pop()}
    check_replaced(TEXT, changed, wanted)
    assert wanted == {}


NOT_MEANT = {
    "another value": ("three", "tre", r"line 2: the edit would not read as it is meant"),
    "another value that differs in its quotes": ("'two'", "two", r"line 2: the edit would not read as it is meant"),
    "another key": ("c: 'two'", "cc: 'two'", r"line 2: the edit would not read as it is meant"),
    "an anchor more": ("three", "&y three", r"line 2: the edit would not read as it is meant"),
    "another anchor": ("&x one", "&y uno", r"line 1: the edit would not read as it is meant"),
    "no anchor": ("&x one", "uno", r"line 1: the edit would not read as it is meant"),
    "a tag more": ("one", "!!binary uno", r"line 1: the edit would not read as it is meant"),
    "a tag that YAML has not": ("one", "!uno uno", r"line 1: the edit would not read as it is meant"),
    "no tag": ("!!str four", "four", r"line 4: the edit would not read as it is meant"),
    "a tag of a mapping more": ("{c", "!!map {c", r"line 2: the edit would change the structure of the file"),
    "an anchor of a mapping more": ("{c", "&y {c", r"line 2: the edit would change the structure of the file"),
    "an anchor of a list more": ("[three", "&y [three", r"line 2: the edit would change the structure of the file"),
    "no tag of a document": ("--- !!map", "---", r"line 3: the edit would change the structure of the file"),
    "a list for a scalar": ("'two'", "[two]", r"line 2: the edit would change the structure of the file"),
    "an item less": ("[three, ", "[", r"line 2: the edit would change the structure of the file"),
    "an item more": ("[three", "[more, three", r"line 2: the edit would not read as it is meant"),
    "a key more": ("f: >-", "g: 1\nf: >-", r"line 5: the edit would not read as it is meant"),
    "a document less": ("--- !!map\n", "", r"line 3: the edit would change the structure of the file"),
    "a document more": ("\nf: >-", "\n---\nf: >-", r"line 5: the edit would change the structure of the file"),
    "no YAML": ("f: >-", "]: >-", r"^the edit would make the file unreadable \(line 5: .*\); edit it by hand$"),
    "a number": ("one", "1.10", r"line 1: the edit would not read as it is meant"),
}


@pytest.mark.parametrize("change", NOT_MEANT)
def test_what_was_not_meant_is_refused(change: str) -> None:
    old, new, says = NOT_MEANT[change]
    assert TEXT.count(old) == 1
    text = TEXT.replace("*x", "y") if "anchor" in change else TEXT
    wanted = {start(text, "one"): "uno"} if "one" in old and "three" not in old else {}
    if change == "a number":
        wanted = {start(text, "one"): "1.10"}
    with pytest.raises(RefusedError, match=says):
        check_replaced(text, text.replace(old, new), wanted)


def test_another_alias_is_refused() -> None:
    text = "a: &x 1\nb: &y 2\nc: *x\n"
    with pytest.raises(RefusedError, match=r"line 3: the edit would change the structure of the file"):
        check_replaced(text, text.replace("*x", "*y"), {})


@pytest.mark.parametrize("value", ["tre", "due"])
def test_a_scalar_that_gets_another_value_than_was_meant_is_refused(value: str) -> None:
    with pytest.raises(RefusedError, match=r"line 2: the edit would not read as it is meant"):
        check_replaced(TEXT, TEXT.replace("three", value), {start(TEXT, "three"): "uno"})


def test_a_scalar_that_was_to_change_and_did_not_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"^a scalar is not where it was: the text has changed since it was read$"):
        check_replaced(TEXT, TEXT, {start(TEXT, "three"): "tre"})


BEFORE = "a: {b: 1, c: [x, 'y']}\nd: &z\n- e\n- f: g\n"


@pytest.mark.parametrize(("after", "place"), [
    ("a: {b: 1, c: [x, 'y'], n: 2}\nd: &z\n- e\n- f: g\n", (("a",), 2, "n", 2)),
    ("a: {n: {m: [2]}, b: 1, c: [x, 'y']}\nd: &z\n- e\n- f: g\n", (("a",), 0, "n", {"m": [2]})),
    ("n: 2\na: {b: 1, c: [x, 'y']}\nd: &z\n- e\n- f: g\n", ((), 0, "n", 2)),
    ("a: {b: 1, c: [x, 'y']}\nd: &z\n- e\n- new\n- f: g\n", (("d",), 1, None, "new")),
    ("a: {b: 1, c: [x, 'y', new]}\nd: &z\n- e\n- f: g\n", (("a", "c"), 2, None, "new")),
    ("a: {b: 1, c: [x, 'y']}\nd: &z\n- e\n- f: g\n  true: 2\n", (("d", 1), 1, "true", 2)),
])  # fmt: skip
def test_what_was_to_be_added_is_taken_and_anything_else_refused(after: str, place: tuple[Any, int, Any, Any]) -> None:
    path, index, key, value = place
    check_inserted(BEFORE, after, path, 0, index, key, value)
    for wrong in (3, "2", [value], None):
        with pytest.raises(
            RefusedError, match=r"^Helm would read the added value differently\. Edit the file by hand$"
        ):
            check_inserted(BEFORE, after, path, 0, index, key, wrong)
    for elsewhere in ((path, index + 1, key), (path, index, "other"), (("d", 1), 0, key), (path, 99, key)):
        with pytest.raises(RefusedError):
            check_inserted(BEFORE, after, *elsewhere[:1], 0, *elsewhere[1:], value)
    for old, new in (("x", "z"), ("'y'", "y"), ("&z", "&zz"), ("- e", "- !!str e"), ("f: g", "f: [g]"), ("b: 1, ", "")):
        with pytest.raises(RefusedError):
            check_inserted(BEFORE, after.replace(old, new, 1), path, 0, index, key, value)
    with pytest.raises(RefusedError, match=r"would make the file unreadable \(line .*\)\. Edit it by hand$"):
        check_inserted(BEFORE, after.replace("[x", "[[x"), path, 0, index, key, value)


def test_a_first_key_may_be_added_to_a_text_without_any() -> None:
    check_inserted("# nothing yet\n", "# nothing yet\na: 1\n", (), 0, 0, "a", 1)
    with pytest.raises(RefusedError):
        check_inserted("# nothing yet\n", "# nothing yet\na: 2\n", (), 0, 0, "a", 1)


@pytest.mark.parametrize(("path", "old", "new"), [
    (("a", "b"), "b: 1, ", ""), (("a", "c", 1), ", 'y'", ""), (("d", 0), "- e\n", ""), (("d", 1, "f"), "f: g", "{}"),
    (("a",), "a: {b: 1, c: [x, 'y']}\n", ""),
])  # fmt: skip
def test_what_was_to_be_removed_is_gone_and_nothing_else(path: Any, old: str, new: str) -> None:
    assert BEFORE.count(old) == 1
    after = BEFORE.replace(old, new)
    check_removed(BEFORE, after, path, 0)
    wrong = [BEFORE, after + "more: 1\n", after.replace("&z", ""), after.replace("g", "h"), after.replace("d:", "dd:")]
    for other in (each for each in wrong if each != after):
        with pytest.raises(RefusedError, match=r"^the edit would change something else in the file\. Edit it by hand$"):
            check_removed(BEFORE, other, path, 0)


def test_the_document_that_was_meant_is_checked() -> None:
    before = "a: 1\nb: 2\n---\na: 1\nb: 2\n"
    check_removed(before, "a: 1\nb: 2\n---\nb: 2\n", ("a",), 1)
    check_inserted(before, before + "c: 3\n", (), 1, 2, "c", 3)
    with pytest.raises(RefusedError):
        check_removed(before, "b: 2\n---\na: 1\nb: 2\n", ("a",), 1)


def test_aliases_stay_what_they_are() -> None:
    before, after = "a: &x 1\nd: &y 1\nb: *x\nc: 2\n", "a: &x 1\nd: &y 1\nb: *x\n"
    check_removed(before, after, ("c",), 0)
    for other in (after.replace("*x", "*y"), after.replace("*x", "1"), after.replace("*x", "{}")):
        with pytest.raises(RefusedError, match=r"^the edit would change something else in the file"):
            check_removed(before, other, ("c",), 0)


@pytest.mark.parametrize(("before", "after"), [
    ("x: &x {}\na: {b: 1}\n", "x: &x {}\na: *x\n"),
    ("a: {b: 1}\n", "a: []\n"), ("a: {b: 1}\n", "a: null\n"), ("a: {b: 1}\n", "a: {b: 2}\n"), ("a: [1]\n", "a: {}\n"),
    ("a: &x {b: 1}\n", "a: {}\n"), ("a: !!map {b: 1}\n", "a: {}\n"),
])  # fmt: skip
def test_what_is_emptied_stays_what_it_was(before: str, after: str) -> None:
    path = ("a", 0) if "[1]" in before else ("a", "b")
    with pytest.raises(RefusedError, match=r"^the edit would change something else in the file"):
        check_removed(before, after, path, 0)


def test_a_key_without_a_value_is_filled_and_keeps_its_anchor_and_tag() -> None:
    check_inserted("a:\nc: 1\n", "a:\n  b: 1\nc: 1\n", ("a",), 0, 0, "b", 1)
    check_inserted("a: &x\n", "a: &x\n- 1\n", ("a",), 0, 0, None, 1)
    for before, after in (
        ("a: &x\n", "a: {b: 1}\n"),
        ("a: !!map\n", "a: {b: 1}\n"),
        ("a:\nc:\n", "a: {b: 1}\nc: {}\n"),
    ):
        with pytest.raises(RefusedError, match=r"^the edit would change something else in the file"):
            check_inserted(before, after, ("a",), 0, 0, "b", 1)


def test_a_value_is_compared_as_helm_reads_it() -> None:
    value = {"list": [{"a": (1, 2)}], 2: "two", True: "yes", "Key": {"B": None}}
    after = "a: {n: {list: [{a: [1, 2]}], 2: two, true: 'yes', Key: {B: null}}}\n"
    check_inserted("a: {}\n", after, ("a",), 0, 0, "n", value)
    for old, new in (
        ("true:", "'True':"),
        ("Key", "key"),
        ("[1, 2]", "[1, '2']"),
        ("2: two", "3: two"),
    ):
        with pytest.raises(RefusedError):
            check_inserted("a: {}\n", after.replace(old, new), ("a",), 0, 0, "n", value)


def test_values_of_ruamel_are_compared_as_data() -> None:
    value = YAML().load("list: [{a: 1}]\nmap: {b: [2]}\n")
    check_inserted("a: {}\n", "a: {n: {list: [{a: 1}], map: {b: [2]}}}\n", ("a",), 0, 0, "n", value)
