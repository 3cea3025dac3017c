"""Histories of every shape come out whole: merges of all kinds, roots, deletions, other branches."""

import subprocess
import sys

import pytest

from hubimages.errors import BadInputError
from tests.extract.taking import IMAGE, at, image, take
from tests.histories import Commit, files, git, make, states, subjects

OTHER = {"docs/page": "x"}


def parents(repo, tip="HEAD"):
    rows = git("-C", repo, "log", "--topo-order", "--format=%s|%P", tip).splitlines()
    names = dict(row.split(" ", 1) for row in git("-C", repo, "log", "--format=%H %s", tip).splitlines())
    return {row.split("|")[0]: [names[name] for name in row.split("|")[1].split()] for row in rows}


def test_criss_cross_merges_keep_their_shape(tmp_path):
    make(tmp_path / "s", [
        Commit("root", [], image("0")),
        Commit("a", ["root"], image("0", a="a")),
        Commit("b", ["root"], image("0", b="b")),
        Commit("ab", ["a", "b"], image("0", a="a", b="b")),
        Commit("ba", ["b", "a"], image("0", a="a", b="b")),
        Commit("left", ["ab"], image("1", a="a", b="b")),
        Commit("right", ["ba"], image("0", a="a", b="c")),
        Commit("last", ["left", "right"], image("1", a="a", b="c")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d")
    assert parents(tmp_path / "d") == {
        "last": ["left", "right"], "left": ["ab"], "right": ["ba"], "ab": ["a", "b"], "ba": ["b", "a"],
        "a": ["root"], "b": ["root"], "root": [],
    }  # fmt: skip


def test_an_octopus_keeps_all_of_its_arms_that_touched_the_image(tmp_path):
    make(tmp_path / "s", [
        Commit("root", [], {**OTHER, **image("0")}),
        Commit("a", ["root"], {**OTHER, **image("0", a="a")}),
        Commit("b", ["root"], {**OTHER, **image("0", b="b")}),
        Commit("docs", ["root"], {"docs/page": "y", **image("0")}),
        Commit("c", ["root"], {**OTHER, **image("0", c="c")}),
        Commit("octopus", ["a", "b", "docs", "c"], {"docs/page": "y", **image("0", a="a", b="b", c="c")}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d")
    assert parents(tmp_path / "d") == {
        "octopus": ["a", "b", "c"], "a": ["root"], "b": ["root"], "c": ["root"], "root": [],
    }  # fmt: skip
    assert files(tmp_path / "d") == at("0", a="a", b="b", c="c")


def test_an_evil_merge_has_the_right_tree_where_git_filter_repo_writes_a_wrong_one(tmp_path):
    make(tmp_path / "s", [
        Commit("root", [], {"docs/page": "x", f"{IMAGE}/pin": "2"}),
        Commit("docs", ["root"], {"docs/page": "y", f"{IMAGE}/pin": "2"}),
        Commit("image", ["root"], {"docs/page": "x", f"{IMAGE}/pin": "1"}),
        Commit("evil", ["docs", "image"], {"docs/page": "y", f"{IMAGE}/pin": "1", f"{IMAGE}/more": "m"}),
    ])  # fmt: skip
    git("clone", "--quiet", "--no-local", tmp_path / "s", tmp_path / "theirs")
    program = [sys.executable, "-m", "git_filter_repo", "--subdirectory-filter", IMAGE, "--force", "--quiet"]
    subprocess.run(program, cwd=tmp_path / "theirs", check=True)
    assert files(tmp_path / "theirs") == {"pin": "2", "more": "m"}  # exit code 0, and not what was in the source
    take(tmp_path / "s", tmp_path / "d")
    assert states(tmp_path / "d") == {"evil": {"pin": "1", "more": "m"}, "image": {"pin": "1"}, "root": {"pin": "2"}}


def test_a_path_that_was_a_file_first_begins_where_it_became_a_directory(tmp_path):
    make(tmp_path / "s", [
        Commit("file", [], {IMAGE: "a file"}),
        Commit("still", ["file"], {IMAGE: "another"}),
        Commit("directory", ["still"], image("1")),
        Commit("file again", ["directory"], {IMAGE: "a file"}),
        Commit("last", ["file again"], image("2")),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d")
    assert states(tmp_path / "d") == {"last": at("2"), "file again": {}, "directory": at("1")}


def test_several_roots_stay_roots_and_those_without_the_path_go(tmp_path):
    make(tmp_path / "s", [
        Commit("one", [], image("1")),
        Commit("two", [], {f"{IMAGE}/two": "2"}),
        Commit("other root", [], OTHER),
        Commit("merge", ["one", "two"], image("1", two="2")),
        Commit("merge other", ["merge", "other root"], {**OTHER, **image("1", two="2")}),
        Commit("last", ["merge other"], {**OTHER, **image("3", two="2")}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d")
    assert parents(tmp_path / "d") == {"last": ["merge"], "merge": ["one", "two"], "one": [], "two": []}


def test_two_thousand_commits(tmp_path):
    commits = [Commit("0", [], {**OTHER, **image("0")})]
    for number in range(1, 2000):
        text = str(number // 2)  # every second one touches the image
        commits.append(Commit(str(number), [str(number - 1)], {"docs/page": str(number), **image(text)}))
    make(tmp_path / "s", commits)
    take(tmp_path / "s", tmp_path / "d")
    assert subjects(tmp_path / "d") == [str(number) for number in range(1998, -1, -2)]


def test_an_image_deleted_long_ago_is_taken_at_the_last_commit_that_had_it(tmp_path):
    ids = make(tmp_path / "s", [
        Commit("add", [], {**OTHER, **image("1")}),
        Commit("edit", ["add"], {**OTHER, **image("2")}),
        Commit("docs", ["edit"], {"docs/page": "y", **image("2")}),
        Commit("delete", ["docs"], {"docs/page": "y"}),
        *(Commit(f"later {n}", [f"later {n - 1}" if n else "delete"], {"docs/page": f"{n}"}) for n in range(9)),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d")
    assert states(tmp_path / "d") == {"edit": at("2"), "add": at("1")}
    assert result.reading.notes == [
        f"{IMAGE} is gone at the tip; extracted at {ids['edit'][:12]}, the last commit that has the image"
    ]


def test_deleted_on_main_while_a_side_branch_still_has_it(tmp_path):
    ids = make(tmp_path / "s", [
        Commit("add", [], {**OTHER, **image("1")}),
        Commit("side", ["add"], {**OTHER, **image("2")}),
        Commit("delete", ["add"], OTHER),
        Commit("merge", ["delete", "side"], OTHER),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d")
    assert states(tmp_path / "d") == {"side": at("2"), "add": at("1")}
    assert result.reading.source_commit == ids["side"]


def test_where_only_a_readme_is_left_the_last_commit_with_the_image_is_taken(tmp_path):
    ids = make(tmp_path / "s", [
        Commit("add", [], image("1", **{"README.md": "image"})),
        Commit("moved out", ["add"], {f"{IMAGE}/README.md": "gone to another repository"}),
        Commit("more words", ["moved out"], {f"{IMAGE}/README.md": "gone to x/y"}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d")
    assert states(tmp_path / "d") == {"add": at("1", **{"README.md": "image"})}
    where = f"extracted at {ids['add'][:12]}, the last commit that has the image"
    assert result.reading.notes == [f"{IMAGE} has only README.md left at the tip; {where}"]


def test_a_directory_that_only_ever_held_notes_comes_at_its_tip_or_where_it_ended(tmp_path):
    notes = [{f"{IMAGE}/README.md": text} for text in ("1", "2")]
    make(tmp_path / "s", [
        Commit("add", [], {**OTHER, **notes[0]}),
        Commit("edit", ["add"], {**OTHER, **notes[1]}),
        Commit("delete", ["edit"], OTHER),
    ], {"before": "edit"})  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ref="before")
    take(tmp_path / "s", tmp_path / "e")
    assert states(tmp_path / "d") == states(tmp_path / "e") == {"edit": {"README.md": "2"}, "add": {"README.md": "1"}}


def test_an_image_that_is_only_on_another_branch_is_found_with_ref(tmp_path):
    make(tmp_path / "s", [
        Commit("root", [], OTHER),
        Commit("side", ["root"], {**OTHER, **image("1")}),
        Commit("main", ["root"], {"docs/page": "y"}),
    ], {"feature/hub": "side"})  # fmt: skip
    with pytest.raises(BadInputError) as error:
        take(tmp_path / "s", tmp_path / "d")
    assert str(error.value) == (
        f"{IMAGE} does not exist at main, nor in its history; another branch has it: --ref feature/hub"
    )
    take(tmp_path / "s", tmp_path / "d", ref="feature/hub")
    assert states(tmp_path / "d") == {"side": at("1")}
