"""Files are replaced whole, and what a killed run has left goes with the next one; what a living run uses stays."""

import contextlib
import errno
import fcntl
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from hubimages import disk
from hubimages.disk import locks, temporary, whole_files
from hubimages.errors import BadInputError, StorageError
from tests.descriptors import descriptors
from tests.repository.test_disks import small_disk

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
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        is_root = os.geteuid() == 0
        if is_root:
            os.chown(folder, 65534, -1)
            os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            if is_root:
                os.seteuid(0)
            Path(folder).chmod(0o755)


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


def test_a_file_that_is_written_in_its_place_has_its_content_again_if_that_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old" * 1000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            whole_files._write_in_place(tmp_path / "file", b"n" * 10000)
        assert (tmp_path / "file").read_text() == "old" * 1000
        whole_files._write_in_place(tmp_path / "file", b"n" * 4096)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (tmp_path / "file").read_text() == "n" * 4096


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other users")
def test_root_leaves_a_file_to_its_owner(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    os.chown(tmp_path / "file", 12345, 23456)
    (tmp_path / "file").chmod(0o4640)
    disk.write_whole(tmp_path / "file", b"\xff")
    assert (tmp_path / "file").read_bytes() == b"\xff"
    facts = (tmp_path / "file").stat()
    assert (facts.st_uid, facts.st_gid, facts.st_mode & 0o7777) == (12345, 23456, 0o4640)


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


@pytest.fixture(autouse=True)
def no_descriptor_stays_open() -> Iterator[None]:
    before = descriptors()
    yield
    assert descriptors() == before


@pytest.mark.parametrize(("needed", "fails", "stays"), [
    (None, False, False), (None, True, False), (True, False, False), (True, True, True), (False, True, False),
])  # fmt: skip
def test_a_record_stays_only_where_a_block_fails_that_needs_it(
    needed: bool | None, fails: bool, stays: bool, tmp_path: Path
) -> None:
    place = tmp_path / "deep/records/one.json"
    with (
        contextlib.suppress(ZeroDivisionError),
        disk.record(place, "facts\udcff", needed=None if needed is None else lambda: needed),
    ):
        assert place.read_bytes() == b"facts\xff"
        assert place.stat().st_mode & 0o777 == 0o600
        if fails:
            raise ZeroDivisionError
    assert place.exists() == place.parent.exists() == stays


def test_a_record_holds_space_until_it_is_given_up(tmp_path: Path) -> None:
    with disk.record(tmp_path / "one.json", "ä", spare=100) as free:
        assert (tmp_path / "one.json").stat().st_size == 102
        free()
        assert (tmp_path / "one.json").read_bytes() == "ä".encode()


def test_a_record_that_is_read_goes_unless_it_is_needed_and_other_files_beside_it_stay(tmp_path: Path) -> None:
    place = tmp_path / "records/one.json"
    with pytest.raises(ZeroDivisionError), disk.record(place, "facts\udcff", needed=lambda: True):
        raise ZeroDivisionError
    with disk.left_record(place, needed=lambda: True) as left:
        assert left == "facts\udcff"
    with pytest.raises(ZeroDivisionError), disk.left_record(place) as left:
        assert left == "facts\udcff"
        raise ZeroDivisionError
    assert place.exists()
    with disk.left_record(place):
        pass
    assert not place.parent.exists()
    with pytest.raises(ZeroDivisionError), disk.record(place, "facts\udcff", needed=lambda: True):
        raise ZeroDivisionError
    (place.parent / "theirs").touch()
    with disk.left_record(place, needed=lambda: False) as left:
        assert left == "facts\udcff"
    assert [each.name for each in place.parent.iterdir()] == ["theirs"]
    with disk.left_record(place) as left:
        assert left is None
    (place.parent / f"{disk.FILE}of-a-killed-run").touch()
    with disk.record(place, "more"):
        assert sorted(each.name for each in place.parent.iterdir()) == ["one.json", "theirs"]
    assert [each.name for each in place.parent.iterdir()] == ["theirs"]


def test_a_record_that_cannot_be_written_is_an_error_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError), disk.record(tmp_path / "file/one.json", ""):
        pass
    monkeypatch.setattr(Path, "replace", failing(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(StorageError, match="disk is full"), disk.record(tmp_path / "records/one.json", ""):
        pass
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    monkeypatch.undo()
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda *places: replace(*places) and failing(KeyboardInterrupt())())
    with pytest.raises(KeyboardInterrupt), disk.record(tmp_path / "one.json", ""):
        pass


def failing(error: BaseException) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def test_facts_are_those_of_an_object_and_none_of_what_a_crash_cut_off() -> None:
    texts = ('{"a": 1}', None, "", '{"a": ', "[1]", "\x00\x00")
    assert [disk.facts(text) for text in texts] == [{"a": 1}, {}, {}, {}, {}, {}]


def test_on_a_file_system_without_locks_all_works_and_nothing_of_another_run_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, edit = tmp_path / f"{temporary.DIRECTORY}x", tmp_path / f"{disk.FILE}x"
    left.mkdir()
    edit.touch()
    for number in disk.NO_LOCKS:
        monkeypatch.setattr("fcntl.flock", failing(OSError(number, "x")))
        with disk.temporary_directory("test", tmp_path) as folder:
            assert folder.is_dir()
        disk.write_whole(tmp_path / "file", str(number))
        assert (tmp_path / "file").read_text() == str(number)
        assert sorted(tmp_path.iterdir()) == sorted([left, edit, tmp_path / "file"])
        (tmp_path / "file").unlink()
    monkeypatch.setattr("fcntl.flock", failing(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output error"), disk.temporary_directory("test", tmp_path):
        pass


def test_only_what_a_killed_run_of_this_user_left_is_removed(tmp_path: Path) -> None:
    theirs = [tmp_path / f"{temporary.DIRECTORY}{name}" for name in ("file", "link", "other")]
    theirs[0].touch()
    (tmp_path / "elsewhere").mkdir()
    theirs[1].symlink_to("elsewhere")
    theirs[2].mkdir()
    if os.geteuid() == 0:
        os.chown(theirs[2], 12345, -1)
    else:
        theirs.pop()
    for number in range(10):
        (tmp_path / f"{temporary.DIRECTORY}{number}" / "deep").mkdir(parents=True)
    # Directories are listed in the order of their making, or backwards.
    theirs.append(tmp_path / f"{temporary.DIRECTORY}last")
    theirs[-1].touch()
    with disk.temporary_directory("test", tmp_path) as folder:
        assert folder.name.startswith(f"{temporary.DIRECTORY}test-")
        assert sorted(tmp_path.iterdir()) == sorted([*theirs, tmp_path / "elsewhere", folder])


def test_what_has_a_lock_stays_and_the_others_go(tmp_path: Path) -> None:
    held, left = tmp_path / f"{disk.FILE}held", tmp_path / f"{disk.FILE}left"
    held.touch()
    left.touch()
    with held.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        disk.write_new(tmp_path / "file", "new\udcff")
        assert sorted(tmp_path.iterdir()) == [held, tmp_path / "file"]
    assert (tmp_path / "file").read_bytes() == b"new\xff"


def test_another_run_may_take_a_new_directory_or_file_for_a_leftover_before_it_has_its_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_it, seen = fcntl.flock, [0]

    def first_three_of_four_fail(descriptor: int, how: int) -> None:
        seen[0] += 1
        if seen[0] == 1:
            raise BlockingIOError
        if seen[0] < 4:
            place = next(each for each in tmp_path.iterdir() if os.path.samestat(os.fstat(descriptor), each.stat()))
            remove, make = (Path.rmdir, Path.mkdir) if place.is_dir() else (Path.unlink, Path.touch)
            remove(place)
            if seen[0] == 3:  # and another run makes one by its name
                make(place)
        lock_it(descriptor, how)

    monkeypatch.setattr("fcntl.flock", first_three_of_four_fail)
    path, lock = temporary._locked_directory(tmp_path, "test")
    assert (path.is_dir(), seen) == (True, [4])
    os.close(lock)
    seen[0] = 0
    descriptor, path = locks.locked_file(tmp_path, 0o600)
    assert (path.is_file(), seen) == (True, [4])
    os.close(descriptor)


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_run_that_ends_while_it_locks_a_file_leaves_none(
    is_taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object) -> None:
        monkeypatch.undo()
        if is_taken:
            next(tmp_path.iterdir()).unlink()
        raise KeyboardInterrupt

    monkeypatch.setattr(fcntl, "flock", end)
    with pytest.raises(KeyboardInterrupt):
        locks.locked_file(tmp_path, 0o600)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reading = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    disk.write_whole(tmp_path / "pipe", "text")
    assert os.read(reading, 100) == b"text"
    os.close(reading)
    assert [each.name for each in tmp_path.iterdir()] == ["pipe"]


def test_a_directory_is_removed_though_a_program_still_writes_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, remove, waited = tmp_path / "folder", shutil.rmtree, []

    def remove_and_write(path: Path, **more: bool) -> None:
        remove(path, **more)
        if len(waited) < 2:
            path.mkdir()

    folder.mkdir()
    monkeypatch.setattr("shutil.rmtree", remove_and_write)
    monkeypatch.setattr("time.sleep", waited.append)
    disk.remove(folder)
    assert (folder.exists(), waited) == (False, [0.05, 0.05])
    disk.remove(tmp_path / "missing")
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    folder.mkdir()
    disk.remove(folder)
    assert len(waited) == 2 + temporary.REMOVAL_ATTEMPTS


def test_what_fails_before_its_end_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("old")
    for error in (OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EIO, "Input/output error")):
        monkeypatch.setattr(Path, "replace", failing(error))
        with pytest.raises(OSError, match=error.strerror) as failed:
            disk.write_whole(tmp_path / "file", "new")
        assert failed.value.filename == str(tmp_path / "file")
    monkeypatch.setattr(os, "link", failing(OSError(errno.EPERM, "Operation not permitted")))
    with pytest.raises(PermissionError) as failed:
        disk.write_new(tmp_path / "new", "new")
    assert failed.value.filename == str(tmp_path / "new")
    with pytest.raises(BadInputError, match=r"no directory .*missing\. Make it, or name another file$"):
        disk.write_new(tmp_path / "missing/new", "new")
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("file", "old")]


def test_a_file_without_a_name_is_written_and_read_with_and_without_memory_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = tempfile.TemporaryFile
    for where in (pytest.fail, files):
        monkeypatch.setattr("tempfile.TemporaryFile", where if hasattr(os, "memfd_create") else files)
        with disk.unnamed_file() as file:
            file.write(b"text")
            file.seek(0)
            assert file.read() == b"text"
        monkeypatch.delattr(os, "memfd_create", raising=False)


@pytest.mark.parametrize("tmpdir", ["", "set"])
def test_a_place_in_memory_is_taken_where_there_is_room_and_nobody_named_another(tmp_path, monkeypatch, tmpdir):
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path)
    monkeypatch.setenv("TMPDIR", tmpdir)
    assert disk.in_memory() == (None if tmpdir else tmp_path)
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path / "not-there")
    assert disk.in_memory() is None


@pytest.mark.parametrize(("blocks", "files", "room"), [(4096, 1000, True), (4095, 1000, False), (4096, 999, False)])
def test_there_is_room_in_memory_for_sixteen_megabytes_in_a_thousand_files(
    blocks: int, files: int, room: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(temporary, "IN_MEMORY", tmp_path)
    monkeypatch.delenv("TMPDIR", raising=False)
    facts = SimpleNamespace(f_bavail=blocks, f_frsize=4096, f_favail=files)
    monkeypatch.setattr(os, "statvfs", lambda _: facts)
    assert disk.in_memory() == (tmp_path if room else None)


def test_a_file_that_nobody_else_may_read_is_at_no_time_another_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    change = Path.chmod
    monkeypatch.setattr(Path, "chmod", lambda path, mode: (modes.append(path.stat().st_mode), change(path, mode)))
    disk.write_whole(tmp_path / "secret", "new", 0o400)
    assert [mode & 0o777 for mode in (*modes, (tmp_path / "secret").stat().st_mode)] == [0o600, 0o400]


def test_no_file_of_somebody_else_is_taken_for_the_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _: "x")
    theirs = tmp_path / f"{disk.FILE}x"
    theirs.write_text("theirs")
    with theirs.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(FileExistsError):
            disk.write_whole(tmp_path / "file", "new")
    assert theirs.read_text() == "theirs"


def test_a_record_that_another_run_replaces_meanwhile_is_not_ours_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, lock = tmp_path / "records/one.json", fcntl.flock
    with pytest.raises(ZeroDivisionError), disk.record(place, "first", needed=lambda: True):
        raise ZeroDivisionError

    def replace(descriptor: int, how: int) -> None:
        lock(descriptor, how)
        (place.parent / "new").write_text("second")
        (place.parent / "new").replace(place)

    monkeypatch.setattr(fcntl, "flock", replace)
    with disk.left_record(place) as left:
        assert left is None
    assert place.read_text() == "second"


@pytest.mark.parametrize("missing", ["missing", "x" * 300])
def test_the_folder_for_temporary_files_is_found_without_writing_into_it(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path / missing))
    monkeypatch.setenv("TEMP", str(tmp_path))
    os.utime(tmp_path, (0, 0))
    assert disk.folder() == tmp_path
    assert tmp_path.stat().st_mtime == 0


@pytest.mark.parametrize("options", ["size=4k", "ro"])
def test_a_full_or_read_only_folder_for_temporary_files_is_passed_over(
    options: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TEMP", str(tmp_path))
    with small_disk(tmp_path / "disk", options) as place:
        if options != "ro":
            (place / "full").write_bytes(bytes(4096))
        monkeypatch.setenv("TMPDIR", str(place))
        assert disk.folder() == tmp_path
