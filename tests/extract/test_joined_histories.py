"""Histories that were merged in come along with every commit, and nothing of their hosts does."""

import pytest

from tests.extract.taking import IMAGE, at, image, take, yes
from tests.histories import Commit, git, make, states, subjects

HOST = {"README.md": "the host", "config.yaml": "a"}


def top(text: str, **more: str) -> dict[str, str]:
    """The files of an image at the top of its own repository."""
    return {name.removeprefix("x/"): content for name, content in image(text, "x", **more).items()}


def joined(*, host_first: bool, last: dict[str, str] | None = None) -> list[Commit]:
    """A host, and an image's own history that a merge puts into a directory of it."""
    parents = ["host edit", "theirs edit"] if host_first else ["theirs edit", "host edit"]
    return [
        Commit("host", [], HOST),
        Commit("theirs", [], top("1")),
        Commit("host edit", ["host"], {**HOST, "config.yaml": "b"}),
        Commit("theirs edit", ["theirs"], top("2")),
        Commit("join", parents, {**HOST, "config.yaml": "b", **image("2")}),
        Commit("last", ["join"], last or {**HOST, "config.yaml": "b", **image("3")}),
    ]


@pytest.mark.parametrize("host_first", [True, False])
def test_a_history_merged_into_the_directory_comes_along_and_the_host_does_not(tmp_path, host_first):
    make(tmp_path / "s", joined(host_first=host_first))
    result = take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {"last": at("3"), "theirs edit": at("2"), "theirs": at("1")}
    assert [(one.path, one.commits) for one in result.reading.former_paths] == [(".", 2)]
    assert (
        git("-C", tmp_path / "d", "blame", "-s", "start").split()[0].lstrip("^")
        == git("-C", tmp_path / "d", "rev-list", "--max-parents=0", "main")[:7]
    )


def test_files_that_both_roots_have_belong_to_the_history_they_are_in(tmp_path):
    shared = {"README.md": "theirs", "LICENSE": "same"}
    make(tmp_path / "s", [
        Commit("host", [], {**HOST, "LICENSE": "same"}),
        Commit("theirs", [], {**top("1"), **shared}),
        Commit("join", ["host", "theirs"], {
            **HOST, "LICENSE": "same", **image("1", **{"README.md": "theirs", "LICENSE": "same"}),
        }),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {"theirs": {**at("1"), **shared}}


def test_an_update_merged_later_comes_along_too(tmp_path):
    make(tmp_path / "s", [
        Commit("host", [], HOST),
        Commit("theirs", [], top("1")),
        Commit("join", ["host", "theirs"], {**HOST, **image("1")}),
        Commit("ours", ["join"], {**HOST, **image("1", own="x")}),
        Commit("theirs edit", ["theirs"], top("2")),
        Commit("theirs again", ["theirs edit"], top("3")),
        Commit("update", ["ours", "theirs again"], {**HOST, **image("3", own="x")}),
        Commit("host edit", ["update"], {**HOST, "config.yaml": "z", **image("3", own="x")}),
    ])  # fmt: skip
    result = take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {
        "update": at("3", own="x"), "theirs again": at("3"), "theirs edit": at("2"), "ours": at("1", own="x"),
        "theirs": at("1"),
    }  # fmt: skip
    accounts = result.reading.accounts
    assert (accounts.kept, accounts.brought_in, accounts.dropped) == (2, 3, 3)


def test_a_squashed_subtree_and_its_update_come_along(tmp_path):
    make(tmp_path / "s", [
        Commit("host", [], HOST),
        Commit("squashed", [], top("1")),
        Commit("join", ["host", "squashed"], {**HOST, **image("1")}),
        Commit("ours", ["join"], {**HOST, **image("1", own="x")}),
        Commit("squashed again", ["squashed"], top("2")),
        Commit("update", ["ours", "squashed again"], {**HOST, **image("2", own="x")}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["update", "squashed again", "ours", "squashed"]


def test_an_unrelated_history_that_had_moved_its_files_is_followed_to_their_first_place(tmp_path):
    make(tmp_path / "s", [
        Commit("host", [], HOST),
        Commit("theirs", [], top("1")),
        Commit("theirs moved", ["theirs"], image("1")),
        Commit("join", ["host", "theirs moved"], {**HOST, **image("1")}),
    ])  # fmt: skip
    take(tmp_path / "s", tmp_path / "d", ask=yes)
    assert states(tmp_path / "d") == {"theirs": at("1")}


def test_without_former_paths_a_merged_history_stays_behind(tmp_path):
    make(tmp_path / "s", joined(host_first=True))
    take(tmp_path / "s", tmp_path / "d", follow=False)
    assert subjects(tmp_path / "d") == ["last", "join"]


def test_a_real_git_subtree_add_and_pull(tmp_path):
    """As git's own merges make it: `git subtree` is a script around these."""
    make(tmp_path / "host.git", [Commit("host", [], HOST)])
    make(tmp_path / "theirs.git", [Commit("theirs", [], top("1")), Commit("theirs edit", ["theirs"], top("2"))])
    work = tmp_path / "s"
    git("clone", "--quiet", tmp_path / "host.git", work)
    git("-C", work, "fetch", "--quiet", tmp_path / "theirs.git", "main")
    git("-C", work, "merge", "--quiet", "-s", "ours", "--no-commit", "--allow-unrelated-histories", "FETCH_HEAD")
    git("-C", work, "read-tree", f"--prefix={IMAGE}/", "-u", "FETCH_HEAD")
    git("-C", work, "commit", "--quiet", "-m", "join")
    take(work, tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["theirs edit", "theirs"]
