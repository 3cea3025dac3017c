"""Files are replaced whole, and what a killed run has left goes with the next one; what a living run uses stays."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages import disk
from hubimages.errors import BadInputError

HOLD = """
import os, signal, sys
from pathlib import Path
from hubimages import disk
with disk.temporary_directory("test") as folder, disk.record(Path(sys.argv[1]), "facts"):
    (folder / "file").write_text("half")
    print(folder, flush=True)
    sys.stdin.read()
"""


def hold(place: Path) -> tuple["subprocess.Popen[str]", Path]:
    """Start a process with a temporary directory and a record."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(place / "record")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(place)},
    )  # fmt: skip
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_a_directory_of_a_living_run_stays_and_that_of_a_killed_one_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "stays").touch()
    process, folder = hold(tmp_path)
    with disk.temporary_directory("test"), disk.left_record(tmp_path / "record") as left:
        assert left is None
    assert (folder / "file").exists()
    process.kill()
    process.communicate()
    with disk.temporary_directory("test") as mine:
        assert [each for each in tmp_path.iterdir() if each.is_dir()] == [mine]
    with disk.left_record(tmp_path / "record") as left:
        assert left == "facts"
    assert not (tmp_path / "record").exists()


def test_a_run_that_ends_leaves_neither(tmp_path: Path) -> None:
    (tmp_path / "stays").touch()
    process, _ = hold(tmp_path)
    process.communicate("")
    assert process.returncode == 0
    assert [each.name for each in tmp_path.iterdir()] == ["stays"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_directory_of_somebody_else_by_its_name_stays(number: signal.Signals, tmp_path: Path) -> None:
    others = [tmp_path / "hubimages-engine-1", tmp_path / "hubimages-build-1.log"]
    others[0].mkdir()
    others[1].write_text("log")
    process, _ = hold(tmp_path)
    process.send_signal(number)
    process.communicate()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path))
        with disk.temporary_directory("test"):
            pass
    assert sorted(others) == sorted(each for each in tmp_path.iterdir() if each.name != "record")


def test_a_file_is_replaced_with_its_mode_and_through_its_link(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    (tmp_path / f"{disk.FILE}of-a-killed-run").write_text("half")
    disk.write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "file").read_text(), (tmp_path / "file").stat().st_mode & 0o777) == ("new", 0o640)
    disk.write_whole(tmp_path / "link", "own", keep_link=False)
    assert ((tmp_path / "link").read_text(), (tmp_path / "file").read_text()) == ("own", "new")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "link"]


def test_a_new_file_follows_the_umask_which_no_other_thread_sees_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = os.umask
    before = change(0o027)
    try:
        monkeypatch.setattr(os, "umask", lambda mask: pytest.fail(f"umask {mask:o}, for all threads"))
        disk.write_whole(tmp_path / "new", "new")
        disk.write_whole(tmp_path / "secret", "new", 0o600)
    finally:
        monkeypatch.undo()
        change(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("new", "secret")] == [0o640, 0o600]


@contextlib.contextmanager
def as_other_user() -> Iterator[Path]:
    """Be a user whom directories' modes hold, in a directory that every user reaches."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            Path(folder).chmod(0o755)
            if is_root:
                os.seteuid(0)


def test_a_file_in_a_directory_where_none_can_be_made_is_written_in_its_place() -> None:
    with as_other_user() as folder:
        for name in ("file", "read-only"):
            (folder / name).write_text("a longer old text")
        (folder / "link").symlink_to("file")
        (folder / "read-only").chmod(0o444)
        folder.chmod(0o555)
        disk.write_whole(folder / "file", "new")
        for name in ("read-only", "missing"):
            with pytest.raises(PermissionError) as failed:
                disk.write_whole(folder / name, "newer")
            assert failed.value.filename == str(folder / name)
        with pytest.raises(PermissionError):
            disk.write_whole(folder / "link", "newer", keep_link=False)
        assert ((folder / "file").read_text(), (folder / "read-only").read_text()) == ("new", "a longer old text")


FILL = """
import resource, signal, sys
from pathlib import Path
from hubimages import disk
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    disk._write_in_place(Path(sys.argv[1]), b"n" * 10000)
except OSError as error:
    print(error.strerror)
"""


def test_a_file_that_is_written_in_its_place_has_its_content_again_if_that_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old" * 1000)
    done = subprocess.run(
        [sys.executable, "-c", FILL, str(tmp_path / "file")], capture_output=True, text=True, check=True
    )
    assert done.stdout == "File too large\n"
    assert (tmp_path / "file").read_text() == "old" * 1000


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other users")
def test_root_leaves_a_file_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    os.chown(tmp_path / "file", 12345, 23456)
    (tmp_path / "file").chmod(0o640)
    disk.write_whole(tmp_path / "file", "new")
    facts = (tmp_path / "file").stat()
    assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o7777) == (12345, 23456, 0o640)


def test_a_file_that_cannot_be_written_is_named_and_stays(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"no directory .*missing"):
        disk.write_whole(tmp_path / "missing/file", "new")
    with pytest.raises(OSError, match="Is a directory") as failed:
        disk.write_whole(tmp_path, "new")
    assert failed.value.filename == str(tmp_path)
    disk.write_new(tmp_path / "file", "first")
    with pytest.raises(FileExistsError):
        disk.write_new(tmp_path / "file", "second")
    assert (tmp_path / "file").read_text() == "first"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_run_that_ends_leaves_the_record_of_another(tmp_path: Path) -> None:
    place = tmp_path / "records/one.json"
    with contextlib.ExitStack() as first, contextlib.ExitStack() as second:
        first.enter_context(disk.record(place, "first"))
        second.enter_context(disk.record(place, "second"))
        first.close()
        assert place.read_text() == "second"
        second.close()
        assert not place.parent.exists()


@pytest.mark.parametrize("tmpdir", ["", "set"])
def test_a_place_in_memory_is_taken_where_there_is_room_and_nobody_named_another(tmp_path, monkeypatch, tmpdir):
    monkeypatch.setattr(disk, "IN_MEMORY", tmp_path)
    monkeypatch.setenv("TMPDIR", tmpdir)
    assert disk.in_memory() == (None if tmpdir else tmp_path)
    monkeypatch.setattr(disk, "ENOUGH", shutil.disk_usage(tmp_path).total)
    assert disk.in_memory() is None
    monkeypatch.setattr(disk, "IN_MEMORY", tmp_path / "not-there")
    assert disk.in_memory() is None
