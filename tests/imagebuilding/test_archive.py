"""An archive of a chart gives that chart's files and no others, within limits."""

import io
import tarfile
from pathlib import Path

import pytest

from hubimages.errors import BadInputError
from hubimages.imagebuilding import archive
from hubimages.imagebuilding.archive import unpack

CHART = {"hub": None, "hub/Chart.yaml": b"name: hub\n", "hub/templates/a.yaml": b"a"}


def packed(folder: Path, files: dict[str, bytes | None]) -> Path:
    place = folder / "chart.tgz"
    with tarfile.open(place, "w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.type, info.mode = (tarfile.DIRTYPE, 0o755) if content is None else (tarfile.REGTYPE, 0o644)
            info.size = len(content or b"")
            tar.addfile(info, io.BytesIO(content or b""))
    return place


def test_the_files_of_the_chart_are_there_and_no_others(tmp_path: Path) -> None:
    place = packed(tmp_path, {**CHART, "other/Chart.yaml": b"x", "hubs": b"x", "README": b"x"})
    for name in ("charts", "charts/deep"):
        unpack(place, tmp_path / name / "hub")
        found = {path.relative_to(tmp_path / name).as_posix() for path in (tmp_path / name / "hub").rglob("*")}
        assert found == {"hub/Chart.yaml", "hub/templates", "hub/templates/a.yaml"}
    assert (tmp_path / "charts/hub/Chart.yaml").read_bytes() == b"name: hub\n"
    assert sorted(path.name for path in (tmp_path / "charts").iterdir()) == ["deep", "hub"]


def test_an_archive_may_be_as_large_as_the_limits_and_no_larger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = packed(tmp_path, CHART)
    for limit, most in (("MOST_BYTES", 5 * 512), ("MOST_ENTRIES", 3)):
        monkeypatch.setattr(archive, limit, most)
        unpack(place, tmp_path / limit / "hub")
        monkeypatch.setattr(archive, limit, most - 1)
        with pytest.raises(BadInputError, match=r"as no chart has$"):
            unpack(place, tmp_path / limit / "more" / "hub")
        assert not (tmp_path / limit / "more" / "hub").exists()
        monkeypatch.undo()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_the_chart_are_refused_and_beside_it_passed_over(kind: bytes, tmp_path: Path) -> None:
    for name in ("hub/x", "other"):
        with tarfile.open(tmp_path / "chart.tar", "w") as tar:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "hub/y"
            tar.addfile(info)
        if name == "other":
            unpack(tmp_path / "chart.tar", tmp_path / "charts/hub")
            continue
        with pytest.raises(BadInputError, match=r"is no archive of the chart hub: hub/x is a link or a device$"):
            unpack(tmp_path / "chart.tar", tmp_path / "charts/hub")


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00damaged", b"\x1f\x8bno gzip"])
def test_what_is_no_archive_is_named(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(content)
    with pytest.raises(BadInputError, match=r"a\.tgz is no archive of the chart hub: "):
        unpack(tmp_path / "a.tgz", tmp_path / "charts/hub")
