"""Where scalars are: offsets, lines, paths and what they mean, in every kind of text."""

import base64

import helm_python
import pytest

from hubimages.yaml_text import MappingNode, UnreadableYamlError, compose, scalars


def found(text: str) -> list[tuple[object, ...]]:
    """Path, value, the text of the span, line."""
    return [(s.path, s.value, text[s.start : s.end], s.line) for s in scalars(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tag: abc# no comment\n", [(("tag",), "abc# no comment", "abc# no comment", 1)]),
        ("tag: abc # a comment\n", [(("tag",), "abc", "abc", 1)]),
        ("\ufeffa: b\n", [(("a",), "b", "b", 1)]),
        ("😀: é # 😀\ntag: x\n", [(("😀",), "é", "é", 1), (("tag",), "x", "x", 2)]),
        ("a: 1\r\nb: 2\r\n", [(("a",), "1", "1", 1), (("b",), "2", "2", 2)]),
        ("a: 1\rb: 2", [(("a",), "1", "1", 1), (("b",), "2", "2", 1)]),
        ('a: "x\u2028 y"\nb: 2\n', [(("a",), "x\u2028y", '"x\u2028 y"', 1), (("b",), "2", "2", 2)]),
        ("a: 1 # \u0085b: 2\n", [(("a",), "1", "1", 1), (("b",), "2", "2", 1)]),
        ("a:\n\n  # c\n  b\n", [(("a",), "b", "b", 4)]),
        ("a: &x !!str b\n", [(("a",), "b", "b", 1)]),
        ("a: !!str &x b\n", [(("a",), "b", "b", 1)]),
        ("a: !<tag:yaml.org,2002:str> &x\n  # c\n  b\n", [(("a",), "b", "b", 3)]),
        ("a: !custom 'b'\n", [(("a",), "b", "'b'", 1)]),
        ("a: ! b\n", [(("a",), "b", "b", 1)]),
        ("tag:\nb: 1\n", [(("tag",), "", "", 1), (("b",), "1", "1", 2)]),
        ("tag: # c\n", [(("tag",), "", "", 1)]),
        ("tag: &x\n", [(("tag",), "", "", 1)]),
        ("- \n- a\n", [((0,), "", "", 1), ((1,), "a", "a", 2)]),
        ("a: 'it''s'\n", [(("a",), "it's", "'it''s'", 1)]),
        ('a: "\\"\\x41\\\n  b"\n', [(("a",), '"Ab', '"\\"\\x41\\\n  b"', 1)]),
        ("a: b\n  c\n\n  d # e\n", [(("a",), "b c\nd", "b\n  c\n\n  d", 1)]),
        ("a: |2-\n    x\n\nb: 1\n", [(("a",), "  x", "|2-\n    x", 1), (("b",), "1", "1", 4)]),
        ("a: >+ # c\n  x\n  y\n\n\nb: 1\n", [(("a",), "x y\n\n\n", ">+ # c\n  x\n  y", 1), (("b",), "1", "1", 6)]),
        ("a: |\nb: 1\n", [(("a",), "", "|", 1), (("b",), "1", "1", 2)]),
        ("{a: [b, {c: d}], e: , f}\n", [
            (("a", 0), "b", "b", 1), (("a", 1, "c"), "d", "d", 1), (("e",), "", "", 1), (("f",), "", "", 1),
        ]),
        ("a: {{ x }}\n", [(("a", "?"), "", "", 1)]),
        ("? a\n: b\n? [c]\n: d\n", [(("a",), "b", "b", 2), (("?",), "d", "d", 4)]),
        ("'a b': 1\n\"c\\td\": 2\n", [(("a b",), "1", "1", 1), (("c\td",), "2", "2", 2)]),
        ("on: 3\n", [(("on",), "3", "3", 1)]),
        ("a: 1\na: 2\n", [(("a",), "1", "1", 1), (("a",), "2", "2", 2)]),
        ("# nothing\n", []),
        ("", []),
        ("---\n", [((), "", "", 2)]),
        ("a:\tb\t# c\n", [(("a",), "b", "b", 1)]),
    ],
)  # fmt: skip
def test_every_scalar_is_found_with_its_own_span(text: str, expected: list[tuple[object, ...]]) -> None:
    assert found(text) == expected


def test_scalars_of_every_document_say_which() -> None:
    text = "--- # first\na: 1\n...\n---\na: 2\n--- 3\n"
    assert [(s.document, s.path, s.value, s.line) for s in scalars(text)] == [
        (0, ("a",), "1", 2),
        (1, ("a",), "2", 5),
        (2, (), "3", 6),
    ]


def test_keys_are_found_where_they_are_wanted() -> None:
    text = "a: &x {'b': 1}\n"
    assert [(s.path, s.value, text[s.start : s.end], s.is_key) for s in scalars(text, keys=True)] == [
        (("a",), "a", "a", True),
        (("a", "b"), "b", "'b'", True),
        (("a", "b"), "1", "1", False),
    ]


def test_a_scalar_has_the_places_that_aliases_and_merge_keys_give_it() -> None:
    text = (
        "one: &one\n  image: &i x:1\n  tag: t\n"
        "two: *one\n"
        "three:\n  <<: *one\n  tag: u\n"
        "four:\n  - *i\n  - <<: [{tag: v}, *one]\n"
        "five:\n  tag: w\n  <<: *one\n"  # Helm lets this one override the tag above it
    )
    assert {(s.path, s.value): s.also for s in scalars(text) if s.also} == {
        (("one", "image"), "x:1"): (
            ("two", "image"), ("three", "image"), ("four", 0), ("four", 1, "image"), ("five", "image"),
        ),
        (("one", "tag"), "t"): (("two", "tag"), ("five", "tag")),
        (("four", 1, "<<", 0, "tag"), "v"): (("four", 1, "tag"),),
    }  # fmt: skip


def test_an_anchor_that_is_set_twice_is_two_anchors() -> None:
    text = "a: &x 1\nb: *x\nc: &x 2\nd: *x\n"
    assert [(s.path, s.also) for s in scalars(text)] == [(("a",), (("b",),)), (("c",), (("d",),))]
    assert compose(text).data() == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_merge_key_adds_a_path_without_an_alias() -> None:
    assert [(s.path, s.also) for s in scalars("a: {<<: {b: 1}, c: 2}\n")] == [
        (("a", "<<", "b"), (("a", "b"),)),
        (("a", "c"), ()),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b\n\tc: d\n", "line 2: found a tab character that violates indentation"),
        ("a:\n  - b\n c: d\n", "line 3: did not find expected key"),
        ("{% if x %}\na: b\n{% endif %}\n", "line 1: found character that cannot start any token"),
        ("a: b\nc: {{ x }} y\n", "line 2: did not find expected key"),
        ("a: *x\n", "line 1: unknown anchor 'x'"),
        ("a: &x [*x]\n", "line 1: anchor 'x' contains itself"),
        ('a: "\\q"\n', "line 1: found unknown escape character"),
        ("a: é😀é😀\nb: x\0\nc: 1\n", "line 2: control characters are not allowed"),
        ("a: 1\nb: \ud800\n", "line 2: half a character (a lone surrogate)"),
        ('a: "\n', "line 2: found unexpected end of stream"),
        ("a: b: c\n", "line 1: mapping values are not allowed in this context"),
    ],
)
def test_text_that_is_not_yaml_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(UnreadableYamlError) as caught:
        scalars(text)
    assert (str(caught.value), caught.value.exit_code) == (message, 2)
    assert message == f"line {caught.value.line}: {caught.value.problem}"


def test_aliases_that_stand_for_billions_of_places_are_refused() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(UnreadableYamlError, match="its aliases expand to too many nodes"):
        scalars(text)


@pytest.mark.parametrize("depth", [301, 5_000, 100_000])
def test_what_is_nested_without_end_is_refused_at_once(depth: int) -> None:
    for text in ("[" * depth + "]" * depth, "- " * depth + "a"):
        with pytest.raises(UnreadableYamlError):
            compose(text)
        with pytest.raises(UnreadableYamlError):
            scalars(text, keys=True)


def test_the_tree_says_where_anything_is() -> None:
    tree = compose("a:\n  - b: 1\n    c: &x {d: 2}\ne: *x\nf:\n  <<: *x\n")
    found = tree.find(("a", 0))
    key = tree.find_key(("a", 0, "c"))
    assert isinstance(found, MappingNode)
    assert (found.line, found.start) == (2, 7)
    assert key is not None
    assert (key.line, key.start) == (3, 16)
    assert [node.line for node in (tree.find(("e", "d")), tree.find(("f", "d"))) if node] == [3, 3]
    assert (tree.find(("a", 1)), tree.find(("a", "b")), tree.find(("a", 0, "b", "x")), tree.find((), 1)) == (None,) * 4
    assert tree.data() == {"a": [{"b": 1, "c": {"d": 2}}], "e": {"d": 2}, "f": {"d": 2}}


def test_duplicate_keys_are_told_and_the_last_one_counts() -> None:
    tree = compose("a:\n  b: 1\n  c: 2\n  'b': 3\n")
    assert [(path, first.line, later.line) for path, first, later in tree.duplicates()] == [(("a", "b"), 2, 4)]
    assert tree.data() == {"a": {"b": 3, "c": 2}}


def test_tags_mean_what_they_mean_to_helm() -> None:
    coded = base64.b64encode(b"hi").decode()
    text = "a: !foo 12\nb: !!int '5'\nc: !!str 5\nd: ! 5\n"
    text += f"e: !!float 5\nf: !!binary {coded}\ng: !!null ''\nh: !!bool 'on'\n1.50: on\n"
    read = {"a": "12", "b": 5, "c": "5", "d": "5", "e": 5.0, "f": "hi", "g": None, "h": True, "1.5": True}
    assert compose(text).data() == read == helm_python.values_from_yaml(text)
    with pytest.raises(UnreadableYamlError, match="line 2: 'abc' is tagged !!int"):
        compose("x: 1\na: !!int abc\n").data()


def test_without_libyaml_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    yaml = pytest.importorskip("yaml")
    text = '\ufeffa: &x !!str b # c\r\n😀: [1, "x\\ty"]\r\nb:\r\n- \r\n- |2-\r\n    x\r\n\r\nc:\r\nd: *x\r\n'
    by_libyaml = scalars(text, keys=True)
    monkeypatch.setattr(yaml, "__with_libyaml__", False)
    assert scalars(text, keys=True) == by_libyaml
    with pytest.raises(UnreadableYamlError, match="line 2: "):
        scalars("a: b\n\tc: d\n")
