"""Of a former path comes along what was the image's, and nothing else in silence."""

import pytest

from hubimages.errors import BadInputError, RefusedError
from tests.extract.taking import IMAGE, at, image, take, yes
from tests.histories import Commit, files, git, make, states, subjects

BIO = "deployments/bio"
SECRETS = {f"{BIO}/secrets/p{number}.yaml": f"password {number}" for number in range(1, 10)}
ROTATED = {**SECRETS, f"{BIO}/secrets/p1.yaml": "another"}


def half_moved(place) -> None:
    """Three files move to the image's place; secrets beside them stay."""
    make(place / "s", [
        Commit("add", [], {**SECRETS, **image("1", BIO)}),
        Commit("rotate secret", ["add"], {**ROTATED, **image("1", BIO)}),
        Commit("edit", ["rotate secret"], {**ROTATED, **image("2", BIO)}),
        Commit("move", ["edit"], {**ROTATED, **image("2")}),
        Commit("last", ["move"], {**ROTATED, **image("3")}),
    ])  # fmt: skip


def test_files_that_did_not_move_stay_behind_when_they_look_like_secrets_and_are_named(tmp_path):
    half_moved(tmp_path)
    asked: list[str] = []
    result = take(tmp_path / "s", tmp_path / "d", ask=lambda question: asked.append(question) or True)
    assert states(tmp_path / "d") == {"last": at("3"), "edit": at("2"), "add": at("1")}
    named = ", ".join(f"secrets/p{number}.yaml (looks like a secret)" for number in range(1, 6)) + " and 4 more"
    assert f"9 files of {BIO} did not move ({named}): only the files that moved come along. " in asked[0]
    assert f"former path    {BIO}, 2 commits; 9 files did not move, they stay behind: {named}\n" in str(result)
    everything = git("-C", tmp_path / "d", "log", "--all", "-p")
    assert "password" not in everything and "rotate" not in everything


def test_a_person_can_have_the_whole_former_path(tmp_path):
    half_moved(tmp_path)
    result = take(tmp_path / "s", tmp_path / "d", ask=yes, whole_former_paths=[BIO])
    assert subjects(tmp_path / "d") == ["last", "move", "edit", "rotate secret", "add"]
    assert "9 files did not move, they come along: secrets/p1.yaml (looks like a secret)" in str(result)
    with pytest.raises(BadInputError, match=r"^--whole-former-path x: images/hub has no such former path$"):
        take(tmp_path / "s", tmp_path / "e", ask=yes, whole_former_paths=["x"])


def test_a_few_plain_files_that_did_not_move_come_along_unless_only_moved_files_are_wanted(tmp_path):
    notes = {"image/notes.md": "n"}
    make(tmp_path / "s", [
        Commit("add", [], {**notes, **image("1", "image")}),
        Commit("note", ["add"], {"image/notes.md": "m", **image("1", "image")}),
        Commit("move", ["note"], {"image/notes.md": "m", **image("1")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["move", "note", "add"]
    assert "former path    image, 2 commits; 1 file did not move, they come along: notes.md\n" in str(result)
    take(tmp_path / "s", tmp_path / "e", ask=yes, only_moved_files=True)
    assert states(tmp_path / "e") == {"add": at("1")}


def test_a_file_that_had_another_name_at_the_former_path_keeps_its_history_there(tmp_path):
    text = "".join(f"line {number}\n" for number in range(30))
    make(tmp_path / "s", [
        Commit("add", [], {**SECRETS, f"{BIO}/Docker": text, f"{BIO}/start": "s\n"}),
        Commit("rename", ["add"], {**SECRETS, f"{BIO}/Dockerfile": text + "more\n", f"{BIO}/start": "s\n"}),
        Commit("secret", ["rename"], {**ROTATED, f"{BIO}/Dockerfile": text + "more\n", f"{BIO}/start": "s\n"}),
        Commit("move", ["secret"], {**ROTATED, f"{IMAGE}/Dockerfile": text + "more\n", f"{IMAGE}/start": "s\n"}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {
        "rename": {"Dockerfile": f"{text}more", "start": "s"}, "add": {"Docker": text.strip(), "start": "s"},
    }  # fmt: skip


@pytest.mark.parametrize("image_dir", [BIO, "deployments"])
def test_the_directory_found_is_never_one_above_the_files_own(tmp_path, image_dir):
    others = {**image("x", "images/other"), "images/secrets/key.pem": "secret"}
    values = {f"{BIO}/values.yaml": "v"}
    make(tmp_path / "s", [
        Commit("add", [], {**others, **image("1", "images/bio")}),
        Commit("other edit", ["add"], {**others, **image("y", "images/other"), **image("1", "images/bio")}),
        Commit("values", ["other edit"], {**others, **values, **image("1", "images/bio")}),
        Commit("move", ["values"], {**others, **values, **image("1", f"{BIO}/image")}),
        Commit("last", ["move"], {**others, **values, **image("2", f"{BIO}/image")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", image_dir, ask=yes)
    assert [one.path for one in result.reading.former_paths] == ["images/bio"]
    assert subjects(tmp_path / "d") == ["last", "values", "add"]
    assert not [name for name in files(tmp_path / "d") if "other" in name or "secret" in name]
    assert "secret" not in git("-C", tmp_path / "d", "log", "--all", "-p")


def test_a_directory_moved_into_one_that_is_asked_for_does_not_bring_the_top(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {"secret": "s", **image("1", "old")}),
        Commit("edit", ["add"], {"secret": "t", **image("2", "old")}),
        Commit("move", ["edit"], {"secret": "t", **image("2", "img/image")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", "img", ask=yes)
    assert [one.path for one in result.reading.former_paths] == ["old"]
    inner = [{f"image/{name}": text for name, text in at(number).items()} for number in "12"]
    assert states(tmp_path / "d") == {"edit": inner[1], "add": inner[0]}


def test_two_origins_that_are_as_likely_are_named_and_no_yes_chooses(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {**image("1", "a/img"), **image("1", "b/img")}),
        Commit("move", ["add"], image("1", "img")),
    ])  # fmt: skip
    with pytest.raises(RefusedError, match=r"Choose: --former-path a/img or --former-path b/img, or --no-former"):
        take(tmp_path / "s", tmp_path / "d", "img", ask=yes)
    take(tmp_path / "s", tmp_path / "d", "img", former_paths=["a/img"])
    assert subjects(tmp_path / "d") == ["add"]


def test_an_origin_taken_by_its_name_leaves_a_note_about_the_others(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {**image("1", "old/hub"), **image("1", "old/lab")}), Commit("move", ["add"], image("1")),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert result.reading.notes == ["old/lab held the same files as old/hub, whose name is nearer"]
