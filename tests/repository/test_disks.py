"""A disk that is full or read-only: exit code 74 or git's line, and everything is as before."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hubimages.build.engine import pull_failure
from hubimages.errors import HubImagesError, StorageError
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.proposals.talking import talk

EDITS = [FileEdit("a.yaml", "tag: old\n", "tag: new\n"), FileEdit("new/d.yaml", None, "tag: d\n")]


def git(root: Path, *args: str) -> str:
    return subprocess.run(
        ["git", "--no-optional-locks", *args], cwd=root, check=True, capture_output=True, text=True
    ).stdout


def mount(*args: str) -> None:
    done = subprocess.run(["mount", *args], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr.decode().strip()}")


@contextmanager
def small_disk(place: Path, options: str) -> Iterator[Path]:
    """A file system in memory, with these options of mount."""
    place.mkdir()
    mount("-t", "tmpfs", "-o", options, "none", str(place))
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A repository on a disk of its own."""
    with small_disk(tmp_path / "disk", "size=2m") as disk:
        git(disk, "init", "-q", "-b", "main", "--template=")
        (disk / "a.yaml").write_text("tag: old\n")
        git(disk, "add", ".")
        git(disk, "commit", "-q", "-m", "Start")
        yield disk


def fill(root: Path, left: int = 0) -> None:
    """Leave so many bytes free on the disk."""
    with (root / "filling").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError:
            pass
        file.truncate(max(0, file.tell() - left)) if left else None


def as_before(root: Path) -> bool:
    return (
        git(root, "log", "--format=%s") == "Start\n"
        and git(root, "branch", "--format=%(refname)") == "refs/heads/main\n"
        and git(root, "branch", "--show-current") == "main\n"
        and git(root, "status", "--porcelain", "--untracked-files=all") in ("", "?? filling\n")
        and not (root / "new").exists()
    )


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("fatal: write error: No space left on device", "the disk is full: "),
        ("failed to register layer: write /usr/lib/libx.so: no space left on device", "the disk is full: "),
        ("mkdir /var/lib/docker/tmp: read-only file system", "cannot write: "),
        ("failed to create directory `/home/me/.cache/uv`: Permission denied (os error 13)", "cannot write: "),
        ("git@example.org: Permission denied (publickey).", None),
    ],
)
def test_a_program_s_words_about_the_disk_are_an_error_of_storage(said: str, means: str | None) -> None:
    pulled = pull_failure("quay.io/org/image:1", ["docker", "pull"], 1, said.encode())
    assert isinstance(pulled, StorageError) == (means is not None)
    assert means is None or str(pulled) == means + said


def test_a_fetch_that_has_no_room_says_so(root: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(root), "origin.git")
    address = str(tmp_path / "origin.git")
    fill(root)
    with pytest.raises(StorageError, match="the disk is full: free some space"):
        talk(address, "git", "fetch", "-q", address, "+main:refs/remotes/origin/main", cwd=root)


@pytest.mark.parametrize(("size", "left"), [(0, 0), (10**6, 10**5)], ids=["the branch", "the objects"])
def test_a_fetch_that_has_no_room_says_so_where_the_connection_breaks_then(
    size: int, left: int, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program for ssh is one that runs the other side here, and ends with a line of OpenSSH."""
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nfor last; do :; done\nsh -c \"$last\"\necho 'Connection reset by peer' >&2\nexit 255\n")
    ssh.chmod(0o755)
    monkeypatch.setenv("GIT_SSH", str(ssh))
    git(tmp_path, "clone", "-q", str(root), "origin")
    if size:
        (tmp_path / "origin/large").write_bytes(random.Random(1).randbytes(size))
        git(tmp_path / "origin", "add", ".")
        git(tmp_path / "origin", "commit", "-q", "-m", "Large")
    fill(root, left)
    with pytest.raises(StorageError, match="the disk is full: .*No space left" if size else "the disk is full: free"):
        talk("x", "git", "fetch", "-q", f"ssh://host{tmp_path}/origin", "+main:refs/remotes/origin/main", cwd=root)


@pytest.mark.parametrize("left", [0, 4096, 3 * 4096, 6 * 4096, 9 * 4096])
def test_on_a_full_disk_nothing_is_changed(left: int, root: Path) -> None:
    fill(root, left)
    repo = changes.deployment_repository(root)
    try:
        with changes.on_branch(repo, "bump"):
            changes.commit(repo, Commit("Use new", EDITS))
    except (StorageError, OSError) as error:
        assert "full" in str(error) or "No space left" in str(error)
        assert as_before(root)
    else:
        assert left
        assert git(root, "status", "--porcelain") == "?? filling\n"


def test_a_read_only_directory_of_git_leaves_no_file_behind(root: Path) -> None:
    dot = str(root / ".git")
    repo = changes.deployment_repository(root)
    mount("--bind", dot, dot)
    try:
        mount("-o", "remount,bind,ro", dot)
        with pytest.raises(HubImagesError, match=r"[Rr]ead-only"):
            changes.commit(repo, Commit("Use new", EDITS))
        with pytest.raises(HubImagesError, match=r"[Rr]ead-only"), changes.on_branch(repo, "bump"):
            pytest.fail("not on the branch")
        assert as_before(root)
    finally:
        subprocess.run(["umount", dot], check=True)
    changes.commit(repo, Commit("Use new", EDITS))
