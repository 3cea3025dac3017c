"""Locks are written and read by the field's own libraries, and applied so that repo2docker builds the image."""

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from hubimages.environment import apply_lock, changes, check_environment, plan_lock, read_lock
from hubimages.environment.lock.changes import as_table
from hubimages.environment.lock.model import Lock, Locked
from hubimages.errors import BadInputError, ProgramFailedError, StorageError
from tests.environment.channel import BASE, make_channel
from tests.environment.test_check_environment import repository
from tests.environment.wheels import serve_index
from tests.repository.test_disks import small_disk
from tests.sample import some

pytest.importorskip("uv", reason="uv is not installed: pip install 'hubimages[lock]'")

NUMPY = ("numpy", "2.3", ("python",))
ARM64 = {".hubimages.yaml": "answers:\n  arm64: 'yes'\n"}


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package index on loopback with pure-python wheels, which uv asks; yields the directory of the wheels."""
    wheels = tmp_path / "wheels"
    with serve_index(wheels, {"solo": ("1.0", ()), "duo": ("2.0", ("solo", "numpy>=2"))}) as address:
        monkeypatch.setenv("UV_INDEX_URL", address)
        monkeypatch.setenv("UV_NO_CACHE", "1")
        yield wheels


def image_repository(tmp_path: Path, dependencies: str, files: dict[str, str] | None = None) -> Path:
    channel = make_channel(tmp_path / "channel", [*BASE, NUMPY], ["linux-64", "linux-aarch64"])
    text = f"channels:\n- {channel}\ndependencies:\n- python=3.12\n{dependencies}"
    return repository(tmp_path / "repository", {"environment.yml": text, **(files or {})})


@pytest.mark.parametrize(("form", "name"), [("conda-lock", "conda-lock.yml"), ("pixi", "pixi.lock")])
def test_a_lock_has_every_platform_with_hashes_and_is_read_back_the_same(tmp_path: Path, form: str, name: str) -> None:
    place = image_repository(tmp_path, "- numpy=2.3\n", ARM64)
    plan = plan_lock(place, form)
    plan.apply()
    lock = read_lock(place / name)
    assert lock.platforms == ["linux-64", "linux-aarch64"]
    for package in lock.packages:
        file = tmp_path / "channel" / package.platform / f"{package.name}-{package.version}-{package.build}.tar.bz2"
        assert package.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert sorted(each.name for each in lock.of("linux-64", "conda")) == sorted(
        ["numpy", *(name for name, _, _ in BASE)]
    )
    assert sorted(lock.packages) == sorted(plan.lock.packages)
    assert plan_lock(place).rows == []


def test_pip_packages_are_locked_with_hashes_on_top_of_the_conda_packages(tmp_path: Path, index: Path) -> None:
    place = image_repository(tmp_path, "- numpy=2.3\n- pip\n- pip:\n  - duo\n")
    plan_lock(place).apply()
    pip = read_lock(place / "conda-lock.yml").of("linux-64", "pip")
    assert [(each.name, each.version) for each in pip] == [("duo", "2.0"), ("solo", "1.0")]
    for each in pip:
        wheel = index / f"{each.name}-{each.version}-py3-none-any.whl"
        assert each.sha256 == hashlib.sha256(wheel.read_bytes()).hexdigest()


@pytest.mark.parametrize(("options", "said"), [("size=4k", "^the disk is full: "), ("ro", "^cannot write: ")])
def test_a_disk_that_takes_no_cache_of_uv_is_told_as_one(
    options: str, said: str, tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = image_repository(tmp_path, "- pip\n- pip:\n  - solo\n")
    monkeypatch.delenv("UV_NO_CACHE")
    with small_disk(tmp_path / "cache", options) as cache:
        monkeypatch.setenv("UV_CACHE_DIR", str(cache / "uv"))
        with pytest.raises(StorageError, match=said):
            plan_lock(place)


def test_an_applied_lock_is_the_same_image_for_repo2docker(tmp_path: Path, index: Path) -> None:
    place = image_repository(tmp_path, "- numpy\n- pip\n- pip:\n  - solo\n")
    before = check_environment(place).choice
    plan_lock(place).apply()
    copy = tmp_path / "copy"
    shutil.copytree(place, copy)
    assert apply_lock(copy, "linux-64") == copy / "conda-lock.yml"
    text = (copy / "environment.yml").read_text()
    digest = hashlib.sha256((index / "solo-1.0-py3-none-any.whl").read_bytes()).hexdigest()
    assert "- numpy=2.3=h0_0\n" in text
    assert f"  - solo==1.0 --hash=sha256:{digest}\n" in text
    after = check_environment(copy).choice
    assert (after.buildpack, after.python) == (before.buildpack, before.python) == ("CondaBuildPack", "3.12")
    assert "numpy=2.3=h0_0" not in (place / "environment.yml").read_text()


def test_without_a_lock_nothing_is_applied(tmp_path: Path) -> None:
    place = repository(tmp_path, {"environment.yml": "dependencies:\n- python=3.12\n"})
    assert apply_lock(place, "linux-64") is None
    assert (place / "environment.yml").read_text() == "dependencies:\n- python=3.12\n"


@pytest.mark.parametrize("form", ["conda-lock", "pixi"])
@pytest.mark.parametrize(("old", "new"), [("numpy=2.3", "numpy=2.3\n- scipy"), ("numpy=2.3", "numpy=2.4")])
def test_a_lock_of_another_environment_file_is_refused(tmp_path: Path, form: str, old: str, new: str) -> None:
    place = image_repository(tmp_path, "- numpy=2.3\n")
    plan_lock(place, form).apply()
    text = (place / "environment.yml").read_text()
    (place / "environment.yml").write_text("# a comment changes nothing\n" + text)
    assert apply_lock(shutil.copytree(place, tmp_path / "same"), "linux-64") is not None
    (place / "environment.yml").write_text(text.replace(old, new))
    with pytest.raises(BadInputError, match=r"made for another environment\.yml"):
        apply_lock(place, "linux-64")


@pytest.mark.parametrize(
    "entry", ["-e .", "git+https://example.org/x.git", "x @ https://example.org/x.whl", "-r more.txt"]
)
def test_a_pip_entry_that_cannot_be_locked_is_refused_with_its_line(tmp_path: Path, entry: str) -> None:
    place = image_repository(tmp_path, f"- pip\n- pip:\n  - {entry}\n")
    (place / "more.txt").write_text("solo\n")
    with pytest.raises(BadInputError, match=r"line 7: .* cannot be locked"):
        plan_lock(place)
    assert not (place / "conda-lock.yml").exists()


def test_a_pixi_lock_with_pip_packages_is_refused(tmp_path: Path, index: Path) -> None:
    place = image_repository(tmp_path, "- pip\n- pip:\n  - solo\n")
    with pytest.raises(BadInputError, match="without hashes"):
        plan_lock(place, "pixi")


@pytest.mark.parametrize("dependencies", ["- numpy=3\n", "- pip\n- pip:\n  - solo==9\n"])
def test_what_cannot_be_installed_together_gives_no_lock(tmp_path: Path, index: Path, dependencies: str) -> None:
    place = image_repository(tmp_path, dependencies)
    with pytest.raises(ProgramFailedError, match="cannot be installed together on linux-64"):
        plan_lock(place)
    assert not (place / "conda-lock.yml").exists()


@pytest.mark.parametrize("name", ["conda-lock.yml", "pixi.lock"])
@pytest.mark.parametrize("text", ["", "version: 99\n", "no: [yaml", "<<<<<<< HEAD\n"])
def test_a_broken_lock_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(BadInputError, match=name):
        read_lock(tmp_path / name)


def package(name: str, version: str, platform: str = "linux-64", manager: str = "conda", build: str = "0") -> Locked:
    return Locked(platform, manager, name, version, build if manager == "conda" else "", sha256="ab" * 32)


def test_a_table_says_what_changes_between_two_locks() -> None:
    both = ("linux-64", "linux-aarch64")
    before = Lock(
        [], [package("a", "1", each) for each in both] + [package("b", "1"), package("c", "1"), package("same", "1")]
    )
    after = Lock(
        [],
        [package("a", "2", each) for each in both]
        + [package("b", "1", build="1"), package("d", "1", manager="pip"), package("same", "1")],
    )
    rows = changes(before, after)
    assert rows == [
        ("a", "1", "2", "linux-64, linux-aarch64"),
        ("b", "1 0", "1 1", "linux-64"),
        ("c", "1", "", "linux-64"),
        ("d (pip)", "", "1", "linux-64"),
    ]
    assert as_table(rows[2:]) == (
        "2 packages change.\n\n| package | before | after | platforms |\n|---|---|---|---|\n"
        "| c | 1 | — | linux-64 |\n| d (pip) | — | 1 | linux-64 |"
    )
    assert as_table([]) == "No package changes."


def test_a_lock_never_replaces_the_python_of_a_base_image(tmp_path: Path) -> None:
    channel = make_channel(tmp_path / "channel", [*BASE, NUMPY])
    files = {"Dockerfile": "FROM scratch\n", "environment.yml": f"channels: ['{channel}']\ndependencies:\n- numpy\n"}
    place = repository(tmp_path / "repository", files)
    with pytest.raises(BadInputError, match="names no Python"):
        plan_lock(place)
    (place / "environment.yml").write_text(files["environment.yml"] + "- python=3.12\n")
    assert sorted(each.name for each in plan_lock(place).lock.packages) == ["numpy", "python"]


def test_a_lock_that_another_program_made_is_judged_by_its_packages(tmp_path: Path) -> None:
    """conda-lock's own hash of what was asked for is made in its own way."""
    place = image_repository(tmp_path, "- numpy=2.3\n")
    plan_lock(place).apply()
    file = place / "conda-lock.yml"
    text = file.read_text()
    foreign = re.sub(r"  custom_metadata:\n    hubimages_asked: .*\n", "", text)
    file.write_text(re.sub(r"(    linux-64: )\w{64}", r"\g<1>" + "0" * 64, foreign))
    assert file.read_text() != text
    assert check_environment(place).exit_code == 0
    assert apply_lock(shutil.copytree(place, tmp_path / "copy"), "linux-64") is not None
    (place / "environment.yml").write_text((place / "environment.yml").read_text().replace("2.3", "2.4"))
    assert [one.code for one in check_environment(place).findings] == ["lock-stale"]


@pytest.mark.parametrize("form", ["conda-lock", "pixi"])
@pytest.mark.parametrize("name", some(["environment.yml", "environment.yaml", "binder/environment.yml"], 2))
def test_the_check_tells_a_lock_of_another_environment_file(tmp_path: Path, form: str, name: str) -> None:
    place = image_repository(tmp_path, "- numpy=2.3\n", ARM64)
    if name != "environment.yml":
        (place / name).parent.mkdir(exist_ok=True)
        (place / "environment.yml").rename(place / name)
    plan_lock(place, form).apply()
    assert not any(one.code == "lock-stale" for one in check_environment(place).findings)
    (place / name).write_text((place / name).read_text() + "- scipy\n")
    lock = f"{Path(name).parent / {'conda-lock': 'conda-lock.yml', 'pixi': 'pixi.lock'}[form]}"
    (found,) = (one for one in check_environment(place).findings if one.code == "lock-stale")
    assert str(found) == (
        f"{lock}: it was made for another {name}, so it cannot be built from: Run nox -s lock, and commit both"
    )


def test_a_platform_that_is_not_locked_is_told_with_the_remedy(tmp_path: Path) -> None:
    place = image_repository(tmp_path, "- numpy=2.3\n")
    plan_lock(place).apply()
    with pytest.raises(BadInputError) as refused:
        apply_lock(place, "linux-aarch64")
    assert str(refused.value) == (
        "the lock has no packages for linux-aarch64, only for linux-64. Run hubimages lock-environment"
    )


def test_an_applied_lock_does_not_write_through_a_link(tmp_path: Path) -> None:
    place = image_repository(tmp_path, "- numpy=2.3\n")
    plan_lock(place).apply()
    asked = (place / "environment.yml").read_text()
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(place / "conda-lock.yml", copy)
    (copy / "environment.yml").symlink_to(place / "environment.yml")
    apply_lock(copy, "linux-64")
    assert "- numpy=2.3=h0_0\n" in (copy / "environment.yml").read_text()
    assert (place / "environment.yml").read_text() == asked
