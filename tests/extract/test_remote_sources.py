"""A source that is not on this machine is fetched once, and no more of it than is needed."""

import re
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from tests.extract.taking import IMAGE, at, image, take, yes
from tests.histories import Commit, git, make, states, subjects

EXPECTED = {"last": at("2"), "add": at("1")}
CHART = 'charts:\n  - name: x\n    images:\n      hub:\n        buildArgs: {V: "1"}\n'


@pytest.fixture
def bare(tmp_path):
    make(tmp_path / "bare.git", [
        Commit("add", [], {"docs/page": "x" * 5000, "chartpress.yaml": CHART, **image("1")}),
        Commit("docs", ["add"], {"docs/page": "y" * 5000, "chartpress.yaml": CHART, **image("1")}),
        Commit("last", ["docs"], {"docs/page": "z" * 5000, "chartpress.yaml": CHART, **image("2")}),
        Commit("side", ["last"], {"docs/page": "w" * 5000, **image("3")}),
    ], {"side/branch": "side", "main": "last"})  # fmt: skip
    return tmp_path / "bare.git"


@pytest.fixture(params=[True, False], ids=["partial", "whole"])
def filters(bare, request):
    """Whether the server sends clones without blobs."""
    if request.param:
        git("-C", bare, "config", "uploadpack.allowFilter", "true")
        git("-C", bare, "config", "uploadpack.allowAnySHA1InWant", "true")
    return request.param


def all_kept(place: Path) -> set[str]:
    return set(git("-C", place, "cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split())


def test_through_file_with_and_without_filters(bare, filters, tmp_path):
    result = take(f"file://{bare}", tmp_path / "d")
    assert states(tmp_path / "d") == EXPECTED
    assert result.reading.commits == take(bare, tmp_path / "e").reading.commits
    assert all_kept(tmp_path / "d") == all_kept(tmp_path / "e")
    assert result.warnings == ["chartpress.yaml builds hub with build arguments, which are not set here: V=1"]


def test_from_a_server_with_filters_only_the_blobs_needed_are_asked_for(bare, filters, tmp_path, monkeypatch):
    needed = {git("-C", bare, "rev-parse", f"{name}:chartpress.yaml") for name in ("main", "main~2")}
    for name in ("main", "main~2"):
        needed.update(row.split()[2] for row in git("-C", bare, "ls-tree", f"{name}:{IMAGE}").splitlines())
    monkeypatch.setenv("GIT_TRACE_PACKET", str(tmp_path / "packets"))
    take(f"file://{bare}", tmp_path / "d")
    asked = set(re.findall(r"fetch> want ([0-9a-f]{40})", (tmp_path / "packets").read_text()))
    assert asked == needed


def test_by_branch_tag_commit_and_any_other_ref(bare, filters, tmp_path):
    git("-C", bare, "tag", "-m", "x", "v1", "main")
    git("-C", bare, "update-ref", "refs/pull/7/head", "side/branch")
    address = f"file://{bare}"
    first = git("-C", bare, "rev-parse", "main~2")
    refs = {"side/branch": "3", "refs/heads/side/branch": "3", "v1": "2", "refs/tags/v1": "2", "refs/pull/7/head": "3",
            first: "1", first[:9]: "1", "main~1": "1"}  # fmt: skip
    for number, (ref, text) in enumerate(refs.items()):
        take(address, tmp_path / str(number), ref=ref)
        assert next(iter(states(tmp_path / str(number)).values())) == at(text), ref


def test_former_paths_are_found_without_the_blobs_too(tmp_path):
    text = "".join(f"line {number}\n" for number in range(40))
    make(tmp_path / "s", [
        Commit("add", [], {"old/environment.yml": text, "old/start": text * 2, "x": "x"}),
        Commit("move", ["add"], {f"{IMAGE}/environment.yml": text + "more\n", f"{IMAGE}/start": text * 2 + "x\n",
                                 "also/new": "in the same commit"}),
    ])  # fmt: skip
    git("-C", tmp_path / "s", "config", "uploadpack.allowFilter", "true")
    git("-C", tmp_path / "s", "config", "uploadpack.allowAnySHA1InWant", "true")
    take(f"file://{tmp_path}/s", tmp_path / "d", ask=yes)
    assert subjects(tmp_path / "d") == ["move", "add"]


def test_a_file_at_the_path_is_called_one_without_its_blob_too(bare, filters, tmp_path):
    with pytest.raises(BadInputError) as error:
        take(f"file://{bare}", tmp_path / "d", f"{IMAGE}/Dockerfile")
    assert str(error.value) == f"{IMAGE}/Dockerfile is a file at main. Give its directory: {IMAGE}"


def test_a_detached_remote_and_one_whose_head_leads_nowhere(bare, tmp_path):
    git("-C", bare, "update-ref", "--no-deref", "HEAD", "side/branch")
    take(f"file://{bare}", tmp_path / "d")
    assert subjects(tmp_path / "d") == ["side", "last", "add"]
    git("-C", bare, "symbolic-ref", "HEAD", "refs/heads/gone")
    with pytest.raises(BadInputError, match=r"^HEAD of .* names no branch\. Name one with --ref$"):
        take(f"file://{bare}", tmp_path / "e")


def test_names_with_line_separators_on_the_other_side(bare, filters, tmp_path):
    git("-C", bare, "branch", "odd\u2028name\u0085", "main")
    take(f"file://{bare}", tmp_path / "d", ref="odd\u2028name\u0085")
    take(bare, tmp_path / "e", ref="odd\u2028name\u0085")
    assert states(tmp_path / "d") == states(tmp_path / "e") == EXPECTED


def test_a_bundle(bare, tmp_path):
    git("-C", bare, "bundle", "create", "--quiet", tmp_path / "with-head.bundle", "--all", "HEAD")
    git("-C", bare, "bundle", "create", "--quiet", tmp_path / "one.bundle", "main")
    take(tmp_path / "with-head.bundle", tmp_path / "d")
    take(tmp_path / "one.bundle", tmp_path / "e", ref="main")
    assert states(tmp_path / "d") == states(tmp_path / "e") == EXPECTED
    with pytest.raises(BadInputError, match=r"^HEAD of .* names no branch\. Name one with --ref$"):
        take(tmp_path / "one.bundle", tmp_path / "f")


def test_a_bundle_of_only_the_newest_commits_is_refused(bare, tmp_path):
    git("-C", bare, "bundle", "create", "--quiet", tmp_path / "new.bundle", "main~1..main")
    with pytest.raises(RefusedError, match=r"^.*new.bundle holds only part of the history. Bundle all of it"):
        take(tmp_path / "new.bundle", tmp_path / "d", ref="main")


@pytest.mark.parametrize("filters", [True], indirect=True)
def test_a_local_partial_clone_is_refused_with_the_way_out(bare, filters, tmp_path):
    git("clone", "--quiet", "--bare", "--filter=blob:none", f"file://{bare}", tmp_path / "partial")
    with pytest.raises(RefusedError) as error:
        take(tmp_path / "partial", tmp_path / "d")
    assert str(error.value) == (
        f"{tmp_path}/partial is a partial clone without the files of its history. Extract from file://{bare} instead"
    )
