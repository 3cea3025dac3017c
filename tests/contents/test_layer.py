"""One layer is read within its limits, whatever is in it, and says exactly what it hides of those below."""

import gzip
import io
import sys
import tarfile
import weakref
from collections.abc import Mapping

import pytest

from hubimages import systems
from hubimages.contents.layer import (
    LARGEST_FILE,
    LARGEST_HEADER,
    Header,
    Layer,
    inside,
    may_hold_metadata,
    read_layer,
)  # fmt: skip
from hubimages.contents.package import Package, Recorded
from hubimages.errors import BadInputError, NotInstalledError
from tests.contents.test_contents import CONDA_META, SITE, conda, dist, entry, layer

METADATA = f"{SITE}/a-1.dist-info/METADATA"
A = Package("pip", "a", "1", place=SITE)


def read(files: Mapping[str, str | bytes | tarfile.TarInfo], size: int = 0) -> Layer:
    return read_layer(io.BytesIO(layer(files)), "layer x", size)


def packages(found: Layer) -> dict[str, tuple[Package, ...]]:
    return {path: record.packages for path, record in found.records.items()}


def test_a_layer_is_what_it_records_removes_and_empties() -> None:
    found = read({
        METADATA: dist("a", "1"), "etc/.wh.passwd": "", ".wh.top": "", "opt/x/.wh..wh..opq": "",
        "usr/lib": entry(tarfile.SYMTYPE, "x"), "home/file": "text",
        "opt/conda/lib": entry(tarfile.DIRTYPE), "bin/lib2": entry(tarfile.SYMTYPE, "x"),
    })  # fmt: skip
    assert packages(found) == {METADATA: (A,)}
    assert found.removed == {METADATA, "etc/passwd", "top", "usr/lib"}
    assert found.emptied == {"opt/x"}


@pytest.mark.parametrize(("path", "hidden"), [
    ("a/b", True), ("a/b/c", True), ("a/bc", False), ("a", False), ("e", False), ("e/f", True), ("e/f/g", True),
    ("ef/g", False), ("x", False),
])  # fmt: skip
def test_what_a_layer_removes_hides_all_below_it_and_what_it_empties_not_itself(path: str, hidden: bool) -> None:
    assert Layer({}, frozenset({"a/b"}), frozenset({"e"})).hides(path) is hidden


def test_an_opaque_top_hides_everything() -> None:
    assert Layer({}, frozenset(), frozenset({""})).hides("a")


@pytest.mark.parametrize(("name", "path"), [
    ("a/b", "a/b"), ("./a//b/", "a/b"), ("/a", "a"), ("a/./b", "a/b"), ("..", None), ("a/../b", None),
    ("a/..b", "a/..b"), ("", ""), (".", ""),
])  # fmt: skip
def test_a_path_that_leads_out_is_none(name: str, path: str | None) -> None:
    assert inside(name) == path


@pytest.mark.parametrize(("name", "may"), [
    ("conda-meta", True), ("site-packages", True), ("library", True), ("a-1.dist-info", True), ("a.egg-info", True),
    ("home", False), ("libs", False), ("dist-info", False),
])  # fmt: skip
def test_a_directory_that_a_package_manager_may_use_is_known_by_its_name(name: str, may: bool) -> None:
    assert may_hold_metadata(name) is may


def sized(name: str, size: int) -> bytes:
    """Return an archive whose header says so; it ends before what it announces."""
    header = tarfile.TarInfo(name)
    header.size = size
    return header.tobuf() + b"\0" * 1024


BLOCK = 512  # of a header, and what sizes are rounded up to


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lower the limits: to pass over 16 GB takes a second, even where they are only announced."""
    for name, value in (("SUSPICIOUS", 102_400), ("MOST_BYTES", 1_024_000)):
        monkeypatch.setattr(f"hubimages.contents.layer.{name}", value)


@pytest.mark.parametrize(("size", "unpacked", "too_large"), [
    (0, 1_024_000, False), (0, 1_024_512, True), (1, 102_400, False), (1, 102_912, True), (1_280, 128_000, False),
    (1_280, 128_512, True), (20_000, 1_024_000, False), (20_000, 1_024_512, True),
])  # fmt: skip
@pytest.mark.usefixtures("small_limits")
def test_a_layer_larger_than_any_is_not_read_further(size: int, unpacked: int, too_large: bool) -> None:
    says = "larger than any layer that an engine writes" if too_large else "no layer that can be read"
    with pytest.raises(BadInputError, match=f"^layer x is {says}"):
        read_layer(io.BytesIO(sized("var/big", unpacked - BLOCK)), "layer x", *([size] if size else []))


@pytest.mark.usefixtures("small_limits")
def test_the_sizes_of_all_entries_count_together() -> None:
    first = tarfile.TarInfo("var/small")
    first.size = BLOCK
    archive = first.tobuf() + b"\0" * BLOCK + sized("var/big", 102_400 - 3 * BLOCK + 1)
    with pytest.raises(BadInputError, match="larger than any layer"):
        read_layer(io.BytesIO(archive), "layer x", 1)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK])
@pytest.mark.parametrize("more", [0, 1])
def test_a_header_may_be_as_large_as_the_limit(kind: bytes, more: int) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, LARGEST_HEADER + more
    says = "a layer has an entry that no engine writes" if more else "layer x is no layer that can be read"
    with pytest.raises(BadInputError, match=f"^{says}"):
        read_layer(io.BytesIO(header.tobuf() + b"\0" * 1024), "layer x")


def test_metadata_above_the_limit_is_not_read_and_condas_is_known_by_its_name() -> None:
    at, above = LARGEST_FILE, LARGEST_FILE + 1
    large = conda("b", "1")
    files = {
        f"{CONDA_META}/b-1-py_0.json": large + " " * (at - len(large)),
        f"{CONDA_META}/c-2-py_0.json": large + " " * (above - len(large)),
        METADATA: dist("a", "1") + " " * (above - len(dist("a", "1"))),
    }
    assert packages(read(files)) == {
        f"{CONDA_META}/b-1-py_0.json": (Package("conda", "b", "1", "py_0", "opt/conda"),),
        f"{CONDA_META}/c-2-py_0.json": (Package("conda", "c", "2", "py_0", "opt/conda"),),
        METADATA: (),
    }


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE])
def test_what_is_no_file_records_nothing(kind: bytes) -> None:
    assert read({METADATA: entry(kind, "/etc/passwd")}).records == {METADATA: Recorded(())}


@pytest.mark.parametrize(("target", "found"), [
    (METADATA, (A,)), (f"./{METADATA}", (A,)), (f"../{METADATA}", ()), ("not/there", ()), (f"{SITE}/later", ()),
])  # fmt: skip
def test_a_hard_link_has_the_content_of_an_earlier_file_inside(target: str, found: tuple[Package, ...]) -> None:
    link = "usr/lib/python3/dist-packages/a-1.dist-info/METADATA"
    assert packages(read({METADATA: dist("a", "1"), link: entry(tarfile.LNKTYPE, target)})) == {
        METADATA: (A,),
        link: found,
    }


@pytest.mark.parametrize("start", [b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"\x5f\x2a\x4d\x18"])
def test_a_damaged_zstd_layer_is_one_message(start: bytes) -> None:
    pytest.importorskip("zstandard", reason="pip install 'hubimages[contents]'")
    with pytest.raises(BadInputError, match=r"^layer x is no layer that can be read: "):
        read_layer(io.BytesIO(start + b"\xff" * 100), "layer x")


@pytest.mark.parametrize("start", [b"\x4f\x2a\x4d\x18", b"\x60\x2a\x4d\x18", b"\x50\x2a\x4d\x19", b"BZh9"])
def test_any_other_start_is_read_as_a_plain_archive(start: bytes) -> None:
    with pytest.raises(BadInputError, match=r"^layer x is no layer that can be read: (invalid|bad|truncated|not)"):
        read_layer(io.BytesIO(start + b"\xff" * 1000), "layer x")


def test_zstd_in_several_frames_is_read_to_its_end_and_a_large_window_is_not() -> None:
    zstandard = pytest.importorskip("zstandard", reason="pip install 'hubimages[contents]'")
    content = layer({METADATA: dist("a", "1")})
    frames = b"".join(zstandard.compress(content[at : at + 1000]) for at in range(0, len(content), 1000))
    for number in (b"\x50", b"\x5f"):  # of a frame that is skipped
        skipped = number + b"\x2a\x4d\x18\x03\x00\x00\x00abc"
        assert packages(read_layer(io.BytesIO(skipped + frames), "layer x")) == {METADATA: (A,)}
    for log, fits in ((26, True), (27, False)):
        parameters = zstandard.ZstdCompressionParameters(window_log=log)
        compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
        written = compressor.compress(content) + compressor.flush()
        if fits:
            assert packages(read_layer(io.BytesIO(written), "layer x")) == {METADATA: (A,)}
        else:
            with pytest.raises(BadInputError, match=r"^layer x is no layer that can be read: .*memory"):
                read_layer(io.BytesIO(written), "layer x")


def test_a_gzip_layer_that_ends_early_is_one_message() -> None:
    with pytest.raises(BadInputError, match=r"^layer x is no layer that can be read: "):
        read_layer(io.BytesIO(gzip.compress(layer({METADATA: dist("a", "1")}))[:-20]), "layer x")


def test_without_the_library_zstd_is_named_with_the_line_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(NotInstalledError) as refused:
        read_layer(io.BytesIO(b"\x28\xb5\x2f\xfd" + b"\xff" * 100), "layer x")
    line = systems.install_line("contents")
    assert str(refused.value) == f"layer x is compressed with zstd, and zstandard is not installed: {line}"


LARGER = pytest.raises(BadInputError, match="larger than any layer that an engine writes")


def test_a_layer_may_have_as_many_entries_as_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubimages.contents.layer.MOST_ENTRIES", 3)
    assert read({"a": "", "b": "", METADATA: dist("a", "1")}).removed == {METADATA}
    with LARGER:
        read({"a": "", "b": "", "c": "", "d": ""})


def test_what_is_remembered_of_a_layer_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    path = "usr/share/.wh.old"
    weights = {path: 2 * len(path) + 200}
    record = read({METADATA: dist("a", "1")}).records[METADATA]
    weights[METADATA] = 2 * len(METADATA) + 200 + record.weight
    assert record.weight > 0
    for name, content in ((path, ""), (METADATA, dist("a", "1"))):
        monkeypatch.setattr("hubimages.contents.layer.MOST_REMEMBERED", weights[name])
        read({name: content, "last": ""})
        monkeypatch.setattr("hubimages.contents.layer.MOST_REMEMBERED", weights[name] - 1)
        with LARGER:
            read({name: content, "last": ""})


def test_entries_are_forgotten_while_the_layer_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: weakref.WeakSet[tarfile.TarInfo] = weakref.WeakSet()
    most = [0]

    class Counted(Header):
        def __init__(self, name: str = "") -> None:
            super().__init__(name)
            alive.add(self)
            most[0] = max(most[0], len(alive))

    monkeypatch.setattr("hubimages.contents.layer.Header", Counted)
    read({f"a/{number}": "" for number in range(50)})
    assert 0 < most[0] < 10


def test_what_leads_out_is_passed_over_and_the_rest_is_read() -> None:
    found = read({"../x": "text", "a/../../.wh.y": "", METADATA: dist("a", "1")})
    assert (packages(found), found.removed) == ({METADATA: (A,)}, {METADATA})


def test_metadata_as_large_as_the_limit_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for size, found in ((len(dist("a", "1")), (A,)), (len(dist("a", "1")) - 1, ())):
        monkeypatch.setattr("hubimages.contents.layer.LARGEST_FILE", size)
        assert packages(read({METADATA: dist("a", "1")})) == {METADATA: found}


@pytest.mark.parametrize("wrapped", [True, False])
def test_a_layer_comes_plain_or_with_gzip_from_any_stream(wrapped: bool) -> None:
    content = layer({METADATA: dist("a", "1")})
    for each in (content, gzip.compress(content)):
        stream = io.BufferedReader(io.BytesIO(each)) if wrapped else io.BytesIO(each)
        assert packages(read_layer(stream, "layer x")) == {METADATA: (A,)}  # type: ignore[arg-type]
