"""The wheel and the source distribution, as the installers of programs take them, and the version that they have."""

import os
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

import hubimages
from hubimages.unpacking import extract_all
from tests.installed.conftest import HOME, built, run

UVX = Path(sys.executable).with_name("uvx")
OUTSIDE = {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", str(HOME / ".cache/uv"))}
VERSION = f"hubimages {hubimages.__version__}\n"


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel, without the list of their checksums."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/RECORD")}


def test_both_distributions_have_the_version_of_the_package(wheel: Path, source_distribution: Path) -> None:
    assert wheel.name == f"hubimages-{hubimages.__version__}-py3-none-any.whl"
    assert source_distribution.name == f"hubimages-{hubimages.__version__}.tar.gz"
    metadata = contents(wheel)[f"hubimages-{hubimages.__version__}.dist-info/METADATA"].decode()
    assert f"\nVersion: {hubimages.__version__}\n" in metadata


def test_the_wheel_made_from_the_source_distribution_is_the_wheel(
    wheel: Path, source_distribution: Path, tmp_path: Path
) -> None:
    with tarfile.open(source_distribution) as archive:
        extract_all(archive, tmp_path)
    (source,) = tmp_path.iterdir()
    made = built("wheel", source, tmp_path / "built")
    assert contents(made) == contents(wheel)


def test_uvx_runs_the_wheel(wheel: Path, tmp_path: Path) -> None:
    done = run(UVX, "--quiet", "--from", wheel, "hubimages", "--version", cwd=tmp_path, env=OUTSIDE)
    assert (done.stdout, done.stderr) == (VERSION, "")


@pytest.mark.deep
def test_pipx_installs_the_wheel_and_takes_it_away(wheel: Path, pip_cache: str, tmp_path: Path) -> None:
    places = {"PIPX_HOME": str(tmp_path / "pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin"), "PIP_CACHE_DIR": pip_cache}
    run(UVX, "--quiet", "pipx", "install", wheel, cwd=tmp_path, env={**OUTSIDE, **places})
    assert [place.name for place in (tmp_path / "bin").iterdir()] == ["hubimages"]
    assert run(tmp_path / "bin/hubimages", "--version", cwd=tmp_path).stdout == VERSION
    run(tmp_path / "bin/hubimages", "new-image-repo", tmp_path / "image", "--yes", cwd=tmp_path)
    run(UVX, "--quiet", "pipx", "uninstall", "hubimages", cwd=tmp_path, env={**OUTSIDE, **places})
    assert list((tmp_path / "bin").iterdir()) == []
