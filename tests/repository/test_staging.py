"""A result is at DEST whole, or not at all, and nothing else is left beside it."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from hubimages.errors import BadInputError, HubImagesError, ProgramFailedError, RefusedError, StorageError
from hubimages.repository import staging
from tests.descriptors import descriptors

WORKER = """
import sys, time
from pathlib import Path
from hubimages.repository import staging
with staging.beside(Path(sys.argv[1])) as stage:
    (stage.path / "result").mkdir()
    (stage.path / "result" / "file").write_text("whole")
    print("ready", flush=True)
    time.sleep(60)
    stage.publish(stage.path / "result")
"""


def make(stage: staging.Stage) -> Path:
    result = stage.path / "result"
    result.mkdir()
    (result / "file").write_text("whole")
    return result


def tree(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*"))


def start_worker(dest: Path) -> "subprocess.Popen[str]":
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(dest)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


@pytest.mark.parametrize("dest", ["dest", "not/yet/dest", "../here/dest", "ünï cödé [x]*", "x" * 250])
def test_the_result_is_moved_to_dest_and_nothing_else_stays(tmp_path, monkeypatch, dest):
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with staging.beside(Path(dest)) as stage:
        assert not (here / dest).exists()
        stage.publish(make(stage))
    assert (here / dest / "file").read_text() == "whole"
    assert [path for path in tree(here) if "hubimages-" in path] == []


def test_an_empty_directory_is_replaced_through_a_link_too(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    with staging.beside(tmp_path / "link") as stage:
        stage.publish(make(stage))
    assert tree(tmp_path) == ["empty", "empty/file", "link"]


def test_the_result_has_the_permissions_it_was_made_with(tmp_path):
    with staging.beside(tmp_path / "dest") as stage:
        result = make(stage)
        result.chmod(0o2775)
        stage.publish(result)
    assert (tmp_path / "dest").stat().st_mode & 0o7777 == 0o2775


def test_what_a_run_left_that_was_killed_after_it_had_made_dest_goes_with_the_next_run_beside_it(tmp_path):
    left, other = tmp_path / ".dest.hubimages-left", tmp_path / ".dest.hubimages-other"
    for each in (left, other, tmp_path / "dest/.inner.hubimages-left"):
        each.mkdir(parents=True)
        (each / "file").touch()
    (left / staging.LOCK).touch()
    (tmp_path / "dest/.inner.hubimages-left" / staging.LOCK).touch()
    staging.remove_left(tmp_path / "dest")
    assert sorted(each.name for each in tmp_path.rglob("*")) == [other.name, "dest", "file"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_nothing_not_even_the_parents_it_made(tmp_path, error):
    (tmp_path / "there").mkdir()
    with pytest.raises(error), staging.beside(tmp_path / "there/a/b/dest") as stage:
        make(stage)
        raise error
    assert tree(tmp_path) == ["there"]


def test_parents_that_somebody_uses_meanwhile_stay(tmp_path):
    with pytest.raises(RuntimeError), staging.beside(tmp_path / "a/b/dest") as stage:
        (tmp_path / "a" / "theirs").write_text("")
        make(stage)
        raise RuntimeError
    assert tree(tmp_path) == ["a", "a/theirs"]


def occupied(tmp_path: Path) -> Path:
    (tmp_path / "dest").mkdir()
    (tmp_path / "dest" / ".hidden").write_text("theirs")
    return tmp_path / "dest"


def a_file(tmp_path: Path) -> Path:
    (tmp_path / "dest").write_text("theirs")
    return tmp_path / "dest"


def under_a_file(tmp_path: Path) -> Path:
    return a_file(tmp_path) / "below" / "dest"


def the_current_directory(tmp_path: Path) -> Path:
    (tmp_path / "dest").mkdir()
    os.chdir(tmp_path / "dest")
    return Path()


def a_loop_of_links(tmp_path: Path) -> Path:
    (tmp_path / "dest").symlink_to("dest")
    return tmp_path / "dest" / "below"


@pytest.mark.parametrize(
    ("prepare", "error", "message"),
    [
        (occupied, RefusedError, "is not empty"),
        (a_file, RefusedError, "is not a directory"),
        (under_a_file, BadInputError, "is not a directory|Not a directory"),
        (the_current_directory, RefusedError, "is the current directory"),
        (a_loop_of_links, BadInputError, "cannot be a directory"),
        (lambda _: Path("/"), BadInputError, "cannot be replaced"),
        (lambda tmp_path: tmp_path / "a\0b", BadInputError, "cannot be a directory"),
        (lambda tmp_path: tmp_path / ("x" * 300), BadInputError, "cannot be a directory"),
    ],
)
def test_a_dest_that_cannot_be_is_refused_and_everything_stays_as_it_is(tmp_path, monkeypatch, prepare, error, message):
    monkeypatch.chdir(tmp_path)
    dest = prepare(tmp_path)
    before = tree(tmp_path)
    with pytest.raises(error, match=message), staging.beside(dest):
        pytest.fail("the block was run")
    assert tree(tmp_path) == before


def test_a_dest_that_comes_to_be_meanwhile_is_left_as_it_is(tmp_path):
    with pytest.raises(RefusedError, match="appeared while this ran"), staging.beside(tmp_path / "dest") as stage:
        result = make(stage)
        occupied(tmp_path)
        stage.publish(result)
    assert tree(tmp_path) == ["dest", "dest/.hidden"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_work_and_nothing_is_left(tmp_path, number):
    worker = start_worker(tmp_path / "new/dest")
    worker.send_signal(number)
    worker.communicate(timeout=20)
    assert worker.returncode in (128 + number, -number)
    assert tree(tmp_path) == []


def test_the_next_run_removes_what_a_killed_one_left_and_not_what_a_running_one_has(tmp_path):
    dest = tmp_path / "dest"
    killed, running = start_worker(dest), start_worker(dest)
    try:
        killed.kill()
        killed.communicate(timeout=20)
        assert not dest.exists()
        assert len(list(tmp_path.iterdir())) == 2
        with staging.beside(dest) as stage:
            assert len(list(tmp_path.iterdir())) == 2
            stage.publish(make(stage))
        assert len(list(tmp_path.iterdir())) == 2
    finally:
        running.terminate()
        running.communicate(timeout=20)
    assert tree(tmp_path) == ["dest", "dest/file"]


def test_runs_at_the_same_moment_never_remove_each_others_directories(tmp_path):
    program = WORKER.replace("time.sleep(60)", "time.sleep(0.05)").replace('print("ready", flush=True)', "")
    workers = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path / "dest")], stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    errors = [worker.communicate(timeout=60)[1] for worker in workers]
    assert sorted(worker.returncode == 0 for worker in workers) == [False, False, False, True]
    assert all("RefusedError" in error for error in errors if error)
    assert tree(tmp_path) == ["dest", "dest/file"]


def test_a_place_that_cannot_be_written_is_an_error_a_user_can_read(tmp_path):
    if os.geteuid() == 0:
        dest = Path("/proc/no-such-thing/dest")  # root may write anywhere else
    else:
        (tmp_path / "locked").mkdir(mode=0o500)
        dest = tmp_path / "locked" / "dest"
    with pytest.raises((HubImagesError, FileNotFoundError)), staging.beside(dest):
        pytest.fail("the block was run")


def test_a_file_system_without_locks_takes_a_result_and_keeps_the_directories_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", no_locks)  # as NFS without its lock service answers
    with staging.beside(tmp_path / "dest") as other:
        with staging.beside(tmp_path / "dest") as stage:
            assert other.path.exists()
            stage.publish(make(stage))
        assert other.path.exists()
    assert tree(tmp_path) == ["dest", "dest/file"]


def test_publish_takes_only_what_was_made_in_the_stage(tmp_path):
    (tmp_path / "other").mkdir()
    with staging.beside(tmp_path / "dest") as stage:
        for wrong in (tmp_path / "other", stage.path):
            with pytest.raises(ValueError, match="is not under"):
                stage.publish(wrong)
    assert tree(tmp_path) == ["other"]


def test_a_leftover_is_found_however_long_ago(tmp_path):
    leftover = tmp_path / ".dest.hubimages-abc"
    leftover.mkdir()
    (tmp_path / ".dest.hubimages-file").write_text("not a directory, not ours")
    start = time.monotonic()
    with staging.beside(tmp_path / "dest"):
        assert not leftover.exists()
    assert time.monotonic() - start < 5
    assert tree(tmp_path) == [".dest.hubimages-file"]


def test_a_destination_that_is_a_mount_point_is_refused_before_any_work(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "none", disk], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")
    try:
        with pytest.raises(RefusedError, match="is a mount point, which cannot be replaced"):
            staging.free_destination(disk)
    finally:
        subprocess.run(["umount", disk], check=True)


def test_an_empty_destination_keeps_its_mode(tmp_path: Path) -> None:
    dest = tmp_path / "dest"
    dest.mkdir(mode=0o700)
    with staging.beside(dest) as stage:
        (stage.path / "made").mkdir()
        stage.publish(stage.path / "made")
    assert dest.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["n" * 252, "ü" * 126, os.fsdecode(b"\xff" * 250)])
def test_names_may_be_as_long_as_the_file_system_takes_and_have_any_bytes(name: str, tmp_path: Path) -> None:
    dest = tmp_path / name
    with staging.beside(dest) as stage:
        (stage.path / "made").mkdir()
        stage.publish(stage.path / "made")
    assert [place.name for place in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(("blocks", "files", "inodes", "full"), [
    (16, 9, 1, False), (15, 9, 1, True), (16, 9, 0, True), (16, 1, 0, True), (16, 0, 0, False), (0, 0, 0, True),
])  # fmt: skip
def test_a_program_that_fails_on_a_full_disk_is_not_taken_for_broken(
    blocks: int, files: int, inodes: int, full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = SimpleNamespace(f_bavail=blocks, f_frsize=4096, f_files=files, f_favail=inodes)
    monkeypatch.setattr(os, "statvfs", lambda _: facts)
    with (
        pytest.raises(StorageError if full else ProgramFailedError, match="git failed"),
        staging.beside(tmp_path / "d"),
    ):
        raise ProgramFailedError("git failed")


def test_what_keeps_the_result_from_its_place_is_told_from_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "parent").mkdir()
    with pytest.raises(OSError, match="No such file"), staging.beside(tmp_path / "parent/dest") as stage:
        made = make(stage)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Path, "rename", failing(OSError(errno.ENOSPC, "No space left on device")))
            with pytest.raises(StorageError):
                stage.publish(made)
        stage.publish(made.with_name("gone"))
    assert tree(tmp_path) == ["parent"]


def failing(error: OSError) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


@pytest.mark.parametrize("where", ["pathlib.Path.mkdir", "tempfile.mkdtemp"])
def test_a_disk_without_room_for_directories_is_one(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, failing(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(StorageError), staging.beside(tmp_path / "a/dest" if "mkdir" in where else tmp_path / "dest"):
        pass
    assert tree(tmp_path) == []


def test_parents_that_another_run_makes_at_the_same_moment_are_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mkdir = Path.mkdir

    def first_by_another(path: Path, *args: object) -> None:
        mkdir(path)
        if path.name == "a":
            raise FileExistsError

    monkeypatch.setattr(Path, "mkdir", first_by_another)
    with staging.beside(tmp_path / "a/b/dest") as stage:
        assert stage.path.parent == tmp_path / "a/b"
    assert tree(tmp_path) == ["a"]


def test_a_directory_that_another_run_took_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, tries = fcntl.flock, [0]

    def not_at_first(descriptor: int, how: int) -> None:
        tries[0] += 1
        if tries[0] == 1:
            raise BlockingIOError
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", not_at_first)
    with staging.beside(tmp_path / "dest") as stage:
        assert (len(list(tmp_path.iterdir())), tries) == (2, [2])
        stage.publish(make(stage))


def test_links_and_files_by_the_name_of_a_leftover_stay_and_no_descriptor_is_left_open(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / ".dest.hubimages-link").symlink_to("theirs")
    (tmp_path / ".dest.hubimages-file").touch()
    (tmp_path / ".dest.hubimages-left").mkdir()
    held = tmp_path / ".dest.hubimages-held" / staging.LOCK
    held.parent.mkdir()
    with held.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        before = descriptors()
        with staging.beside(tmp_path / "dest"):
            pass
        staging.remove_left(tmp_path / "dest")
        assert descriptors() == before
    assert tree(tmp_path) == [
        ".dest.hubimages-file", ".dest.hubimages-held", f".dest.hubimages-held/{staging.LOCK}", ".dest.hubimages-link",
        "theirs",
    ]  # fmt: skip


def test_a_mount_point_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dest").mkdir()
    assert staging.free_destination(tmp_path / "dest") == tmp_path / "dest"
    monkeypatch.setattr(Path, "is_mount", lambda path: path == tmp_path / "dest")
    with pytest.raises(
        RefusedError, match=r"dest is a mount point, which cannot be replaced\. Name a directory in it$"
    ):
        staging.free_destination(tmp_path / "dest")


def test_a_lock_is_its_users_alone_and_one_that_cannot_be_made_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with staging.beside(tmp_path / "dest") as stage:
        assert (stage.path / staging.LOCK).stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(os, "open", failing(OSError(errno.ENOSPC, "No space left on device")))
    with pytest.raises(StorageError), staging.beside(tmp_path / "dest"):
        pass


def test_a_lock_that_is_another_file_by_now_counts_for_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, tries = fcntl.flock, [0]

    def replaced_at_first(descriptor: int, how: int) -> None:
        tries[0] += 1
        if tries[0] == 1:
            (place,) = tmp_path.glob(f".dest.hubimages-*/{staging.LOCK}")
            (place.parent / "new").touch()
            (place.parent / "new").replace(place)
        lock(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", replaced_at_first)
    with staging.beside(tmp_path / "dest"):
        assert tries == [2]


def test_a_file_system_whose_locks_fail_is_an_error_and_leaves_no_descriptor_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = descriptors()
    monkeypatch.setattr(fcntl, "flock", failing(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output error"), staging.beside(tmp_path / "dest"):
        pass
    assert descriptors() == before
