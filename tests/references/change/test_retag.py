"""An edit that would change another reference, or misses its own, is refused before anything is written."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references import Form, Inventory, Place, Reference, find_references
from hubimages.references.change.retag import Target, check, edits_in_turn, in_line
from hubimages.repository.file_edit import FileEdit
from tests.references.deployment import deployment

DIGEST, OTHER = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"
VALUES = f"""\
singleuser:
  image: {{name: quay.io/g/image, tag: '1'}}
  extra:
    image: quay.io/g/other:1@{DIGEST}
  profileList:
  - kubespawner_override: {{image: quay.io/g/image:1}}
"""
ENV = "IMAGE=quay.io/g/image:1\nOTHER_IMAGE=quay.io/g/other:1\n"


@pytest.fixture
def found(tmp_path: Path) -> Inventory:
    return find_references(deployment(tmp_path / "deployment", {"values.yaml": VALUES, "hub.env": ENV}))


def of_image(found: Inventory, file: str = "values.yaml") -> list[Reference]:
    here = [each for each in found.references if each.file == file and each.name == "g/image"]
    assert len(here) == (2 if file == "values.yaml" else 1)
    return here


def edit_of(root: Path, found: Inventory, target: Target, file: str = "values.yaml") -> FileEdit:
    ((edit,),) = edits_in_turn(root, [dict.fromkeys(of_image(found, file), target)])
    return edit


def test_only_the_references_asked_for_change(found, tmp_path):
    target = Target("2")
    edit = edit_of(tmp_path / "deployment", found, target)
    expected = VALUES.replace("tag: '1'", "tag: '2'").replace("g/image:1", "g/image:2")
    assert (edit.path, edit.before, edit.after) == ("values.yaml", VALUES, expected)
    check(edit, dict.fromkeys(of_image(found), target))
    edit = edit_of(tmp_path / "deployment", found, target, "hub.env")
    assert edit.after == ENV.replace("g/image:1", "g/image:2")


CHANGES: dict[str, tuple[str, str]] = {
    "the tag of another image": ("g/other:1", "g/other:2"),
    "the digest of another image": (DIGEST, OTHER),
    "no digest of another image": (f"@{DIGEST}", ""),
    "the name of another image": ("g/other:", "g/others:"),
    "the registry of another image": ("quay.io/g/other", "ghcr.io/g/other"),
    "one of its own places not": ("g/image:2", "g/image:1"),
    "one of its own places otherwise": ("tag: '2'", "tag: '3'"),
    "the name at one of its own places": ("name: quay.io/g/image", "name: quay.io/g/imago"),
    "a reference more": ("  profileList:", "  more:\n    image: quay.io/g/more:1\n  profileList:"),
    "a reference less": (f"  extra:\n    image: quay.io/g/other:1@{DIGEST}\n", ""),
    "the last reference less": ("  profileList:\n  - kubespawner_override: {image: quay.io/g/image:2}\n", ""),
    "a reference at another path": ("  extra:", "  extras:"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_edit_that_changes_anything_else_of_a_reference_is_refused(found, tmp_path, change):
    target = Target("2")
    edit = edit_of(tmp_path / "deployment", found, target)
    assert edit.after is not None
    assert edit.after.count(CHANGES[change][0]) == 1
    with pytest.raises(RefusedError, match=r"would not have the intended value after the edit\. Edit it by hand$"):
        changed = FileEdit(edit.path, edit.before, edit.after.replace(*CHANGES[change]))
        check(changed, dict.fromkeys(of_image(found), target))


def test_the_refusal_names_the_place(found, tmp_path):
    target = Target("2")
    edit = edit_of(tmp_path / "deployment", found, target)
    assert edit.after is not None
    changed = FileEdit(edit.path, edit.before, edit.after.replace("g/other:1", "g/other:2"))
    with pytest.raises(
        RefusedError, match=r"^values\.yaml: singleuser\.extra\.image would not have the intended value"
    ):
        check(changed, dict.fromkeys(of_image(found), target))


# What somebody else writes between reading and editing.
MEANWHILE: dict[str, tuple[str, Callable[[str], str]]] = {
    "the key is another": ("values.yaml", lambda text: text.replace("tag: '1'", "tog: '1'")),
    "the tag is another": ("values.yaml", lambda text: text.replace("tag: '1'", "tag: '9'")),
    "the name is another": ("values.yaml", lambda text: text.replace("g/image:1", "g/imago:1")),
    "the value is in a comment": ("values.yaml", lambda text: text.replace("  image: {name", "# image: {name")),
    "the file is longer": ("values.yaml", lambda text: f"# new\n{text}"),
    "the file is empty": ("values.yaml", lambda text: ""),
    "the file is no YAML any more": ("values.yaml", lambda text: text.replace("singleuser:", "singleuser]")),
    "the variable is another": ("hub.env", lambda text: text.replace("IMAGE=", "IMAGO=")),
    "the tag of the variable is another": ("hub.env", lambda text: text.replace("image:1", "image:9")),
    "the variable's line is longer": ("hub.env", lambda text: f"MORE=1\n{text}"),
}  # fmt: skip


@pytest.mark.parametrize("what", MEANWHILE)
def test_a_file_that_changed_after_it_was_read_is_not_edited(found, tmp_path, what):
    file, change = MEANWHILE[what]
    place = tmp_path / "deployment" / file
    before = place.read_text()
    place.write_text(change(before))
    assert place.read_text() != before
    with pytest.raises(RefusedError) as error:
        edit_of(tmp_path / "deployment", found, Target("2"), file)
    assert str(error.value) == f"{file} changed after it was read, and nothing was written. Run the command again"


def test_another_name_is_expected_where_it_was_asked_for_and_nowhere_else(found, tmp_path):
    target = Target("2", name=ImageRef.parse("ghcr.io/g/new"))
    edit = edit_of(tmp_path / "deployment", found, target)
    assert edit.after == VALUES.replace("quay.io/g/image, tag: '1'", "ghcr.io/g/new, tag: '2'").replace(
        "quay.io/g/image:1", "ghcr.io/g/new:2"
    )
    for other in ("ghcr.io/g/old", "quay.io/g/new"):
        wrong = FileEdit(edit.path, edit.before, edit.after.replace("ghcr.io/g/new:2", f"{other}:2"))
        with pytest.raises(RefusedError, match="would not have the intended value"):
            check(wrong, dict.fromkeys(of_image(found), target))


def test_two_texts_for_one_place_are_refused(tmp_path):
    text = "a:\n  image: {name: quay.io/g/a, tag: &t '1'}\nb:\n  image: {name: quay.io/g/b, tag: *t}\n"
    found = find_references(deployment(tmp_path / "deployment", {"values.yaml": text}))
    first, second = found.references
    assert first.scalars(with_name=False) == second.scalars(with_name=False)
    with pytest.raises(RefusedError, match=r"^values\.yaml:2: quay\.io/g/a and quay\.io/g/b share this text, but need"):
        edits_in_turn(tmp_path / "deployment", [{first: Target("2")}, {second: Target("3")}])
    ((edit,), again) = edits_in_turn(tmp_path / "deployment", [{first: Target("2")}, {second: Target("2")}])
    assert (edit.after, again) == (text.replace("'1'", "'2'"), [])


def test_a_target_is_shown_compared_and_applied_as_a_whole(found):
    reference = of_image(found)[1]
    new, renamed = Target("2", DIGEST), Target("1", name=ImageRef.parse("ghcr.io/g/new"))
    assert [str(each) for each in (Target("2"), new, renamed)] == ["2", f"2@{DIGEST}", "ghcr.io/g/new:1"]
    assert [str(each.of(reference).image) for each in (Target("2"), new, renamed)] == [
        "quay.io/g/image:2", f"quay.io/g/image:2@{DIGEST}", "ghcr.io/g/new:1",
    ]  # fmt: skip
    same = Target("1", name=ImageRef.parse("quay.io/g/image"))
    changed = [each.changes(reference) for each in (Target("1"), same, Target("2"), Target("1", DIGEST), renamed)]
    assert changed == [False, False, True, True, True]
    assert Target("1").changes(replace(reference, invalid="a blank"))


LINES = {
    "a value as in YAML": ("x: 1\n  tag: OLD\n", "values.txt", '"1.10"'),
    "a value after a tab": ("tag:\tOLD", "values.txt", '"1.10"'),
    "the first line": ("tag: OLD", "values.txt", '"1.10"'),
    "a text in quotes": ("tag: 'OLD'", "values.txt", "1.10"),
    "a part of a text": ("tag: a/b:OLD", "values.txt", "1.10"),
    "an argument": ("x: 1\n--tag OLD", "deploy.sh", "1.10"),
    "a variable": ("TAG: OLD", "hub.env", "1.10"),
}


@pytest.mark.parametrize("case", LINES)
def test_a_text_in_a_line_is_quoted_only_where_yaml_would_need_it(case):
    text, file, written = LINES[case]
    start = text.index("OLD")
    place = Place(file, text[:start].count("\n") + 1, start, start + 3, "OLD", (0, 3))
    assert in_line(text, place, "1.10") == written


SPLIT = {
    "config/clusters/c/cluster.yaml": "name: c\nhubs:\n- {name: prod, helm_chart_values_files: [one.yaml, two.yaml]}\n",
    "config/clusters/c/one.yaml": f"singleuser: {{image: {{name: quay.io/g/image, digest: '{DIGEST}'}}}}\n",
    "config/clusters/c/two.yaml": "singleuser: {image: {tag: '1'}}\n",
    "config/clusters/c/chart.yaml": "hub: {image: {tag: '1'}}\n",
}


def test_a_reference_in_several_files_changes_in_all_of_them(tmp_path):
    root = deployment(tmp_path / "deployment", SPLIT)
    (reference,) = [each for each in find_references(root).references if each.name]
    places = (reference.name_place, reference.tag_place, reference.digest_place)
    assert [place and place.file.rpartition("/")[2] for place in places] == ["one.yaml", "two.yaml", "one.yaml"]
    target = Target("2", OTHER, ImageRef.parse("quay.io/g/new"))
    (edits,) = edits_in_turn(root, [{reference: target}])
    assert {edit.path.rpartition("/")[2]: edit.after for edit in edits} == {
        "one.yaml": SPLIT["config/clusters/c/one.yaml"].replace("image,", "new,").replace(DIGEST, OTHER),
        "two.yaml": SPLIT["config/clusters/c/two.yaml"].replace("'1'", "'2'"),
    }


def test_a_tag_whose_name_is_in_a_chart_changes_alone(tmp_path):
    text = "hub: {image: {tag: '1'}}\nsingleuser: {image: {tag: '1', name: quay.io/g/image}}\n"
    root = deployment(tmp_path / "deployment", {"values.yaml": text})
    (reference,) = [each for each in find_references(root).references if not each.name]
    assert reference.name_place is None
    ((edit,),) = edits_in_turn(root, [{reference: Target("2")}])
    assert edit.after == text.replace("'1'", "'2'", 1)


MIXED = """\
a: {image: quay.io/g/image:1}
data:
  values.yaml: |
    singleuser: {image: {name: quay.io/g/image, tag: '1'}}
    other: {image: {name: quay.io/g/other, tag: '1'}}
b: {image: quay.io/g/image:1}
"""


@pytest.mark.parametrize("tag", ["10.0.0", "", "2"])
def test_references_in_text_inside_a_file_and_in_the_file_change_together(tmp_path, tag):
    root = deployment(
        tmp_path / "deployment", {"cm.yaml": MIXED, "hub.env": "A_IMAGE=quay.io/g/image:1\nB_IMAGE=quay.io/g/image:1\n"}
    )
    references = [each for each in find_references(root).references if each.name == "g/image"]
    assert len(references) == 5
    target = Target(tag or "1", "" if tag else DIGEST)
    (edits,) = edits_in_turn(root, [dict.fromkeys(reversed(references), target)])
    new = tag or f"1@{DIGEST}"
    assert {edit.path: edit.after for edit in edits} == {
        "cm.yaml": MIXED.replace("g/image:1", f"g/image:{new}").replace("g/image, tag: '1'", f"g/image, tag: '{new}'"),
        "hub.env": f"A_IMAGE=quay.io/g/image:{new}\nB_IMAGE=quay.io/g/image:{new}\n",
    }


def test_a_file_that_gets_its_first_reference_by_an_edit_is_refused():
    with pytest.raises(RefusedError, match=r"^values\.yaml: a\.image would not have the intended value after the edit"):
        check(FileEdit("values.yaml", "a: {}\n", "a: {image: quay.io/g/image:1}\n"), {})


@pytest.mark.parametrize(("before", "is_there"), [
    ("a: 1\nx: {version: 'v1'}\n", True), ("a: 1\nx: {version: 'v2'}\n", False), ("a: 11\nx: {version: 'v1'}\n", False),
    ("a: 1\nx: {virsion: 'v1'}\n", False), ("a: 1\n---\nx: {version: 'v1'}\n", False), ("a: 1\nx: [\n", False),
    ("a: 1\nx: {version: {b: 1}}\n", False),
])  # fmt: skip
def test_a_tag_that_only_its_path_shows_may_be_edited_where_it_is_as_it_was_read(before: str, is_there: bool) -> None:
    place = Place("values.yaml", 2, 18, 22, "v1", (0, 2), path=("x", "version"))
    assert "a: 1\nx: {version: 'v1'}\n"[place.start : place.end] == "'v1'"
    tag = Reference(Form.TAG_ONLY, "values.yaml", 2, ("x", "version"), "", "", "v1", "", place)
    name = Reference(Form.NAME_ONLY, "values.yaml", 1, ("a",), "quay.io", "g/a", "", "", None, place)
    edit = FileEdit("values.yaml", before, before.replace("v1", "v3"))
    if is_there:
        check(edit, {tag: Target("v3"), name: Target("v3")})
        return
    with pytest.raises(RefusedError, match=r"^values\.yaml changed after it was read, and nothing was written"):
        check(edit, {tag: Target("v3")})


def test_in_yaml_inside_of_yaml_a_text_with_a_colon_gets_quotes_that_hold_between_braces(tmp_path: Path) -> None:
    text = "data:\n  values.yaml: |\n    singleuser: {image: quay.io/g/image:1}\n"
    root = deployment(tmp_path / "deployment", {"cm.yaml": text})
    ((edit,),) = edits_in_turn(root, [dict.fromkeys(find_references(root).references, Target("2"))])
    assert edit.after == text.replace("quay.io/g/image:1", '"quay.io/g/image:2"')
