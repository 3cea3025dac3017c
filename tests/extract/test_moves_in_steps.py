"""Moves that took several commits, went into a directory in use, or changed places."""

import pytest

from tests.extract.taking import IMAGE, at, image, take, yes
from tests.histories import Commit, git, make, states, subjects

NAMES = [f"file{number}" for number in range(9)]


def spread(moved: int, edited: int = -1, old: str = "old") -> dict[str, str]:
    """Nine files, of which the first few are at the new place already."""
    return {
        f"{IMAGE if number < moved else old}/{name}": f"{name}\n" * 9 + ("edited\n" if number <= edited else "")
        for number, name in enumerate(NAMES)
    }


def test_files_moved_one_by_one_are_all_followed_with_the_edits_in_between(tmp_path):
    commits = [Commit("add", [], spread(0))]
    for number in range(1, 10):
        commits.append(Commit(f"move {number}", [commits[-1].name], spread(number)))
        if number == 4:
            commits.append(Commit("edit", ["move 4"], {**spread(4), "old/file7": "file7\n" * 9 + "more\n"}))
            commits.append(Commit("undo", ["edit"], spread(4)))
    make(tmp_path / "s", commits)
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["undo", "edit", "add"]
    whole = {name: (f"{name}\n" * 9).strip() for name in NAMES}
    assert states(tmp_path / "d") == {
        "undo": whole, "edit": {**whole, "file7": whole["file7"] + "\nmore"}, "add": whole,
    }  # fmt: skip


def test_a_subdirectory_moved_before_the_rest_does_not_hide_the_rest(tmp_path):
    conf = {"conf/a": "a\n" * 5, "conf/b": "b\n" * 5}
    make(tmp_path / "s", [
        Commit("add", [], {**{f"old/{name}": text for name, text in conf.items()}, "old/start": "s\n" * 5}),
        Commit("conf", ["add"], {**{f"{IMAGE}/{name}": text for name, text in conf.items()}, "old/start": "s\n" * 5}),
        Commit("rest", ["conf"], {f"{IMAGE}/{name}": text for name, text in {**conf, "start": "s\n" * 5}.items()}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {
        "add": {name: text.strip() for name, text in {**conf, "start": "s\n" * 5}.items()}
    }


def test_a_placeholder_at_the_new_place_does_not_hide_the_move(tmp_path):
    note = {f"{IMAGE}/README.md": "the image comes here"}
    make(tmp_path / "s", [
        Commit("add", [], image("1", "old")),
        Commit("edit", ["add"], image("2", "old")),
        Commit("placeholder", ["edit"], {**image("2", "old"), **note}),
        Commit("edit again", ["placeholder"], {**image("3", "old"), **note}),
        Commit("move", ["edit again"], {**image("3"), **note}),
        Commit("last", ["move"], {**image("4"), **note}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    readme = {"README.md": "the image comes here"}
    assert states(tmp_path / "d") == {
        "last": {**at("4"), **readme}, "edit again": {**at("3"), **readme}, "placeholder": {**at("2"), **readme},
        "edit": at("2"), "add": at("1"),
    }  # fmt: skip


def test_two_directories_that_change_places_take_their_histories_along(tmp_path):
    make(tmp_path / "s", [
        Commit("a", [], image("a1", "a")),
        Commit("b", ["a"], {**image("a1", "a"), **image("b1", "b", start="b\n", **{"apt.txt": "vim\n"})}),
        Commit("b edit", ["b"], {**image("a1", "a"), **image("b2", "b", start="b\n", **{"apt.txt": "vim\n"})}),
        Commit("swap", ["b edit"], {**image("a1", "b"), **image("b2", "a", start="b\n", **{"apt.txt": "vim\n"})}),
        Commit("last", ["swap"], {**image("a1", "b"), **image("b3", "a", start="b\n", **{"apt.txt": "vim\n"})}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", "a", ask=yes)
    assert subjects(tmp_path / "d") == ["last", "b edit", "b"]
    assert result.reading.accounts.another == 1


def test_directories_that_change_places_with_an_edit_are_recognised_by_a_file_that_was_not_edited(tmp_path):
    text = "".join(f"line {number}\n" for number in range(20))
    one = {"Dockerfile": text + "one\n", "start": "one\n"}
    two = {"Dockerfile": text.replace("line", "other") + "two\n", "start": "two\n"}
    edited = {**two, "Dockerfile": two["Dockerfile"] + "edited\n"}

    def at_places(a: dict[str, str], b: dict[str, str]) -> dict[str, str]:
        return {**{f"a/{name}": text for name, text in a.items()}, **{f"b/{name}": text for name, text in b.items()}}

    make(tmp_path / "s", [
        Commit("a", [], at_places(one, {})), Commit("b", ["a"], at_places(one, two)),
        Commit("swap", ["b"], at_places(edited, one)),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", "a", ask=yes)
    assert subjects(tmp_path / "d") == ["swap", "b"]


@pytest.mark.parametrize("lines", [3, 40])
def test_directories_that_change_places_with_every_file_edited_take_their_histories_along(tmp_path, lines):
    def both(a: str, b: str, a_edit: str = "", b_edit: str = "") -> dict[str, str]:
        return {
            f"{place}/{name}": "".join(f"{name} of {who} {number}\n" for number in range(lines)) + edit
            for place, who, edit in (("a", a, a_edit), ("b", b, b_edit))
            for name in ("Dockerfile", "start")
        }

    make(tmp_path / "s", [
        Commit("add", [], both("one", "two")), Commit("edit b", ["add"], both("one", "two", "", "x\n")),
        Commit("exchange", ["edit b"], both("two", "one", "y\n", "z\n")),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", "a", ask=yes)
    assert [(one.path, one.commits) for one in result.reading.former_paths] == [("b", 2)]
    assert [tree["start"][:12] for tree in states(tmp_path / "d").values()] == ["start of two"] * 3


def test_images_that_are_updated_together_have_not_changed_places(tmp_path):
    def both(version: int) -> dict[str, str]:
        return {
            f"{place}/{name}": f"# {name} of {place}\n" + f"version {version}\n" * 20
            for place in "ab" for name in ("Dockerfile", "start")
        }  # fmt: skip

    make(tmp_path / "s", [Commit("add", [], both(1)), Commit("bump", ["add"], both(2))])
    result = take(tmp_path / "s", tmp_path / "d", "a")
    assert (subjects(tmp_path / "d"), result.reading.former_paths) == (["bump", "add"], [])


def test_a_version_promoted_with_every_file_edited_is_no_exchange(tmp_path):
    def both(staging: str, prod: str) -> dict[str, str]:
        texts = {"staging": staging, "prod": prod}
        return {f"{place}/start": f"{text} line\n" * 20 + place for place, text in texts.items()}

    make(tmp_path / "s", [Commit("add", [], both("new", "old")), Commit("promote", ["add"], both("newer", "new"))])
    take(tmp_path / "s", tmp_path / "d", "prod")
    assert subjects(tmp_path / "d") == ["promote", "add"]


def test_a_version_promoted_from_one_image_to_another_is_no_move(tmp_path):
    def both(staging: str, prod: str) -> dict[str, str]:
        return {"staging/requirements.txt": staging, "prod/requirements.txt": prod}

    make(tmp_path / "s", [
        Commit("add", [], both("1", "0")), Commit("promote", ["add"], both("2", "1")),
        Commit("promote again", ["promote"], both("3", "2")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", "prod")
    assert subjects(tmp_path / "d") == ["promote again", "promote", "add"]


def test_a_directory_that_left_and_came_back_above_its_old_place_keeps_every_stage(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "bio/image")),
        Commit("out", ["add"], image("1", "x")),
        Commit("edit out", ["out"], image("2", "x")),
        Commit("back", ["edit out"], image("2", "bio")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", "bio", ask=yes)
    inner = {f"image/{name}": text for name, text in at("1").items()}
    assert states(tmp_path / "d") == {"edit out": at("2"), "out": at("1"), "add": inner}


def test_copied_in_one_commit_and_removed_in_a_later_one_is_a_move(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "old")),
        Commit("edit", ["add"], image("2", "old")),
        Commit("copy", ["edit"], {**image("2", "old"), **image("2")}),
        Commit("other", ["copy"], {"x": "x", **image("2", "old"), **image("2")}),
        Commit("remove", ["other"], {"x": "x", **image("2")}),
        Commit("last", ["remove"], {"x": "x", **image("3")}),
    ])  # fmt: skip
    asked: list[str] = []
    take(tmp_path / "s", tmp_path / "d", ask=lambda question: asked.append(question) or True)
    assert states(tmp_path / "d") == {"last": at("3"), "edit": at("2"), "add": at("1")}
    remove = git("-C", tmp_path / "s", "rev-parse", "main~1")[:12]
    assert f"from old (copied here, removed there in {remove}; until " in asked[0]


def test_removed_first_and_added_later_is_a_move(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {"x": "x", **image("1", "old")}),
        Commit("edit", ["add"], {"x": "x", **image("2", "old")}),
        Commit("remove", ["edit"], {"x": "x"}),
        Commit("other", ["remove"], {"x": "y"}),
        Commit("add again", ["other"], {"x": "y", **image("2")}),
    ])  # fmt: skip
    asked: list[str] = []
    take(tmp_path / "s", tmp_path / "d", ask=lambda question: asked.append(question) or True)
    assert states(tmp_path / "d") == {"add again": at("2"), "remove": {}, "edit": at("2"), "add": at("1")}
    remove = git("-C", tmp_path / "s", "rev-parse", "main~2")[:12]
    assert f"from old (removed in {remove}, added here; until " in asked[0]


def test_a_copy_that_stays_names_the_flag_that_follows_it(tmp_path):
    commits = [Commit("add", [], image("1", "old")), Commit("copy", ["add"], {**image("1", "old"), **image("1")})]
    make(tmp_path / "s", commits)
    assert "which is not followed; --former-path old follows it\n" in str(take(tmp_path / "s", tmp_path / "d"))


def test_files_from_two_directories_bring_the_history_of_both(tmp_path):
    make(tmp_path / "s", [
        Commit("docker", [], {"docker/Dockerfile": "FROM x\n" * 5, "docker/start": "s\n" * 5}),
        Commit("conf", ["docker"], {
            "docker/Dockerfile": "FROM x\n" * 5, "docker/start": "s\n" * 5, "settings/a": "a\n" * 5,
            "settings/b": "b\n" * 5,
        }),
        Commit("move", ["conf"], {
            f"{IMAGE}/Dockerfile": "FROM x\n" * 5, f"{IMAGE}/start": "s\n" * 5, f"{IMAGE}/conf/a": "a\n" * 5,
            f"{IMAGE}/conf/b": "b\n" * 5,
        }),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["conf", "docker"]
