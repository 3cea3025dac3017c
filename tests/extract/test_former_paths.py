"""The history goes back through every place that the image had, and through no other."""

from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from tests.extract.taking import IMAGE, at, image, take, yes
from tests.histories import Commit, make, states, subjects


def test_two_moves_are_followed_back_to_the_beginning(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {"readme": "x", **image("1", "image")}),
        Commit("edit", ["add"], {"readme": "x", **image("2", "image")}),
        Commit("move", ["edit"], {"readme": "x", **image("2", "deployments/a/image")}),
        Commit("other", ["move"], {"readme": "y", **image("2", "deployments/a/image")}),
        Commit("edit again", ["other"], {"readme": "y", **image("3", "deployments/a/image")}),
        Commit("move again", ["edit again"], {"readme": "y", **image("3")}),
        Commit("last", ["move again"], {"readme": "y", **image("4")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", follow=True)
    assert states(tmp_path / "d") == {
        "last": at("4"), "edit again": at("3"), "edit": at("2"), "add": at("1"),
    }  # fmt: skip
    assert [(one.path, one.commits) for one in result.reading.former_paths] == [
        ("deployments/a/image", 1), ("image", 2),
    ]  # fmt: skip


def test_the_question_says_where_from_and_how_many_commits_either_way(tmp_path):
    ids = make(tmp_path / "s", [
        Commit("add", [], image("1", "image")),
        Commit("edit", ["add"], image("2", "image")),
        Commit("move", ["edit"], image("2")),
        Commit("last", ["move"], image("3")),
    ])  # fmt: skip
    asked: list[str] = []
    declined = take(tmp_path / "s", tmp_path / "d", ask=lambda question: asked.append(question) or False)
    assert asked == [
        f"images/hub was moved here from image (until {ids['move'][:12]}). Its history has 3 commits with "
        "its former path, and 2 without. Follow it?"
    ]
    assert subjects(tmp_path / "d") == ["last", "move"]
    assert "not kept       2: 2 touched a former path that is not followed\n" in str(declined)
    take(tmp_path / "s", tmp_path / "e", ask=yes)
    assert subjects(tmp_path / "e") == ["last", "edit", "add"]


def test_without_former_paths_nothing_is_asked_and_nothing_followed(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1", "image")), Commit("move", ["add"], image("1"))])
    take(tmp_path / "s", tmp_path / "d", follow=False)
    assert states(tmp_path / "d") == {"move": at("1")}


def test_a_copy_is_reported_and_not_followed(tmp_path):
    ids = make(tmp_path / "s", [
        Commit("other hub", [], image("1", "images/other")),
        Commit("copy", ["other hub"], {**image("1", "images/other"), **image("1")}),
        Commit("last", ["copy"], {**image("1", "images/other"), **image("2")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d")
    assert subjects(tmp_path / "d") == ["last", "copy"]
    assert [(copy.path, copy.files, copy.of) for copy in result.reading.copies] == [("images/other", 3, 3)]
    assert f"copied from    images/other (3 of 3 files, in {ids['copy'][:12]})" in str(result)


def test_a_copy_named_by_hand_is_followed(tmp_path):
    make(tmp_path / "s", [
        Commit("other hub", [], image("1", "images/other")),
        Commit("copy", ["other hub"], {**image("1", "images/other"), **image("2")}),
        Commit("other goes on", ["copy"], {**image("9", "images/other"), **image("2")}),
        Commit("last", ["other goes on"], {**image("9", "images/other"), **image("3")}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", former_paths=["images/other"])
    assert states(tmp_path / "d") == {"last": at("3"), "copy": at("2"), "other hub": at("1")}


@pytest.mark.parametrize("named", ["never/was", "images/hub/later", "readme"])
def test_a_former_path_that_never_was_one_is_bad_input(tmp_path, named):
    make(tmp_path / "s", [
        Commit("begin", [], {"readme": "x"}),
        Commit("add", ["begin"], {"readme": "x", **image("1")}),
        Commit("last", ["add"], {"readme": "x", **image("1", **{"later/file": "x"})}),
    ])  # fmt: skip
    with pytest.raises(BadInputError, match=f"^--former-path {named}: no such directory before images/hub appeared$"):
        take(tmp_path / "s", tmp_path / "d", former_paths=[named])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


@pytest.mark.parametrize(("moved", "of", "followed"), [(2, 4, True), (3, 5, True), (2, 5, False), (1, 4, False)])
def test_a_move_of_half_of_the_files_is_followed_and_one_of_fewer_is_not(tmp_path, moved, of, followed):
    names = "abcde"[:of]
    here = {f"{IMAGE}/{name}": name * 20 if name in names[:moved] else f"new {name}" for name in names}
    left = {f"image/{name}": name * 20 for name in names[moved:]}
    make(tmp_path / "s", [
        Commit("add", [], {f"image/{name}": name * 20 for name in names}), Commit("move", ["add"], {**left, **here}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == (["move", "add"] if followed else ["move"])


def test_a_path_used_again_after_the_move_brings_nothing_of_its_second_use(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "image")),
        Commit("move", ["add"], image("1")),
        Commit("other", ["move"], {**image("1"), "image/notes": "x"}),
        Commit("other edit", ["other"], {**image("1"), "image/notes": "y"}),
        Commit("last", ["other edit"], {**image("2"), "image/notes": "y"}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", follow=True)
    assert states(tmp_path / "d") == {"last": at("2"), "add": at("1")}


def test_a_path_used_before_for_something_else_is_a_birth_of_its_own(tmp_path):
    make(tmp_path / "s", [
        Commit("something else", [], {"x": "x", f"{IMAGE}/notes": "n"}),
        Commit("remove it", ["something else"], {"x": "x"}),
        Commit("add", ["remove it"], {"x": "x", **image("1", "image")}),
        Commit("edit", ["add"], {"x": "x", **image("2", "image")}),
        Commit("move", ["edit"], {"x": "x", **image("2")}),
        Commit("last", ["move"], {"x": "x", **image("3")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", follow=True)
    assert states(tmp_path / "d") == {
        "last": at("3"), "edit": at("2"), "add": at("1"), "remove it": {}, "something else": {"notes": "n"},
    }  # fmt: skip
    assert [(one.path, one.commits) for one in result.reading.former_paths] == [("image", 2)]


def test_work_at_the_old_place_beside_the_move_comes_along_when_it_is_merged(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "image")),
        Commit("move", ["add"], image("1")),
        Commit("main goes on", ["add"], image("1", "image", start="exec main\n")),
        Commit("main again", ["main goes on"], image("2", "image", start="exec main\n")),
        Commit("merge", ["main again", "move"], image("2", start="exec main\n")),
        Commit("last", ["merge"], image("3", start="exec main\n")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", follow=True)
    assert states(tmp_path / "d") == {
        "last": at("3", start="exec main\n"),
        "main again": at("2", start="exec main\n"),
        "main goes on": at("1", start="exec main\n"),
        "add": at("1"),
    }


def two_eras(place: Path) -> None:
    """`image` is moved to a place at which something else had been all the time."""
    make(place / "s", [
        Commit("both", [], {**image("1", "image"), f"{IMAGE}/notes": "n"}),
        Commit("edit image", ["both"], {**image("2", "image"), f"{IMAGE}/notes": "n"}),
        Commit("edit notes", ["edit image"], {**image("2", "image"), f"{IMAGE}/notes": "o"}),
        Commit("remove notes", ["edit notes"], image("2", "image")),
        Commit("move", ["remove notes"], image("2")),
        Commit("last", ["move"], image("3")),
    ])  # fmt: skip


def test_two_eras_at_once_are_refused_naming_both_flags(tmp_path):
    two_eras(tmp_path)
    with pytest.raises(RefusedError, match=r"--former-path image \(what was moved here\) or --no-former-paths$"):
        take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_either_flag_settles_two_eras_at_once(tmp_path):
    two_eras(tmp_path)
    take(tmp_path / "s", tmp_path / "moved", former_paths=["image"])
    assert states(tmp_path / "moved") == {"last": at("3"), "edit image": at("2"), "both": at("1")}
    take(tmp_path / "s", tmp_path / "here", follow=False)
    assert states(tmp_path / "here") == {
        "last": at("3"), "move": at("2"), "remove notes": {}, "edit notes": {"notes": "o"}, "both": {"notes": "n"},
    }  # fmt: skip


def test_a_root_that_was_the_image_is_named_as_a_dot_and_can_be_named_so(tmp_path):
    at_the_root = {path.removeprefix("x/"): text for path, text in image("1", "x").items()}
    ids = make(tmp_path / "s", [Commit("add", [], at_the_root), Commit("move", ["add"], image("1"))])
    asked: list[str] = []
    take(tmp_path / "s", tmp_path / "d", ask=lambda question: asked.append(question) or True)
    assert asked == [
        f"images/hub was moved here from . (until {ids['move'][:12]}). Its history has 1 commit with "
        "its former path, and 1 without. Follow it?"
    ]
    result = take(tmp_path / "s", tmp_path / "e", former_paths=["."])
    assert states(tmp_path / "e") == states(tmp_path / "d") == {"add": at("1")}
    assert "former path    ., 1 commit\n" in str(result)
