"""Edits are shown as git takes them, and written all or none."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages import disk
from hubimages.errors import BadInputError, RefusedError, StorageError
from hubimages.repository import file_edit
from hubimages.repository.file_edit import FileEdit

TEXTS = {
    "a line feed at the end": ("a: 1\nb: 2\n", "a: 1\nb: 3\n"),
    "no line feed at the end": ("a: 1\nb: 2", "a: 1\nb: 3"),
    "a line feed added": ("a: 1", "a: 1\n"),
    "carriage returns": ("a: 1\r\nb: 2\r\n", "a: 1\r\nb: 3\r\n"),
    "byte order mark": ("\ufeffa: 1\n", "\ufeffa: 2\n"),
    "characters that other programs take for line ends": ("a: x\u2028y\x0bz\x85\rw\n", "a: x\u2028y\x0bz\x85\rv\n"),
    "a new file": (None, "a: 1\n"),
    "a removed file": ("a: 1\n", None),
    "an emptied file": ("a: 1\n", ""),
}


@pytest.mark.parametrize("name", TEXTS)
def test_git_applies_the_diff_to_the_same_result_as_we_do(name: str, tmp_path: Path) -> None:
    before, after = TEXTS[name]
    edit = FileEdit("dir/values.yaml", before, after)
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    for root in (ours, theirs):
        (root / "dir").mkdir(parents=True)
        if before is not None:
            (root / edit.path).write_bytes(before.encode())
    subprocess.run(["git", "apply", "-"], cwd=theirs, input=edit.diff().encode(), check=True)
    file_edit.apply(ours, [edit])
    for root in (ours, theirs):
        found = (root / edit.path).read_bytes() if (root / edit.path).exists() else None
        assert found == (None if after is None else after.encode())


def test_what_does_not_change_has_no_diff_and_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_text("same")
    os.utime(file, ns=(1, 1))
    edit = FileEdit("a", "same", "same")
    file_edit.apply(tmp_path, [edit])
    assert (edit.diff(), file.stat().st_mtime_ns) == ("", 1)


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o750)
    (tmp_path / "link").symlink_to("real")
    file_edit.apply(tmp_path, [FileEdit("link", "old", "new")])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o750


def test_a_file_that_changed_meanwhile_stops_all_edits(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("somebody's")
    with pytest.raises(RefusedError, match="b has changed meanwhile"):
        file_edit.apply(tmp_path, [FileEdit("a", "a", "x"), FileEdit("b", "b", "x")])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "a", "b": "somebody's"}


def test_when_one_cannot_be_written_the_others_are_put_back(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("a file where a folder is needed")
    with pytest.raises(OSError):
        file_edit.apply(tmp_path, [FileEdit("a", "a", "x"), FileEdit("c", None, "x"), FileEdit("b/c", None, "x")])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {
        "a": "a",
        "b": "a file where a folder is needed",
    }


def test_what_is_read_is_every_byte_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert file_edit.read_text(tmp_path, "a") == "\ufeffa: 1\r\n"


@pytest.mark.parametrize(
    ("path", "message"),
    [("absent", "no file absent in"), ("latin", r"latin is not UTF-8 \(byte 3\)"), ("out", "out is a link out of")],
)
def test_what_cannot_be_read_is_named(path: str, message: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "outside").write_text("x")
    (root / "out").symlink_to("../outside")
    (root / "latin").write_bytes(b"caf\xe9")
    with pytest.raises(BadInputError, match=message):
        file_edit.read_text(root, path)


def test_a_file_that_is_written_already_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("after")
    (tmp_path / "b").write_text("before")
    edits = [FileEdit("a", "before", "after"), FileEdit("b", "before", "after"), FileEdit("gone", "before", None)]
    file_edit.apply(tmp_path, edits)
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "after", "b": "after"}


TWO = [FileEdit("a", "1\n2\n", "x\n2\n"), FileEdit("a", "x\n2\n", "x\ny\n")]


def test_an_edit_on_top_of_another_is_written_with_it(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n")
    file_edit.apply(tmp_path, TWO)
    assert (tmp_path / "a").read_text() == "x\ny\n"
    assert file_edit.combined(TWO) == [FileEdit("a", "1\n2\n", "x\ny\n")]
    assert file_edit.are_written(tmp_path, TWO)


@pytest.mark.parametrize("argv", [("git", "apply", "-"), ("patch", "-s", "-p1")], ids=lambda argv: argv[0])
def test_diffs_of_one_file_apply_together(argv: tuple[str, ...], tmp_path: Path) -> None:
    if not shutil.which(argv[0]):
        pytest.skip(f"{argv[0]} is not installed: apt-get install {argv[0]}")
    (tmp_path / "a").write_text("1\n2\n")
    subprocess.run(argv, cwd=tmp_path, input=file_edit.show(TWO).encode(), check=True)
    assert (tmp_path / "a").read_text() == "x\ny\n"


LOSING = {
    "both from the text as it is": [FileEdit("a", "1\n2\n", "x\n2\n"), FileEdit("a", "1\n2\n", "1\ny\n")],
    "the second removes the file": [FileEdit("a", "1\n2\n", "x\n2\n"), FileEdit("a", "1\n2\n", None)],
    "the second makes the file": [FileEdit("a", "1\n2\n", "x\n2\n"), FileEdit("a", None, "1\ny\n")],
    "made twice": [FileEdit("new", None, "x\n"), FileEdit("new", None, "y\n")],
    "two edits apart": [TWO[0], FileEdit("b", "b", "c"), FileEdit("a", "1\n2\n", "1\ny\n")],
    "by the name of a link": [FileEdit("a", "1\n2\n", "x\n2\n"), FileEdit("link", "1\n2\n", "1\ny\n")],
}


@pytest.mark.parametrize("name", LOSING)
def test_edits_of_which_one_would_be_lost_are_refused_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n")
    (tmp_path / "b").write_text("b")
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(RefusedError, match=r"would overwrite each other\. Nothing was written"):
        file_edit.apply(tmp_path, LOSING[name])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "1\n2\n", "b": "b", "link": "1\n2\n"}


def test_the_same_edit_by_the_name_of_a_link_is_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1\n2\n")
    (tmp_path / "link").symlink_to("a")
    file_edit.apply(tmp_path, [TWO[0], FileEdit("link", "1\n2\n", "x\n2\n")])
    assert (tmp_path / "a").read_text() == "x\n2\n"


def test_a_file_that_is_not_what_was_shown_is_named(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("1\n2\n")
    edits = [*TWO, FileEdit("b", "1\n2\n", "z")]
    file_edit.apply(tmp_path, edits)
    file_edit.check_written(tmp_path, edits)
    (tmp_path / "a").write_text("x\n2\n")
    with pytest.raises(StorageError, match=r"^a: changed after it was written, probably by another program"):
        file_edit.check_written(tmp_path, edits)


@pytest.mark.parametrize("name", ["n" * 255, "ü" * 127, os.fsdecode(b"\xff" * 255)])
def test_a_file_with_any_name_can_be_edited(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("a")
    file_edit.apply(tmp_path, [FileEdit(name, "a", "b")])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {name: "b"}


def test_what_a_killed_run_left_is_removed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    (tmp_path / f"{disk.FILE}xyz").write_text("half")
    file_edit.apply(tmp_path, [FileEdit("a", "a", "b")])
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_folders_that_were_made_go_when_the_edit_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "gone").write_text("x")
    (tmp_path / "gone").chmod(0o750)
    (tmp_path / "kept").mkdir()
    edits = [FileEdit("new/folder/a", None, "a"), FileEdit("gone", "x", None), FileEdit("kept/a", None, "a")]
    undo = file_edit.apply(tmp_path, edits)
    assert undo.back() == []
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {"gone": 0o750, "kept": 0o755}


def test_a_text_that_does_not_read_as_it_was_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"^a: changed after it was written"):
        file_edit.apply(tmp_path, [FileEdit("a", None, "caf\udcc3\udca9")])  # two bytes that are one character


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_mode_that_others_get_and_the_mask_stays(mask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        file_edit.apply(tmp_path, [FileEdit("new", None, "a")])
    finally:
        found = os.umask(before)
    assert (stat.S_IMODE((tmp_path / "new").stat().st_mode), found) == (mode, mask)


def test_what_is_taken_back_leaves_what_somebody_has_written_since(tmp_path: Path) -> None:
    texts = {"a": "1", "b": "1", "c": "1", "d": "1"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    undo = file_edit.apply(tmp_path, [FileEdit(name, "1", "2") for name in texts] + [FileEdit("n/new", None, "2")])
    assert undo.changed() == {}
    (tmp_path / "b").write_text("by a hook")
    (tmp_path / "c").write_text("somebody's")
    (tmp_path / "d").write_text("1")
    (tmp_path / "n/beside").write_text("somebody's")
    assert undo.changed() == {"b": "by a hook", "c": "somebody's", "d": "1"}
    assert undo.back({"b": "by a hook"}) == ["c"]
    found = {str(file.relative_to(tmp_path)): file.read_text() for file in tmp_path.rglob("*") if file.is_file()}
    assert found == {"a": "1", "b": "1", "c": "somebody's", "d": "1", "n/beside": "somebody's"}


def test_a_file_that_cannot_be_put_back_is_named_and_the_others_are(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "below").mkdir()
    (tmp_path / "below/b").write_text("1")
    undo = file_edit.apply(tmp_path, [FileEdit("a", "1", "2"), FileEdit("below/b", "1", None)])
    (tmp_path / "below").rmdir()
    (tmp_path / "below").write_text("a file now")
    assert undo.back() == ["below/b"]
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "1", "below": "a file now"}


@pytest.mark.parametrize("path", ["../outside", "folder/../../outside", "out/outside", "link", "{tmp}/outside"])
def test_a_file_outside_is_not_read(path: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "outside").write_text("secret")
    (root / "out").symlink_to("..")
    (root / "link").symlink_to("out/outside")
    path = path.format(tmp=tmp_path)
    with pytest.raises(BadInputError) as error:
        file_edit.read_text(root, path)
    assert str(error.value) == f"{path} is a link out of {root}; give the repository that holds the file"


@pytest.mark.parametrize("path", ["folder/a", "folder/../a", "link", "to/a", "{root}/a"])
def test_a_file_inside_is_read_by_whatever_way(path: str, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    for name in ("a", "folder/a"):
        (root / name).write_text("text")
    (root / "link").symlink_to("folder/a")
    (root / "to").symlink_to("folder")
    (tmp_path / "by-a-link").symlink_to("root")
    for top in (root, tmp_path / "by-a-link"):
        assert file_edit.read_text(top, path.format(root=top)) == "text"


@pytest.mark.parametrize("content", [b"\0", b"a\0b", b"caf\xe9\n", b"\xff", b"\x80"])
def test_a_removed_file_that_is_no_text_is_shown_as_git_shows_it(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    for argv in (("init", "-q"), ("add", "a")):
        subprocess.run(["git", *argv], cwd=tmp_path, check=True)
    (tmp_path / "a").unlink()
    argv = ("git", "diff", "--full-index")
    shown = subprocess.run(argv, cwd=tmp_path, check=True, capture_output=True).stdout.decode("utf-8", "replace")
    edit = FileEdit("a", content.decode("utf-8", "surrogateescape"), None)
    lines = 4 if b"\0" in content else 3  # git shows text in another encoding, which a diff in UTF-8 cannot hold
    assert edit.diff().splitlines()[:lines] == shown.splitlines()[:lines]


def test_edits_of_a_file_that_is_made_and_removed_in_between_are_shown_as_one(tmp_path: Path) -> None:
    made = [FileEdit("new", None, "1\n"), FileEdit("a", "a\n", "b\n"), FileEdit("new", "1\n", "2\n")]
    assert file_edit.show(made) == made[1].diff() + FileEdit("new", None, "2\n").diff()
    gone = [FileEdit("new", None, "1\n"), FileEdit("a", "a\n", "b\n"), FileEdit("new", "1\n", None)]
    assert file_edit.show(gone) == gone[1].diff()
    apart = [FileEdit("a", "a\n", "b\n"), FileEdit("new", None, "1\n"), FileEdit("a", "b\n", "c\n")]
    assert file_edit.show(apart) == "".join(each.diff() for each in apart)


def test_edits_count_as_written_only_if_each_file_is_what_it_becomes(tmp_path: Path) -> None:
    edits = [FileEdit("a", "1", "2"), FileEdit("b", "1", None)]
    for a, b, written in (("2", None, True), ("1", None, False), ("2", "1", False), (None, None, False)):
        for name, text in (("a", a), ("b", b)):
            (tmp_path / name).unlink(missing_ok=True)
            if text is not None:
                (tmp_path / name).write_text(text)
        assert file_edit.are_written(tmp_path, edits) is written
        if written:
            file_edit.check_written(tmp_path, edits)
        else:
            with pytest.raises(StorageError, match="changed after it was written"):
                file_edit.check_written(tmp_path, edits)


def test_a_folder_in_the_place_of_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / f"{disk.FILE}folder").mkdir()
    (tmp_path / "a").write_text("1")
    with pytest.raises(RefusedError, match="b has changed meanwhile"):
        file_edit.apply(tmp_path, [FileEdit("a", "1", "2"), FileEdit("b", "1", "2")])
    file_edit.apply(tmp_path, [FileEdit("a", "1", "2")])
    assert sorted(each.name for each in tmp_path.iterdir()) == [f"{disk.FILE}folder", "a"]


@pytest.mark.parametrize(("before", "after", "shown"), [
    (None, "1\n", "--- /dev/null\n+++ b/a\n@@ -0,0 +1 @@\n+1\n"),
    ("1\n", None, "--- a/a\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n"),
    ("1\0\n", "2\0\n", "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\0\n+2\0\n"),
    ("1", "2", "--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+2\n\\ No newline at end of file\n"),
    ("1", "1", ""),
    ("\0", "\0", ""),
    (None, None, ""),
])  # fmt: skip
def test_an_edit_is_shown_as_a_unified_diff(before: str | None, after: str | None, shown: str) -> None:
    assert FileEdit("a", before, after).diff() == shown


def test_what_cannot_be_put_in_place_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "folder/below").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        file_edit.apply(tmp_path, [FileEdit("folder", None, "x")])
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["folder", "folder/below"]


KILLED_WHILE_IT_WRITES = """
import resource, signal, sys
from pathlib import Path
from hubimages.repository import file_edit
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the system ends who writes more than the limit
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (4, 4))
file_edit.apply(Path(sys.argv[1]), [file_edit.FileEdit("a", "before", "after that")])
"""


def test_a_run_that_is_killed_while_it_writes_leaves_the_file_whole_and_the_next_run_cleans_up(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("before")
    env = {**os.environ, "PYTHONPATH": str(Path(file_edit.__file__).parents[2])}
    argv = [sys.executable, "-c", KILLED_WHILE_IT_WRITES, str(tmp_path)]
    assert subprocess.run(argv, env=env, check=False).returncode == -signal.SIGXFSZ
    left, name = sorted(file.name for file in tmp_path.iterdir())
    assert (left.startswith(disk.FILE), name, (tmp_path / "a").read_text()) == (True, "a", "before")
    file_edit.apply(tmp_path, [FileEdit("a", "before", "after that")])
    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == {"a": "after that"}
