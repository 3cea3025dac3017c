"""What holds for every text: an edit changes its own place alone, and Helm, the real one, reads what was meant."""

import copy
import math
import string
from typing import Any

import helm_python
from hypothesis import assume, given
from hypothesis import strategies as st

from hubimages.errors import RefusedError
from hubimages.yaml_text import (
    MappingNode,
    ScalarNode,
    SequenceNode,
    UnreadableYamlError,
    add_item,
    add_key,
    as_text,
    compose,
    data,
    remove,
    replace,
    scalars,
)
from tests.yaml_text.documents import TAGS, documents

WORDS = [
    spelled
    for word in ("y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", ".inf", "-.inf", ".nan")
    for spelled in (word, word.title(), word.upper(), f"{word}x")
]
WORDS += [
    "1_000",
    "0o17",
    "017",
    "08",
    "0b11",
    "-0b1",
    "0x1F",
    "+1",
    "1e3",
    "1e400",
    ".5",
    "5.",
    ".9_9",
    ".9__9",
    "1__0",
]
WORDS += [
    "9223372036854775808",
    "18446744073709551616",
    "2024-01-31",
    "12:30",
    "=",
    "<<",
    "0.1.2",
    "1e",
    "_1",
    "-",
    "+",
]
TAG_LIKE = st.one_of(
    st.text(string.digits + "abcdef", min_size=7, max_size=12),
    st.text(string.digits + "._-+eExXoOb:", max_size=10),
    st.text("yYnNoOfFtTruesal~.", max_size=5),
    st.from_regex(r"[0-9]{1,4}([.-][0-9]{1,2}){0,2}([-.]?[0-9a-z]{1,8})?", fullmatch=True),
    st.from_regex(r"\A[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}\Z"),
    st.sampled_from(TAGS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
)


def helm_reads(text: str) -> Any:
    """The values of the first document, by Helm's own parser."""
    try:
        return helm_python.values_from_yaml(text)
    except helm_python.HelmError:
        return None


def put(values: Any, path: tuple[str | int, ...], value: object) -> None:
    """Set what stands at a path."""
    *above, last = path
    for step in above:
        values = values[step]
    values[last] = value


def at(values: Any, path: tuple[str | int, ...]) -> Any:
    """What stands at a path."""
    for step in path:
        values = values[step]
    return values


@given(st.lists(TAG_LIKE, min_size=12, max_size=30))
def test_helm_reads_every_string_as_the_text_that_was_meant(values: list[str]) -> None:
    before = "".join(f"k{number}: x # comment\n" for number in range(len(values)))
    before += "'one': 'x'\n" + 'two: "x"\nflow: [x, {k: x}]\nempty:\nblock: >-\n  x\n'
    found = scalars(before)
    new = dict(zip(found, [*values, *values[:6]], strict=True))
    read = helm_reads(replace(before, new))
    assert [at(read, scalar.path) for scalar in found] == list(new.values())


@given(documents(), TAG_LIKE, st.integers(0, 1000))
def test_a_replaced_scalar_is_the_only_thing_that_changes(text: str, value: str, which: int) -> None:
    before = helm_reads(text)
    found = scalars(text) if before is not None else []
    assume(found)
    scalar = found[which % len(found)]
    after = replace(text, {scalar: value})
    assert after[: scalar.start] == text[: scalar.start]
    assert after[len(after) - (len(text) - scalar.end) :] == text[scalar.end :]
    expected, tree = copy.deepcopy(before), compose(text)
    for place in (scalar.path, *scalar.also):
        node = tree.find(place, scalar.document)
        if scalar.document == 0 and node is not None and node.start == scalar.start:
            put(expected, place, value)
    assert helm_reads(after) == expected
    again = scalars(after)
    changed = [now for now, old in zip(again, found, strict=True) if now.value != old.value]
    assert [now.path for now in changed] == ([scalar.path] if scalar.value != value else [])


@given(documents())
def test_the_data_are_what_helm_reads(text: str) -> None:
    read = helm_reads(text)
    assume(read is not None)
    assert compose(text).data() == read


@given(st.lists(TAG_LIKE, min_size=12, max_size=30))
def test_a_plain_value_means_what_it_means_to_helm(values: list[str]) -> None:
    for value in [*values, *WORDS]:
        text = f"k: {value}\n"
        try:
            node = compose(text).find(("k",))
        except UnreadableYamlError:
            continue
        if isinstance(node, ScalarNode) and node.style == "plain" and node.value == value and node.tag is None:
            ours, theirs = data(node), helm_reads(text)
            endless = isinstance(ours, float) and not math.isfinite(ours)  # JSON has none: Helm refuses the file
            assert theirs is None if endless else as_json(theirs["k"]) == as_json(ours)


def as_json(value: Any) -> tuple[str, object]:
    """What JSON can tell apart: kind and value; Helm's numbers have 64 bits."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number", f"{value:.15g}"
    return type(value).__name__, value


@given(documents(plain=True), TAG_LIKE, st.integers(0, 1000), st.booleans())
def test_an_added_node_is_the_only_thing_that_changes(text: str, new: str, which: int, nested: bool) -> None:
    value: Any = {"name": new, "list": [new, {"on": True}], "none": None} if nested else new
    before, tree = helm_reads(text), compose(text)
    assume(before is not None)
    paths = list(containers(tree.documents[0], ()))
    path, node = paths[which % len(paths)]
    expected = copy.deepcopy(before)
    try:
        if isinstance(node, MappingNode):
            after = add_key(text, path, "new", value)
            put(expected, (*path, "new"), value)
        else:
            after = add_item(text, path, value)
            at(expected, path).append(value)
    except RefusedError:  # a block scalar at the end of a file that has no last line end would get one
        assert scalars(text)[-1].style in ("literal", "folded") and not text.endswith(("\n", "\r"))
        return
    assert helm_reads(after) == expected
    if (isinstance(node, MappingNode) and node.pairs) or (isinstance(node, SequenceNode) and node.items):
        same = next((n for n, (a, b) in enumerate(zip(text, after, strict=False)) if a != b), len(text))
        assert after.endswith(text[same:])  # nothing but an insertion


@given(documents(plain=True), st.integers(0, 1000))
def test_a_removed_node_is_the_only_thing_that_changes(text: str, which: int) -> None:
    before, tree = helm_reads(text), compose(text)
    assume(before is not None)
    paths = [path for path, node in everything(tree.documents[0], ()) if path]
    path = paths[which % len(paths)]
    expected = copy.deepcopy(before)
    del at(expected, path[:-1])[path[-1]]
    assert helm_reads(remove(text, path)) == expected


def everything(node: Any, path: tuple[str | int, ...]) -> Any:
    """Every node with its path."""
    yield path, node
    if isinstance(node, MappingNode):
        for key, value in node.pairs:
            yield from everything(value, (*path, key.value))  # type: ignore[union-attr]
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(node.items):
            yield from everything(item, (*path, number))


def containers(node: Any, path: tuple[str | int, ...]) -> Any:
    """Every mapping and sequence with its path."""
    return ((place, below) for place, below in everything(node, path) if isinstance(below, MappingNode | SequenceNode))


@given(TAG_LIKE, st.sampled_from(["plain", "single", "double"]))
def test_a_key_is_read_as_the_text_that_was_meant(value: str, style: str) -> None:
    text = as_text(value, style=style, key=True) + ": 1\n"
    assert helm_reads(text) == {value: 1}
    assert helm_reads(replace("old: 1\n", {scalars("old: 1\n", keys=True)[0]: value})) == {value: 1}
