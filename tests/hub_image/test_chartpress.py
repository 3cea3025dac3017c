"""Which chartpress runs, and how it is told to build."""

import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, ProgramFailedError, StorageError
from hubimages.hub_image.building import builder_log
from hubimages.hub_image.building.chartpress import Builder, Pin, find_builder, find_chartpress, find_pin
from hubimages.hub_image.building.throwaway import throwaway
from hubimages.repository.changes import deployment_repository
from tests import deployments
from tests.deployments import AT_ROOT, UNDER_FOLDER


def environment(directory: Path, version: str) -> Path:
    """An environment with this version of chartpress; the program in it."""
    program = directory / "bin/chartpress"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {Path(sys.executable).parent / "chartpress"} "$@"\n')
    program.chmod(0o755)
    (directory / f"lib/python3.12/site-packages/chartpress-{version}.dist-info").mkdir(parents=True)
    return program


def test_the_repositorys_own_environment_comes_first(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", UNDER_FOLDER)
    program = environment(clone / ".venv", "2.3.0")
    found = find_chartpress(deployment_repository(clone), None)
    assert (found.program, found.version) == (program, "2.3.0")


def test_the_one_that_meets_the_pin_goes_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    environment(clone / ".venv", "2.3.0")
    program = environment(tmp_path / "active", "2.2.0")
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    repo = deployment_repository(clone)
    pin = find_pin(repo)
    assert pin == Pin("==2.2.0", "requirements.txt:2")
    assert find_chartpress(repo, pin).program == program


def test_without_one_of_the_repositorys_own_ours_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    found = find_chartpress(deployment_repository(clone), Pin("==1.0", "requirements.txt:1"))
    assert found.program == Path(sys.executable).parent / "chartpress"
    assert found.version.startswith("2.")


@pytest.mark.parametrize(
    ("file", "text", "pin"),
    [
        ("dev-requirements.txt", "# chartpress 9\nchartpress==2.*\nother==1\n", Pin("==2.*", "dev-requirements.txt:2")),
        ("pyproject.toml", '[x]\ndev = [\n  "chartpress>=2.2,<3",\n]\n', Pin(">=2.2,<3", "pyproject.toml:3")),
        ("requirements.txt", "chartpress\n", None),
        ("requirements.txt", "chartpress-tools==1\n", None),
    ],
)
def test_a_pin_is_found_where_repositories_have_it(tmp_path: Path, file: str, text: str, pin: Pin | None) -> None:
    assert find_pin(deployment_repository(deployments.make(tmp_path / "r", {file: text}))) == pin


def test_a_mac_with_an_arm_processor_builds_for_the_clusters(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_builder(None, None) == Builder()
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    assert find_builder(None, None).options() == ["--builder", "docker-buildx", "--platform", "linux/amd64"]
    assert find_builder("docker-build", None).options() == ["--builder", "docker-build"]
    assert find_builder(None, ["linux/arm64"]).options() == ["--builder", "docker-buildx", "--platform", "linux/arm64"]


def test_a_failure_shows_what_was_said_and_not_the_traceback(tmp_path: Path) -> None:
    program = tmp_path / "chartpress"
    said = ("COPY failed: no such file", "Traceback (most recent call last):", "  File x")
    program.write_text("#!/bin/sh\n" + "".join(f"echo '{line}' >&2\n" for line in said) + "exit 1\n")
    program.chmod(0o755)
    with pytest.raises(ProgramFailedError) as failed:
        builder_log.run(program, [], tmp_path)
    said, _, log = str(failed.value).partition("\nThe whole output: ")
    assert said == f"{program} failed (exit code 1):\n    COPY failed: no such file"
    assert Path(log).read_text().splitlines()[1:] == ["Traceback (most recent call last):", "  File x"]
    Path(log).unlink()


@pytest.mark.parametrize(
    ("name", "wanted", "message"),
    [
        ("kaniko", None, "--builder=kaniko: chartpress has docker-build and docker-buildx"),
        ("docker-build", "linux/arm64", "--platform needs --builder=docker-buildx"),
    ],
)
def test_what_chartpress_would_refuse_is_refused_first(name: str, wanted: str | None, message: str) -> None:
    with pytest.raises(BadInputError) as refused:
        find_builder(name, wanted)
    assert str(refused.value) == message


def test_a_full_disk_below_tmpdir_is_said_to_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = deployment_repository(deployments.make(tmp_path / "r", {"big": "x" * 300_000}))
    small = tmp_path / "small"
    small.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "none", small], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
    monkeypatch.setattr(tempfile, "tempdir", str(small))
    try:
        with pytest.raises(StorageError, match=r"the disk with .*small is full.* set TMPDIR"), throwaway(repo, ["big"]):
            pass
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)
