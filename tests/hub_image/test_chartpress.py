"""Which chartpress runs, and how it is told to build."""

import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, ProgramFailedError, RefusedError, StorageError
from hubimages.hub_image.building import builder_log
from hubimages.hub_image.building.chartpress import OURS, Builder, Pin, find_builder, find_chartpress, find_pin
from hubimages.hub_image.building.throwaway import throwaway
from hubimages.hub_image.bump.publication import Publication
from hubimages.hub_image.bump.publish import chosen_chartpress
from hubimages.hub_image.reading import read_layout, work_tree_reader
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
        builder_log.run_chartpress(program, [], tmp_path)
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


def test_a_copy_is_made_of_a_repository_at_any_path(tmp_path: Path) -> None:
    root = tmp_path / os.fsdecode(b'a \n " \xff path')
    root.mkdir()
    for args in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "Start"]):
        subprocess.run(["git", *args], cwd=root, check=True)
    (root / "file").write_text("x")
    for args in (["add", "file"], ["commit", "-q", "-m", "File"]):
        subprocess.run(["git", *args], cwd=root, check=True)
    with throwaway(deployment_repository(root), ["file"]) as copy:
        assert (copy / "file").read_text() == "x"


def test_colours_and_cursor_movements_are_taken_out_whole() -> None:
    said = b"\x1b[0m\x1b[91mred\x1b[0m \x1b]0;title\x07\x1b[2K\x1b[1;1Hplain \x1b[38;5;200mpink\x1b[m\n"
    assert builder_log.plain(said) == b"red plain pink\n"


def test_with_verbose_the_builder_shows_as_it_comes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "chartpress"
    program.write_text("#!/bin/sh\nprintf '\\033[91mone\\033[0m\\ntwo https://me:secret@example.org'\n")
    program.chmod(0o755)
    builder_log.run_chartpress(program, [], tmp_path, verbose=True)
    assert capfd.readouterr().err.splitlines()[1:] == ["one", "two https://***@example.org"]


def wheel(folder: Path, version: str) -> None:
    """A package called chartpress, small enough to be made here."""
    import zipfile

    info = f"chartpress-{version}.dist-info"
    folder.mkdir()
    with zipfile.ZipFile(folder / f"chartpress-{version}-py3-none-any.whl", "w") as archive:
        archive.writestr("chartpress.py", "def main():\n    print('chartpress " + version + "')\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: chartpress\nVersion: {version}\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def publication(clone: Path, program: str = "") -> Publication:
    repo = deployment_repository(clone)
    chart = read_layout(repo).charts[0]
    read = work_tree_reader(repo)
    return Publication(repo, chart, chart.images[:1], Builder(), True, read, program=program)


def test_a_pinned_version_that_is_missing_is_installed_once_after_a_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel(tmp_path / "wheels", "9.8.7")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clone = deployments.make(tmp_path / "r", {**AT_ROOT, "requirements.txt": "chartpress==9.8.7\n"})
    asked: list[str] = []

    def ask(question: str) -> bool:
        asked.append(question)
        return True

    first = chosen_chartpress(publication(clone), ask)
    assert asked == [
        "requirements.txt:1 pins chartpress==9.8.7, which is not installed. "
        f"Install it in {tmp_path}/cache/hubimages/chartpress-9.8.7?"
    ]
    said = subprocess.run([str(first.program)], check=True, capture_output=True, text=True).stdout
    assert said == "chartpress 9.8.7\n"
    again = chosen_chartpress(publication(clone), pytest.fail)
    assert (again.program, again.version) == (first.program, "9.8.7")


def test_a_no_leaves_the_pinned_version_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    clone = deployments.make(tmp_path / "r", {**AT_ROOT, "requirements.txt": "chartpress==9.8.7\n"})
    with pytest.raises(RefusedError, match="Name another program with --chartpress PATH"):
        chosen_chartpress(publication(clone), lambda question: False)
    assert not (tmp_path / "cache").exists()
    assert chosen_chartpress(publication(clone, str(OURS)), pytest.fail).program == OURS


@pytest.mark.parametrize("line", ["chartpress<1", "chartpress @ git+https://github.com/jupyterhub/chartpress@main"])
def test_a_pin_that_is_no_single_version_is_refused_with_the_command(tmp_path: Path, line: str) -> None:
    clone = deployments.make(tmp_path / "r", {**AT_ROOT, "requirements.txt": f"{line}\n"})
    with pytest.raises(RefusedError, match=r"\.venv/bin/pip install .*chartpress.*--chartpress PATH"):
        chosen_chartpress(publication(clone), pytest.fail)


def test_a_chartpress_that_is_no_program_is_refused(tmp_path: Path) -> None:
    clone = deployments.make(tmp_path / "r", AT_ROOT)
    with pytest.raises(BadInputError, match=r"--chartpress=absent is not a program"):
        chosen_chartpress(publication(clone, "absent"), pytest.fail)
