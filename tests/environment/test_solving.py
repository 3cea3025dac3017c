"""`check-environment --solve` asks a channel of real packages whether they can be installed together."""

import functools
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.environment import Options, Report, check_environment
from hubimages.errors import StorageError
from tests.environment.channel import BASE, make_channel
from tests.environment.test_check_environment import repository
from tests.environment.wheels import Quiet
from tests.repository.test_disks import small_disk
from tests.serving import serving

SOLVE = Options(solve=True)


def solved(directory: Path, channel: str, dependencies: str, files: dict[str, str] | None = None) -> Report:
    text = f"channels:\n- {channel}\ndependencies:\n- python=3.12\n{dependencies}"
    return check_environment(repository(directory, {"environment.yml": text, **(files or {})}), SOLVE)


def test_packages_that_fit_are_counted_for_each_platform(tmp_path: Path) -> None:
    packages = [*BASE, ("numpy", "2.3", ("python",))]
    channel = make_channel(tmp_path / "channel", packages, ["linux-64", "linux-aarch64"])
    files = {".hubimages.yaml": "answers:\n  arm64: 'yes'\n"}
    report = solved(tmp_path / "repository", channel, "- numpy=2.3\n", files)
    assert report.lines == [
        "linux-64: 11 conda packages can be installed together",
        "linux-aarch64: 11 conda packages can be installed together",
    ]
    assert (report.exit_code, report.not_checked) == (0, [])


def test_a_platform_that_lacks_a_package_fails_alone(tmp_path: Path) -> None:
    channel = make_channel(tmp_path / "channel", BASE, ["linux-64", "linux-aarch64"])
    make_channel(tmp_path / "channel", [("numpy", "2.3", ())], ["linux-64"])
    files = {".hubimages.yaml": "answers:\n  arm64: 'yes'\n"}
    report = solved(tmp_path / "repository", channel, "- numpy=2.3\n", files)
    assert report.lines == ["linux-64: 11 conda packages can be installed together"]
    assert [one.code for one in report.findings if one.grade == "error"] == ["no-solution"]
    assert "linux-aarch64" in report.findings[0].message
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("dependencies", "named"),
    [
        ("- numpy=3\n", "numpy"),
        ("- left=1\n- right=1\n", "below"),
        ("- jupyterhub-singleuser=5.4.0\n- needs-old-hub=1\n", "jupyterhub-singleuser"),
        ("- newer-python=1\n", "python"),
    ],
)
def test_what_cannot_be_installed_is_explained_by_the_solver(tmp_path: Path, dependencies: str, named: str) -> None:
    packages = [
        *BASE, ("numpy", "2.3", ()), ("below", "1", ()), ("below", "2", ()), ("left", "1", ("below 1",)),
        ("right", "1", ("below 2",)), ("needs-old-hub", "1", ("jupyterhub-singleuser <5",)),
        ("newer-python", "1", ("python >=3.13",)),
    ]  # fmt: skip
    report = solved(tmp_path / "repository", make_channel(tmp_path / "channel", packages), dependencies)
    (conflict,) = [one for one in report.findings if one.code == "no-solution"]
    assert conflict.grade == "error"
    assert named in conflict.message
    assert ".:" not in str(conflict)


def test_a_pip_package_that_the_channels_have_is_told(tmp_path: Path) -> None:
    channel = make_channel(tmp_path / "channel", [*BASE, ("xarray", "2025.1", ())])
    report = solved(tmp_path / "repository", channel, "- pip\n- pip:\n  - xarray==2025.1\n  - only-on-pypi==1\n")
    assert [(one.grade, one.code, one.line) for one in report.findings if not one.style] == [
        ("warning", "pip-in-conda", 7)
    ]


@pytest.mark.parametrize("channel", ["http://127.0.0.1:9/channel", "file:///nowhere/at/all"])
def test_channels_out_of_reach_are_no_failure(tmp_path: Path, channel: str) -> None:
    report = solved(tmp_path / "repository", channel, "- numpy=2.3\n")
    assert [text.partition(":")[0] for text in report.not_checked] == ["whether the packages can be installed together"]
    assert report.exit_code == 0


def test_a_plain_web_server_answers_the_second_time_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says 304 Not Modified then, which py-rattler does not accept for a sharded index."""
    monkeypatch.setenv("RATTLER_CACHE_DIR", str(tmp_path / "cache"))
    make_channel(tmp_path / "channel", BASE)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with serving(handler) as address:
        channel = f"http://{address}/channel"
        place = repository(
            tmp_path / "repository",
            {"environment.yml": f"channels:\n- {channel}\ndependencies:\n- python=3.12\n"},
        )
        argv = [sys.executable, "-m", "hubimages", "check-environment", str(place), "--solve"]
        for _ in range(3):
            done = subprocess.run(argv, capture_output=True, text=True, check=True)
            assert "linux-64: 10 conda packages can be installed together" in done.stdout


@pytest.mark.parametrize(
    ("options", "said"), [("size=4k", "^the disk is full: .*No space left"), ("ro", "^cannot write: .*Read-only file")]
)
def test_a_disk_that_takes_no_cache_is_no_channel_without_an_answer(
    options: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_channel(tmp_path / "channel", BASE)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with small_disk(tmp_path / "cache", options) as cache, serving(handler) as address:
        monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
        with pytest.raises(StorageError, match=said):
            solved(tmp_path / "repository", f"http://{address}/channel", "")


def test_without_an_environment_file_nothing_is_solved(tmp_path: Path) -> None:
    report = check_environment(repository(tmp_path, {"requirements.txt": "six\n", "runtime.txt": "python-3.12"}), SOLVE)
    assert len(report.not_checked) == 1
    assert report.exit_code == 0
