"""What a person would not expect is said before they go on, and nothing is left behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time

import pytest

from hubimages import extract
from hubimages.errors import BadInputError, RefusedError
from hubimages.extract import Request, plan_extraction
from tests.extract.taking import IMAGE, image, take, yes
from tests.histories import Commit, commit_object, git, make, subjects


@pytest.mark.parametrize(("path", "target", "said"), [
    ("images/link", "hub", "images/link is a symlink to hub at main. Give images/hub as IMAGE_DIR"),
    ("link/hub", "images", "link is a symlink to images at main. Give images/hub as IMAGE_DIR"),
    ("images/dead", "no/where", "images/dead is a symlink to no/where at main. There is no such directory in SOURCE"),
    ("images/out", "../../x", "images/out is a symlink to ../../x at main. There is no such directory in SOURCE"),
])  # fmt: skip
def test_a_symlink_is_refused_as_what_it_is(tmp_path, path, target, said):
    link = path.removesuffix("/hub") if path.startswith("link") else path
    make(tmp_path / "s", [Commit("add", [], {**image("1"), link: target}, modes={link: "120000"})])
    with pytest.raises(BadInputError) as error:
        take(tmp_path / "s", tmp_path / "d", path)
    assert str(error.value) == said


def test_a_directory_that_moved_and_left_a_symlink_is_refused_with_its_new_place(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1", "old")),
        Commit("move", ["add"], {**image("1"), "old": IMAGE}, modes={"old": "120000"}),
    ])  # fmt: skip
    with pytest.raises(BadInputError, match=r"^old is a symlink to images/hub at main\. Give images/hub as IMAGE_DIR$"):
        take(tmp_path / "s", tmp_path / "d", "old")


def test_a_tilde_at_the_beginning_of_a_name_is_a_name(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1", "~img"))])
    take(tmp_path / "s", tmp_path / "d", "~img")
    assert subjects(tmp_path / "d") == ["add"]


def test_an_origin_without_main_is_named_and_not_pushed_to(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    make(tmp_path / "origin", [Commit("x", [], {"x": "x"})], {"master": "x"})
    git("-C", tmp_path / "origin", "update-ref", "-d", "refs/heads/main")
    origin = str(tmp_path / "origin")
    result = take(tmp_path / "s", tmp_path / "d", origin=origin)
    assert f"{origin} has master and no main: a push puts an unrelated main beside it" in result.warnings
    with pytest.raises(RefusedError, match=r"has master and no main: the push would put an unrelated main beside it\."):
        take(tmp_path / "s", tmp_path / "e", origin=origin, push=True)
    assert git("-C", tmp_path / "origin", "for-each-ref", "--format=%(refname)") == "refs/heads/master"


def test_edits_that_are_not_committed_and_commits_that_are_not_fetched_are_named(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1")), Commit("more", ["add"], image("2"))])
    clone = tmp_path / "clone"
    git("clone", "--quiet", tmp_path / "s", clone)
    git("-C", clone, "reset", "--quiet", "--hard", "HEAD~1")
    assert take(clone, tmp_path / "a").warnings == ["main is 1 commit behind origin/main: --ref origin/main has them"]
    (clone / IMAGE / "start").write_text("edited\n")
    (clone / IMAGE / "new").write_text("new\n")
    (clone / IMAGE / "apt.txt").touch()
    (clone / IMAGE / "staged").write_text("x")
    git("-C", clone, "add", f"{IMAGE}/staged")
    (clone / "elsewhere").write_text("x")
    said = take(clone, tmp_path / "b").warnings
    assert said[0] == f"uncommitted edits in {IMAGE} stay behind: {IMAGE}/new, {IMAGE}/staged, {IMAGE}/start"
    assert take(clone, tmp_path / "c", ref="main").warnings == said[1:]


def test_a_file_that_was_removed_and_one_that_became_executable_are_edits_too(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    clone = tmp_path / "clone"
    git("clone", "--quiet", tmp_path / "s", clone)
    (clone / IMAGE / "apt.txt").unlink()
    (clone / IMAGE / "start").chmod(0o755)
    request = extract.Request(str(clone), IMAGE, tmp_path / "d", template=False)
    said = f"uncommitted edits in {IMAGE} stay behind: {IMAGE}/apt.txt, {IMAGE}/start"
    assert extract.plan_extraction(request).warnings == [said]
    git("-C", clone, "config", "core.fileMode", "false")
    assert extract.plan_extraction(request).warnings == [said.rpartition(", ")[0]]


def test_a_branch_that_went_another_way_than_its_upstream_is_named(tmp_path):
    make(tmp_path / "s", [
        Commit("add", [], image("1")), Commit("mine", ["add"], image("2")), Commit("theirs", ["add"], image("3")),
    ], {"mine": "mine"})  # fmt: skip
    clone = tmp_path / "clone"
    git("clone", "--quiet", tmp_path / "s", clone)
    git("-C", clone, "reset", "--quiet", "--hard", "origin/mine")
    request = extract.Request(str(clone), IMAGE, tmp_path / "d", template=False)
    assert extract.plan_extraction(request).warnings == [
        "main is 1 commit behind origin/main: --ref origin/main has them"
    ]


def test_a_commit_without_an_author_keeps_none_and_is_counted(tmp_path):
    ids = make(tmp_path / "s", [Commit("add", [], image("1"))])
    tree = git("-C", tmp_path / "s", "rev-parse", "main^{tree}")
    who = "author  <> 1500000000 +0100\ncommitter Bo <b@example.org> 1600000000 +0000"
    commit_object(tmp_path / "s", f"tree {tree}\n{who}\n\nnobody\n".encode())
    result = take(tmp_path / "s", tmp_path / "d")
    assert git("-C", tmp_path / "d", "cat-file", "commit", "main").split("\n")[1] == "author  <> 1500000000 +0100"
    assert "1 commit have an author without name and address" in result.warnings
    assert ids


@pytest.mark.parametrize("date", ["-3600 +0100", "1800 -0100", "0 -1200", "18446744073709551614 +0000"])
def test_a_date_before_1970_or_far_away_is_kept(tmp_path, date):
    ids = make(tmp_path / "s", [Commit("add", [], image("1"))])
    tree = git("-C", tmp_path / "s", "rev-parse", f"{ids['add']}^{{tree}}")
    who = f"author Ada <a@b> {date}\ncommitter Ada <a@b> {date}"
    commit_object(tmp_path / "s", f"tree {tree}\n{who}\n\nodd\n".encode())
    take(tmp_path / "s", tmp_path / "d")
    assert git("-C", tmp_path / "d", "cat-file", "commit", "main").split("\n")[1] == f"author Ada <a@b> {date}"


def test_a_nul_byte_in_a_message_is_named(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    tree = git("-C", tmp_path / "s", "rev-parse", "main^{tree}")
    who = "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000"
    commit_object(tmp_path / "s", f"tree {tree}\n{who}\n\nbefore\0after\n".encode())
    result = take(tmp_path / "s", tmp_path / "d")
    assert "1 message had a NUL byte: git reads no further, and the rest is lost" in result.warnings


@pytest.mark.parametrize("way", ["path", "file"])
def test_a_submodule_in_the_commit_of_the_move_is_no_obstacle(tmp_path, way):
    make(tmp_path / "s", [
        Commit("add", [], {**image("1", "old"), "old/sub": "1" * 40}, modes={"old/sub": "160000"}),
        Commit("move", ["add"], {**image("2"), f"{IMAGE}/sub": "2" * 40}, modes={f"{IMAGE}/sub": "160000"}),
    ])  # fmt: skip
    take(tmp_path / "s" if way == "path" else f"file://{tmp_path}/s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["move", "add"]


def link_gitmodules(repo):
    """Put a `.gitmodules` that is a link into the image: fast-import of newer git refuses one, mktree does not."""
    tree = git("-C", repo, "ls-tree", "-z", f"main:{IMAGE}").encode()
    blob = git("-C", repo, "hash-object", "-w", "--stdin", stdin=b"x")
    tree = git("-C", repo, "mktree", "-z", stdin=tree + f"120000 blob {blob}\t.gitmodules\0".encode())
    for part in reversed(IMAGE.split("/")):
        tree = git("-C", repo, "mktree", stdin=f"040000 tree {tree}\t{part}\n".encode())
    who = "A U Thor <a@example.org> 1600010000 +0000"
    parent = git("-C", repo, "rev-parse", "main")
    commit_object(repo, f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\nlink\n".encode())


def test_a_gitmodules_that_git_refuses_is_put_aside_or_refused_with_a_way_on(tmp_path):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    link_gitmodules(tmp_path / "s")
    with pytest.raises(RefusedError, match=r"^git does not check out \.gitmodules, which the image has\. Rename it"):
        take(tmp_path / "s", tmp_path / "d")
    make(tmp_path / "origin", [Commit("x", [], {"x": "x"})])
    take(tmp_path / "s", tmp_path / "d", template=True, origin=str(tmp_path / "origin"))
    assert (tmp_path / "d/gitmodules").is_symlink()


def test_the_source_is_only_read_and_nothing_is_left_for_temporary_files(tmp_path, monkeypatch):
    make(tmp_path / "s", [Commit("add", [], {**image("1"), "LICENSE": "x", "empty": ""})])
    git("-C", tmp_path / "s", "repack", "-adq")
    packs = sorted((tmp_path / "s/objects/pack").iterdir())
    for pack in packs:
        os.utime(pack, (1_000_000_000, 1_000_000_000))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    take(tmp_path / "s", tmp_path / "d", template=True)
    plan_extraction(Request(str(tmp_path / "s"), IMAGE, tmp_path / "e"))
    assert [pack.stat().st_mtime for pack in packs] == [1_000_000_000] * len(packs)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_dry_run_that_is_ended_leaves_nothing_after_the_next_one(tmp_path, how):
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    tmp = tmp_path / "tmp"
    tmp.mkdir()
    argv = [sys.executable, "-m", "hubimages", "extract-image", str(tmp_path / "s"), IMAGE, str(tmp_path / "d")]
    argv.append("--dry-run")
    environment = {**os.environ, "TMPDIR": str(tmp)}
    process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not list(tmp.rglob("scratch.git")):
        time.sleep(0.01)
    process.send_signal(how)
    process.wait()
    if how == signal.SIGTERM:
        assert list(tmp.iterdir()) == []
    subprocess.run(argv, env=environment, check=True, capture_output=True)
    assert list(tmp.iterdir()) == []


def test_the_next_steps_with_an_origin_are_those_of_its_own_repository(tmp_path):
    make(tmp_path / "origin", [Commit("x", [], {"x": "x"})])
    make(tmp_path / "s", [Commit("add", [], image("1"))])
    result = take(tmp_path / "s", tmp_path / "d", template=True, origin=str(tmp_path / "origin"))
    assert "README.md of origin's main says what is left to do there: secrets, the image's name." in result.next_steps
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "made.git")
    make(tmp_path / "t", [Commit("add", [], image("2", "images/lab"))])
    made = {"template": True, "origin": str(tmp_path / "made.git")}
    first = take(tmp_path / "s", tmp_path / "e", push=True, answers={"registry": "ghcr.io"}, **made)
    again = take(tmp_path / "t", tmp_path / "f", "images/lab", **made)
    package = "After the first push of the image, make the package public on GitHub. You need no secret."
    assert package in first.next_steps and package in again.next_steps
