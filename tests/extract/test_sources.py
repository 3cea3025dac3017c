"""Any kind of repository is read, and none is written to."""

import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from hubimages.errors import HubImagesError, RefusedError
from tests.extract.taking import IMAGE, at, image, take
from tests.histories import Commit, git, make, states

COMMITS = [
    Commit("add", [], {"docs/page": "x", **image("1")}),
    Commit("docs", ["add"], {"docs/page": "y", **image("1")}),
    Commit("last", ["docs"], {"docs/page": "y", **image("2")}),
]
EXPECTED = {"last": at("2"), "add": at("1")}


@pytest.fixture
def bare(tmp_path):
    make(tmp_path / "bare.git", COMMITS)
    return tmp_path / "bare.git"


@pytest.fixture
def clone(bare, tmp_path):
    git("clone", "--quiet", bare, tmp_path / "clone")
    return tmp_path / "clone"


def listing(place: Path) -> list[tuple[str, bytes, int, int]]:
    """Everything below a directory: name, content, mode and time of the last change."""
    found = []
    for path in sorted(place.rglob("*")):
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found.append((str(path), content, facts.st_mode, facts.st_mtime_ns))
    return found


def test_a_bare_repository_a_work_tree_and_its_git_directory(bare, clone, tmp_path):
    for number, source in enumerate([bare, clone, clone / ".git", f"{clone}/", f"{clone}/./"]):
        take(source, tmp_path / str(number))
        assert states(tmp_path / str(number)) == EXPECTED


def test_a_linked_work_tree_at_its_own_commit(clone, tmp_path):
    git("-C", clone, "worktree", "add", "--quiet", tmp_path / "linked", "HEAD~1")
    take(tmp_path / "linked", tmp_path / "d")
    assert states(tmp_path / "d") == {"add": at("1")}


def test_a_submodules_work_tree(bare, clone, tmp_path):
    git("-c", "protocol.file.allow=always", "-C", clone, "submodule", "--quiet", "add", bare, "module")
    take(clone / "module", tmp_path / "d")
    assert states(tmp_path / "d") == EXPECTED


def test_a_detached_head(clone, tmp_path):
    git("-C", clone, "checkout", "--quiet", "--detach", "HEAD~1")
    result = take(clone, tmp_path / "d")
    assert (states(tmp_path / "d"), result.source.ref) == ({"add": at("1")}, "HEAD")


def test_by_a_relative_path_and_through_a_link(clone, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to("clone")
    monkeypatch.chdir(tmp_path)
    for source in ("clone", "./link", "link/../clone"):
        take(source, Path(f"d-{source.replace('/', '-')}"))
    monkeypatch.chdir(clone)
    take(".", tmp_path / "d")
    assert states(tmp_path / "d") == EXPECTED


@pytest.mark.parametrize("name", [
    "with space", "grün ☃", "line\nbreak", "it's \"quoted\"", "\udcff", "[x]*?", "a:b", "#x", "back\\slash",
    "line\u2028separator", "-dash",
])  # fmt: skip
def test_any_name_of_the_repository_and_of_dest(clone, tmp_path, name):
    place = tmp_path / name
    clone.rename(place)
    take(place, tmp_path / "out" / name)
    assert states(tmp_path / "out" / name) == EXPECTED


@pytest.mark.parametrize("spelling", ["./images//hub/", "images/./hub", "images/hub///", ".//images/hub/."])
def test_odd_spellings_of_the_image_directory(bare, tmp_path, spelling):
    result = take(bare, tmp_path / "d", spelling)
    assert (states(tmp_path / "d"), result.reading.path) == (EXPECTED, IMAGE)


@pytest.mark.parametrize(("stored", "typed"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_both_unicode_spellings_of_the_image_directory(tmp_path, stored, typed):
    name = "images/grün"
    make(tmp_path / "s", [Commit("add", [], image("1", unicodedata.normalize(stored, name)))])
    take(tmp_path / "s", tmp_path / "d", unicodedata.normalize(typed, name))
    assert states(tmp_path / "d") == {"add": at("1")}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to another owner")
def test_a_repository_of_another_owner(bare, clone, tmp_path):
    subprocess.run(["chown", "-R", "nobody", bare, clone], check=True)
    for source in (bare, clone):
        take(source, tmp_path / f"from-{source.name}")
        assert states(tmp_path / f"from-{source.name}") == EXPECTED
    address = f"file://{bare}"
    if subprocess.run(["git", "ls-remote", address], capture_output=True, check=False).returncode == 0:
        take(address, tmp_path / "d")  # git 2.53 serves it
        assert states(tmp_path / "d") == EXPECTED
        return
    with pytest.raises(RefusedError, match=r"which belongs to another user: give its directory, which is read in pl"):
        take(address, tmp_path / "d")


def test_bare_repositories_that_the_users_settings_forbid_to_discover(bare, tmp_path, home):
    (home / ".gitconfig").write_text("[safe]\n\tbareRepository = explicit\n[clone]\n\tdefaultRemoteName = up\n")
    take(bare, tmp_path / "d")
    take(f"file://{bare}", tmp_path / "e")
    assert states(tmp_path / "d") == states(tmp_path / "e") == EXPECTED


def test_relative_alternates_of_the_source_and_of_its_source(bare, tmp_path):
    names = ["one", "two", "three"]
    for above, name in zip(["bare.git", *names], names, strict=False):
        git("clone", "--quiet", "--bare", "--shared", tmp_path / above, tmp_path / name)
        (tmp_path / name / "objects/info/alternates").write_text(f"../../{above}/objects\n")
    take(tmp_path / "three", tmp_path / "d")
    assert states(tmp_path / "d") == EXPECTED
    for name in names:
        (tmp_path / name).rename(tmp_path / f"{name}-gone")
    (tmp_path / "bare.git").rename(tmp_path / "gone")
    git("-C", tmp_path / "d", "fsck", "--full", "--strict")


def test_the_source_is_never_written_to(clone, tmp_path):
    git("-C", clone, "worktree", "add", "--quiet", tmp_path / "linked")
    os.utime(clone / "docs/page")  # the index would be refreshed
    (clone / "untracked").write_text("x")
    before = listing(clone), listing(tmp_path / "linked")
    take(clone, tmp_path / "d")
    take(tmp_path / "linked", tmp_path / "e")
    take(f"file://{clone}", tmp_path / "f")
    with pytest.raises(HubImagesError):
        take(clone, tmp_path / "g", "images/hbu")
    assert (listing(clone), listing(tmp_path / "linked")) == before


@pytest.mark.parametrize("dest", ["clone/out", "clone/.git/out", "clone/images/new/out", "bare.git/out"])
def test_a_dest_inside_of_the_source_is_refused_because_nothing_is_written_there(bare, clone, tmp_path, dest):
    before = listing(clone), listing(bare)
    with pytest.raises(RefusedError, match=r"is inside .*, which is only read. Name a DEST outside of it$"):
        take(tmp_path / dest.split("/", maxsplit=1)[0], tmp_path / dest)
    assert (listing(clone), listing(bare)) == before


def test_variables_of_a_hook_that_we_are_started_by_do_not_matter(clone, tmp_path):
    other = tmp_path / "other"
    make(other, [Commit("wrong", [], image("wrong"))])
    script = (
        "import sys; from pathlib import Path; from tests.extract.taking import take\n"
        "take(sys.argv[1], Path(sys.argv[2]))\n"
    )
    variables = {
        "GIT_DIR": str(other), "GIT_WORK_TREE": str(tmp_path), "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_OBJECT_DIRECTORY": str(other / "objects"), "GIT_NAMESPACE": "x", "GIT_PREFIX": "images/",
        "GIT_COMMON_DIR": str(other), "GIT_QUARANTINE_PATH": "x", "GIT_ICASE_PATHSPECS": "1",
        "GIT_DEFAULT_HASH": "sha256",
        "GIT_CONFIG_PARAMETERS": "'core.bare'='true'", "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(other / "objects"),
        "GIT_SHALLOW_FILE": "x", "GIT_GRAFT_FILE": "x", "GIT_GLOB_PATHSPECS": "1", "GIT_TRACE": "1",
    }  # fmt: skip
    argv = [sys.executable, "-c", script, str(clone), str(tmp_path / "d")]
    done = subprocess.run(
        argv, env={**os.environ, **variables}, cwd=Path(__file__).parents[2], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert states(tmp_path / "d") == EXPECTED
