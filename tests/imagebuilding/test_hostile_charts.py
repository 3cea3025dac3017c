"""Charts, their archives and their index are other people's: nothing in them leads out of where charts go."""

import contextlib
import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, NoAnswerError
from hubimages.imagebuilding.archive import unpack
from hubimages.imagebuilding.chart_repository import cache_folder, fetch
from hubimages.imagebuilding.charts import _dependencies, check_links
from tests.fuzz.seeds import CHART_FILES, tar
from tests.registry.scripted import Asked, Reply, scripted

INDEX = "entries:\n  jupyterhub:\n  - {{version: '{version}', urls: ['{url}']}}\n"


def answering(version: str, url: str, archive: bytes = b"") -> Reply:
    return Reply(200, archive or INDEX.format(version=version, url=url).encode())


@pytest.mark.parametrize("name", ["../../x", "/etc/x", "a/b", "..", "", "a\0b", "*"])
def test_a_dependency_whose_name_leads_out_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text(
        f'name: a\ndependencies: [{{name: "{name}", version: 1.0.0}}]\n'.replace("\0", "\\0")
    )
    with pytest.raises(BadInputError, match="is not a dependency with a chart's name"):
        _dependencies(tmp_path, tmp_path)


@pytest.mark.parametrize(("name", "version"), [("../x", "1.0"), ("x", "../1"), ("x", "/1"), ("x", "1\n"), ("", "1")])
def test_a_chart_that_is_no_file_name_is_not_fetched(name: str, version: str) -> None:
    with pytest.raises(BadInputError, match="is not a chart's name and version"):
        fetch(name, version, "http://127.0.0.1:9/")


@pytest.mark.parametrize("version", ["../../../x", "/x", "[1]", "{a: b}"])
def test_an_index_whose_version_leads_out_is_refused_and_nothing_is_written(version: str, home: Path) -> None:
    with scripted(lambda asked: answering(version, "a.tgz")) as server, pytest.raises(NoAnswerError):
        fetch("jupyterhub", "", f"http://{server.host}/")
    assert not cache_folder().exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:,x"])
def test_an_index_that_names_a_file_of_this_machine_reads_none(url: str, home: Path) -> None:
    with scripted(lambda asked: answering("1.0.0", url)) as server, pytest.raises(NoAnswerError, match="over HTTP"):
        fetch("jupyterhub", "1.0.0", f"http://{server.host}/")
    assert not cache_folder().exists()


def test_a_chart_is_fetched_and_kept(home: Path) -> None:
    def answer(asked: Asked) -> Reply:
        return answering("1.0.0", "x/a.tgz", b"" if asked.path == "/index.yaml" else b"archive")

    with scripted(answer) as server:
        assert fetch("jupyterhub", "", f"http://{server.host}").read_bytes() == b"archive"
    assert server.lines == ["GET /index.yaml", "GET /x/a.tgz"]


@pytest.mark.parametrize(
    "entries",
    [
        {"../x": b"a"}, {"/x": b"a"}, {"other/x": b"a"}, {"jupyterhub/../../x": b"a"},
        {"jupyterhub/l": "../../../etc/passwd"},
        {"jupyterhub/l": "/etc"}, {"jupyterhub/l": "..", "jupyterhub/l/x": b"a"},
    ],
    ids=str,
)  # fmt: skip
def test_what_leads_out_of_an_archive_is_not_written(entries: dict[str, bytes | str], tmp_path: Path) -> None:
    archive, target = tmp_path / "a.tgz", tmp_path / "in/charts/jupyterhub"
    archive.write_bytes(gzip.compress(tar({**CHART_FILES, **entries})))
    with contextlib.suppress(BadInputError):
        unpack(archive, target)
    outside = [each for each in tmp_path.rglob("*") if not each.is_relative_to(target)]
    assert sorted(outside) == sorted([archive, tmp_path / "in", tmp_path / "in/charts"])
    assert all(Path(os.path.realpath(each)).is_relative_to(target) for each in target.rglob("*"))


def test_an_archive_with_a_device_is_refused(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        entry = tarfile.TarInfo("jupyterhub/null")
        entry.type, entry.devmajor, entry.devminor = tarfile.CHRTYPE, 1, 3
        archive.addfile(entry)
    (tmp_path / "a.tgz").write_bytes(made.getvalue())
    with pytest.raises(BadInputError, match="no archive of the chart"):
        unpack(tmp_path / "a.tgz", tmp_path / "charts/jupyterhub")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../../outside", "/", "..", "."])
def test_a_link_in_a_chart_that_leads_out_or_around_is_refused(target: str, tmp_path: Path) -> None:
    chart = tmp_path / "repo/helm-charts/basehub"
    (chart / "templates").mkdir(parents=True)
    (chart / "templates/link").symlink_to(target)
    with pytest.raises(BadInputError, match="is a link to"):
        check_links(chart, tmp_path / "repo")


def test_a_link_behind_a_link_is_followed(tmp_path: Path) -> None:
    chart, common = tmp_path / "repo/charts/basehub", tmp_path / "repo/common"
    chart.mkdir(parents=True)
    common.mkdir()
    (chart / "common").symlink_to("../../common")
    check_links(chart, tmp_path / "repo")
    (common / "out").symlink_to("/etc/hostname")
    with pytest.raises(BadInputError, match="is a link to /etc/hostname"):
        check_links(chart, tmp_path / "repo")
