"""Nothing of an archive lands outside of its directory, also where Python's tarfile has no filters."""

import io
import os
import stat
import sys
import tarfile
from pathlib import Path

import pytest

from hubimages.unpacking import extract_all

Entry = tuple[str, bytes | str, bytes]  # name, content or what it links to, type


def archive(*entries: Entry) -> tarfile.TarFile:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        for name, content, kind in entries:
            info = tarfile.TarInfo(name)
            info.type, info.mode = kind, 0o755 if kind == tarfile.DIRTYPE else 0o644
            if isinstance(content, str):
                info.linkname = content
                tar.addfile(info)
            else:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return tarfile.open(fileobj=io.BytesIO(whole.getvalue()))


@pytest.fixture(params=["filters", "no filters"], autouse=True)
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run with this Python's tarfile, and as Python 3.11.0 to 3.11.3 has it."""
    if request.param == "no filters":
        if sys.version_info >= (3, 14):
            pytest.skip("this Python's tarfile calls its own filters")
        monkeypatch.delattr(tarfile, "data_filter", raising=False)
        monkeypatch.setattr(tarfile.TarFile, "extractall", None)  # it has no argument `filter` there
    elif not hasattr(tarfile, "data_filter"):
        pytest.skip("this Python's tarfile has no filters")


FILE, FOLDER, LINK, SAME = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def test_files_folders_and_links_are_extracted(tmp_path: Path) -> None:
    entries = (
        ("a", b"", FOLDER),
        ("a/b", b"1", FILE),
        ("a/c", "b", LINK),
        ("a/up", "../d", LINK),
        ("d", "a/b", SAME),
        ("deep/e", b"2", FILE),
    )
    with archive(*entries) as tar:
        extract_all(tar, tmp_path / "into")
    found = {path.relative_to(tmp_path / "into").as_posix(): path for path in tmp_path.joinpath("into").rglob("*")}
    assert {name: path.read_text() for name, path in found.items() if path.is_file()} == {
        "a/b": "1", "a/c": "1", "a/up": "1", "d": "1", "deep/e": "2",
    }  # fmt: skip
    assert found["a/c"].is_symlink()


def test_only_the_entries_asked_for_are_extracted(tmp_path: Path) -> None:
    with archive(("a", b"1", FILE), ("b", b"2", FILE)) as tar:
        extract_all(tar, tmp_path / "into", members=[tar.getmember("b")])
    assert [path.name for path in tmp_path.joinpath("into").iterdir()] == ["b"]


def test_a_file_belongs_to_this_user_and_nobody_else_may_write_it(tmp_path: Path) -> None:
    info = tarfile.TarInfo("a")
    info.mode, info.uid, info.gid, info.uname = 0o6777, 12345, 12345, "daemon"
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as tar:
        tar.addfile(info)
    with tarfile.open(fileobj=io.BytesIO(whole.getvalue())) as tar:
        extract_all(tar, tmp_path)
    facts = (tmp_path / "a").stat()
    assert (stat.S_IMODE(facts.st_mode), facts.st_uid, facts.st_gid) == (0o755, os.geteuid(), os.getegid())


@pytest.mark.parametrize("entries", [
    [("../x", b"1", FILE)],
    [("a/../../x", b"1", FILE)],
    [("a", "../x", LINK)],
    [("a", "/etc/passwd", LINK)],
    [("a", "../x", SAME)],
    [("a", b"", FOLDER), ("a/b", "../into/../../x", SAME)],
    [("a", b"", FOLDER), ("a/b", "../x", SAME)],
    [("a/b", b"", FOLDER), ("c", "a/b", LINK), ("c/../../../x", b"1", FILE)],
    [("x", b"", tarfile.FIFOTYPE)],
    [("x", b"", tarfile.CHRTYPE)],
])  # fmt: skip
def test_what_leads_out_is_refused(tmp_path: Path, entries: list[Entry]) -> None:
    (tmp_path / "into").mkdir()
    with archive(*entries) as tar, pytest.raises(tarfile.TarError):
        extract_all(tar, tmp_path / "into")
    assert [path.name for path in tmp_path.iterdir()] == ["into"]
    assert not (tmp_path / "into/x").exists()
