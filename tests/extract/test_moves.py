"""Moves of every kind: there and back, up and down a level, many at once, in case only."""

from tests.extract.taking import at, image, take, yes
from tests.histories import Commit, make, states, subjects


def test_moved_there_and_back_keeps_every_stage(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1")),
        Commit("away", ["add"], image("1", "elsewhere")),
        Commit("edit away", ["away"], image("2", "elsewhere")),
        Commit("back", ["edit away"], image("2")),
        Commit("last", ["back"], image("3")),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", follow=True)
    assert states(tmp_path / "d") == {"last": at("3"), "edit away": at("2"), "add": at("1")}
    assert [(one.path, one.commits) for one in result.reading.former_paths] == [("elsewhere", 1)]


def at_the_root(text: str) -> dict[str, str]:
    return {path.removeprefix("x/"): content for path, content in image(text, "x").items()}


def test_an_image_at_the_root_moved_down_is_followed(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], at_the_root("1")),
        Commit("edit", ["add"], at_the_root("2")),
        Commit("move", ["edit"], {**image("2"), "README.md": "all"}),
        Commit("last", ["move"], {**image("3"), "README.md": "all"}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {"last": at("3"), "edit": at("2"), "add": at("1")}


def test_files_moved_down_a_level_are_followed(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {"images/Dockerfile": "FROM hub\nLABEL 1", "images/start": "exec hub"}),
        Commit("edit", ["add"], {"images/Dockerfile": "FROM hub\nLABEL 2", "images/start": "exec hub"}),
        Commit("move", ["edit"], {"images/hub/Dockerfile": "FROM hub\nLABEL 2", "images/hub/start": "exec hub"}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {
        "edit": {"Dockerfile": "FROM hub\nLABEL 2", "start": "exec hub"},
        "add": {"Dockerfile": "FROM hub\nLABEL 1", "start": "exec hub"},
    }


def test_files_moved_up_a_level_show_where_they_were(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "images/hub/image")),
        Commit("edit", ["add"], image("2", "images/hub/image")),
        Commit("move", ["edit"], image("2", "images/hub")),
        Commit("last", ["move"], image("3", "images/hub")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", "images/hub")
    inner = [{f"image/{name}": content for name, content in at(text).items()} for text in ("1", "2")]
    assert states(tmp_path / "d") == {"last": at("3"), "move": at("2"), "edit": inner[1], "add": inner[0]}


def test_of_many_identical_directories_moved_at_once_the_right_one_is_followed(tmp_path):
    names = [f"hub{number}" for number in range(12)] + ["hub"]

    def everywhere(place: str, **special: str) -> dict[str, str]:
        return {
            path: text for name in names for path, text in image(special.get(name, "1"), place.format(name)).items()
        }

    make(tmp_path / "s", [
        Commit("add", [], everywhere("deployments/{}/image", hub="0", hub1="9")),
        Commit("same", ["add"], everywhere("deployments/{}/image")),
        Commit("move", ["same"], everywhere("images/{}")),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert [one.path for one in result.reading.former_paths] == ["deployments/hub/image"]
    assert states(tmp_path / "d") == {"same": at("1"), "add": at("0")}


def test_a_rename_in_case_only_is_followed(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "images/Hub")),
        Commit("rename", ["add"], image("1", "images/hub")),
        Commit("last", ["rename"], image("2", "images/hub")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {"last": at("2"), "add": at("1")}


def test_files_changed_in_the_move_itself_are_still_recognised(tmp_path):
    text = "".join(f"line {number}\n" for number in range(40))
    make(tmp_path / "s", [
        Commit("add", [], {"old/environment.yml": text, "old/start": text * 2}),
        Commit("move", ["add"], {"images/hub/environment.yml": text + "more\n", "images/hub/start": text * 2 + "x\n"}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["move", "add"]


def test_a_rename_limit_in_the_users_settings_does_not_decide_what_is_found(tmp_path, home):
    (home / ".gitconfig").write_text("[diff]\n\trenameLimit = 1\n\trenames = false\n")
    text = "".join(f"line {number}\n" for number in range(40))
    make(tmp_path / "s", [
        Commit("add", [], {f"old/{name}/config": name + text for name in "abcd"}),
        Commit("move", ["add"], {f"images/hub/{name}/config": name + text + "more\n" for name in "abcd"}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["move", "add"]


def test_a_whole_tree_of_directories_moved_together_is_followed_for_the_one_asked_for(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], {**image("1", "a/images/hub"), **image("5", "a/images/web"), "a/chart": "c"}),
        Commit("move", ["add"], {**image("1", "images/hub"), **image("5", "images/web"), "chart": "c"}),
        Commit("last", ["move"], {**image("2", "images/hub"), **image("5", "images/web"), "chart": "c"}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert [one.path for one in result.reading.former_paths] == ["a/images/hub"]
    assert states(tmp_path / "d") == {"last": at("2"), "add": at("1")}
