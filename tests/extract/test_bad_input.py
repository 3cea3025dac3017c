"""Whatever is wrong with what was given is said in one line with its remedy, and nothing is left behind."""

import os
import re
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, HubImagesError, RefusedError
from tests.extract.taking import IMAGE, image, take
from tests.histories import Commit, git, make


@pytest.fixture
def place(tmp_path):
    """A directory with a repository `s`, and nothing else."""
    make(tmp_path / "s", [
        Commit("old", [], {"docs/page": "x", "deployments/shiny/image/Dockerfile": "FROM a"}),
        Commit("add", ["old"], {"docs/page": "x", **image("1"), "images/hub-two/Dockerfile": "FROM b"}),
    ])  # fmt: skip
    return tmp_path


def refusal(place: Path, source: str | Path = "s", image_dir: str = IMAGE, dest: str = "d", **more) -> HubImagesError:
    """The error of an extraction, after which everything is as it was."""
    before = sorted(place.rglob("*"))
    with pytest.raises(HubImagesError) as error:
        take(place / source if source == "s" else source, place / dest, image_dir, **more)
    assert sorted(place.rglob("*")) == before
    assert "\n" not in str(error.value)
    return error.value


@pytest.mark.parametrize(("source", "message"), [
    ("/no/such/place", "no repository at /no/such/place: there is no such directory"),
    ("", "SOURCE is empty, or contains a line break"),
    ("  ", "SOURCE is empty, or contains a line break"),
    ("x\0y", "SOURCE is empty, or contains a line break"),
    ("--upload-pack=touch /tmp/x", "SOURCE looks like an option: --upload-pack=touch /tmp/x"),
    ("-s", "SOURCE looks like an option: -s"),
])  # fmt: skip
def test_no_such_repository(place, source, message):
    error = refusal(place, source)
    assert (type(error), str(error)) == (BadInputError, message)


@pytest.mark.parametrize("source", ["~no-such-user/x", "x" * 300, "no-such-scheme://h/x", "ext::sh -c true% x"])
def test_no_such_repository_in_unusual_words(place, source):
    error = refusal(place, source)
    assert type(error) is BadInputError
    assert source in str(error)


def test_a_directory_or_file_that_is_no_repository(place):
    (place / "plain").mkdir()
    (place / "file").write_text("x")
    (place / "fake.bundle").write_text("x")
    where = "Name a clone of the deployment repository, or its address"
    assert str(refusal(place, place / "plain")) == f"{place}/plain is not a git repository. {where}"
    assert str(refusal(place, place / "file")) == f"{place}/file is a file, not a git repository"
    assert str(refusal(place, place / "fake.bundle")) == f"{place}/fake.bundle is a file, not a git repository"
    assert type(refusal(place, f"file://{place}/plain")) is BadInputError


def test_a_directory_inside_of_a_repository_names_the_repository(place):
    git("clone", "--quiet", place / "s", place / "clone")
    assert str(refusal(place, place / "clone/images")) == (
        f"{place}/clone/images is inside the repository {place}/clone. Give that as SOURCE, "
        "and IMAGE_DIR as a path in it"
    )


@pytest.mark.parametrize(("path", "ending"), [
    ("images/hbu", "similar directories: images/hub, images/hub-two, images"),
    ("images/HUB", "similar directories: images/hub"),
    ("hub", "similar directories: images/hub"),
    ("deployments/shiny/images", "similar directories: images; similar deleted directories: deployments/shiny/image"),
    ("zzz", "nor in its history"),
])  # fmt: skip
def test_no_such_path_names_the_nearest_that_exist_or_existed(place, path, ending):
    error = refusal(place, image_dir=path)
    assert type(error) is BadInputError
    assert str(error).startswith(f"no {path} in {place}/s at main, nor in its history")
    assert str(error).endswith(ending)


@pytest.mark.parametrize(("path", "message"), [
    (f"{IMAGE}/Dockerfile", f"{IMAGE}/Dockerfile is a file at main. Give its directory: {IMAGE}"),
    ("images/../images/hub", "IMAGE_DIR must not contain '..': images/../images/hub"),
    ("../hub", "IMAGE_DIR must not contain '..': ../hub"),
    ("/images/hub", "IMAGE_DIR must be a path inside the repository, not an absolute one: /images/hub"),
    ("~/images", "IMAGE_DIR must be a path inside the repository, not an absolute one: ~/images"),
    (".", "IMAGE_DIR is the whole repository. Nothing to extract: git clone it instead"),
    ("./", "IMAGE_DIR is the whole repository. Nothing to extract: git clone it instead"),
    ("", "IMAGE_DIR is empty, or contains a line break"),
    ("a\nb", "IMAGE_DIR is empty, or contains a line break"),
    ("--path", "IMAGE_DIR looks like an option: --path"),
])  # fmt: skip
def test_paths_that_can_be_no_image_directory(place, path, message):
    error = refusal(place, image_dir=path)
    assert (type(error), str(error)) == (BadInputError, message)


def test_an_empty_repository(place):
    git("init", "--quiet", "--bare", place / "empty")
    assert str(refusal(place, place / "empty")) == f"{place}/empty has no commits yet"
    assert str(refusal(place, f"file://{place}/empty")) == f"file://{place}/empty has no commits yet"


def test_a_shallow_clone(place):
    git("clone", "--quiet", "--depth=1", f"file://{place}/s", place / "shallow")
    error = refusal(place, place / "shallow")
    assert (type(error), str(error)) == (
        RefusedError,
        f"{place}/shallow is a shallow clone without its older history. "
        f"Fetch it: git -C {place}/shallow fetch --unshallow",
    )
    assert type(refusal(place, f"file://{place}/shallow")) is RefusedError


@pytest.mark.parametrize("kind", ["", "file://"])
def test_a_ref_that_is_absent_ambiguous_or_an_option(place, kind):
    source = f"{kind}{place}/s"
    git("-C", place / "s", "branch", "v1.0", "main")
    git("-C", place / "s", "tag", "v1.0", "main~1")
    assert str(refusal(place, source, ref="mian")) == f"no branch, tag or commit 'mian' in {source}. Did you mean main?"
    assert str(refusal(place, source, ref="v1.0")) == (
        f"--ref v1.0 is ambiguous in {source}. Use one of refs/heads/v1.0, refs/tags/v1.0"
    )
    assert str(refusal(place, source, ref="--all")) == "--ref looks like an option: --all"
    assert str(refusal(place, source, ref="")) == "--ref is empty, or contains a line break"
    assert type(refusal(place, source, ref="f" * 40)) is BadInputError
    assert type(refusal(place, source, ref=f"main:{IMAGE}")) is BadInputError
    take(source, place / "out" / "d", ref="refs/heads/v1.0")


def test_object_ids_of_another_kind(place):
    git("init", "--quiet", "--bare", "--object-format=sha256", place / "s256")
    assert str(refusal(place, place / "s256")) == (
        f"{place}/s256 has sha256 object ids, which git-filter-repo cannot read. Convert it to sha1 first"
    )


def test_a_dest_in_use_is_refused_and_left_as_it_is(place):
    (place / "full").mkdir()
    (place / "full" / "work").write_text("mine")
    (place / "file").write_text("mine")
    assert re.search("is not empty. Name a directory that does not", str(refusal(place, dest="full")))
    assert re.search("exists and is not a directory", str(refusal(place, dest="file")))
    assert type(refusal(place, dest="file/below")) is BadInputError
    assert (place / "full" / "work").read_text() == "mine"


def test_a_dest_whose_parent_is_missing_is_made_and_taken_away_when_it_fails(place):
    refusal(place, image_dir="nothing", dest="not/yet/there")
    take(place / "s", place / "not/yet/there")
    assert (place / "not/yet/there/Dockerfile").exists()


@pytest.mark.parametrize("more", [
    {"push": True}, {"former_paths": ["x"], "follow": False}, {"former_paths": ["--x"]}, {"former_paths": ["../x"]},
    {"former_paths": ["never"]}, {"origin": "/no/such/repository"}, {"origin": "--upload-pack=x"}, {"origin": ""},
])  # fmt: skip
def test_options_that_make_no_sense(place, more):
    assert refusal(place, **more).exit_code in (2, 3)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_repository_that_may_not_be_read(place):
    (place / "s").chmod(0)
    assert refusal(place).exit_code in (2, 74)
    (place / "s").chmod(0o700)
