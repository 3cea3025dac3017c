"""The image's files on top of a repository that builds images: a rule for every file that both sides have."""

import json
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, RefusedError
from tests.extract.taking import IMAGE, take, yes
from tests.histories import Commit, files, git, make, states, subjects

OURS = {
    "README.md": "how to build", "LICENSE": "BSD", ".gitignore": "*.pyc\n.nox/\n", "environment.yml": "example",
    "apt.txt": "example", "noxfile.py": "sessions", ".github/workflows/build.yaml": "build", "image-tests/test": "t",
    "scripts": "a file", "same": "on both sides",
}  # fmt: skip


def onto(place: Path, theirs: dict[str, str], **more):
    """Extract an image with these files onto an origin with ours."""
    image = {"same": "on both sides", **theirs}
    make(place / "origin", [Commit("template", [], OURS)])
    make(place / "s", [
        Commit("old", [], {"other/big": "rest", f"{IMAGE}/first": "1"}),
        Commit("new", ["old"], {"other/big": "again", **{f"{IMAGE}/{name}": text for name, text in image.items()}}),
    ])  # fmt: skip
    return take(place / "s", place / "d", origin=str(place / "origin"), template=True, **more)


def changed(place: Path, before: dict[str, str]) -> dict[str, str | None]:
    """What differs in DEST from the files before; None for those that are gone."""
    after = files(place / "d")
    return {name: after.get(name) for name in {**before, **after} if before.get(name, "").strip() != after.get(name)}


@pytest.mark.parametrize(("theirs", "expected"), [
    ({"Dockerfile": "FROM x"}, {"Dockerfile": "FROM x", "environment.yml": None, "apt.txt": None}),
    ({"environment.yml": "mine"}, {"environment.yml": "mine", "apt.txt": None}),
    ({"binder/environment.yml": "mine"}, {"binder/environment.yml": "mine", "environment.yml": None, "apt.txt": None}),
    ({"notes": "n"}, {"notes": "n"}),
    ({"README.md": "mine"}, {"README.md": "mine", "BUILDING.md": "how to build"}),
    ({"readme.rst": "mine"}, {"readme.rst": "mine", "README.md": None, "BUILDING.md": "how to build"}),
    ({"README.md": "mine", "BUILDING.md": "also mine"},
     {"README.md": "mine", "BUILDING.md": "also mine", "BUILDING-hubimages.md": "how to build"}),
    ({"README.md": "how to build"}, {}),
    ({".gitignore": "mine\n*.pyc"}, {".gitignore": "mine\n*.pyc\n.nox/"}),
    ({".gitignore": "*.pyc\n.nox/\nmore\n"}, {".gitignore": "*.pyc\n.nox/\nmore"}),
    ({"LICENSE": "MIT"}, {"LICENSE": "MIT"}),
    ({".github/workflows/build.yaml": "mine", ".github/workflows/other.yaml": "o", "noxfile.py": "mine"},
     {"github-of-the-old-place/workflows/build.yaml": "mine", "github-of-the-old-place/workflows/other.yaml": "o"}),
    ({"image-tests/test": "mine"}, {"image-tests/test": "mine"}),
    ({"scripts/run": "r"}, {"scripts/run": "r", "scripts": None}),
    ({"image-tests": "a file"}, {"image-tests": "a file", "image-tests/test": None}),
    ({"LICENSE/MIT": "m", ".gitignore/x": "y"},
     {"LICENSE/MIT": "m", "LICENSE": None, ".gitignore/x": "y", ".gitignore": None}),
])  # fmt: skip
def test_every_rule(tmp_path, theirs, expected):
    result = onto(tmp_path, theirs)
    assert changed(tmp_path, OURS) == expected
    both = {one.path for one in result.decisions}
    assert {name for name, text in expected.items() if text is None} - {"README.md"} <= both


@pytest.mark.parametrize("theirs", [
    {".github": "a file where the workflows are"}, {"noxfile.py/x": "a directory"}, {"README.md/x": "a directory"},
    {"BUILDING.md/x": "a directory", "README.md": "mine"},
])  # fmt: skip
def test_what_builds_the_image_stays_or_gives_way_in_the_open(tmp_path, theirs):
    result = onto(tmp_path, theirs)
    for name, text in theirs.items():
        kept = files(tmp_path / "d").get(name)
        assert kept == text or name in {one.path for one in result.decisions}
    for name in OURS.keys() - files(tmp_path / "d").keys():
        assert any(name in f"{one.path} {one.rule}" for one in result.decisions), name


def test_both_texts_remain_in_history_and_the_push_is_a_fast_forward_of_origin(tmp_path):
    result = onto(tmp_path, {"README.md": "mine", "environment.yml": "mine"}, push=True)
    assert subjects(tmp_path / "origin") == [f"Bring in {IMAGE} from its old repository with its history", "new", "old",
                                             "template"]  # fmt: skip
    kept = states(tmp_path / "d")
    assert kept["template"] == {name: text.strip() for name, text in OURS.items()}
    assert kept["new"] == {"README.md": "mine", "environment.yml": "mine", "same": "on both sides"}
    assert git("-C", tmp_path / "origin", "rev-parse", "main") == result.head
    assert f"  pushed         main, to {tmp_path / 'origin'}\n" in str(result)
    assert git("-C", tmp_path / "d", "rev-parse", "main", "origin/main").split() == [result.head] * 2
    assert git("-C", tmp_path / "d", "status", "--porcelain", "--branch") == "## main...origin/main"


def test_an_origin_that_has_this_history_already_needs_nothing(tmp_path):
    onto(tmp_path, {"notes": "n"}, push=True)
    nothing = take(tmp_path / "s", tmp_path / "e", origin=str(tmp_path / "origin"), template=True)
    why = f"main of {tmp_path}/origin already has this history"
    assert str(nothing) == f"nothing to do: {why}. {tmp_path}/e was not made: git clone origin"
    assert not (tmp_path / "e").exists()


def test_an_origin_with_a_main_and_no_template_is_refused(tmp_path):
    with pytest.raises(RefusedError, match=r"exists\. Leave out --no-template to build on it, or name an e"):
        make(tmp_path / "origin", [Commit("x", [], {"x": "x"})])
        make(tmp_path / "s", [Commit("add", [], {f"{IMAGE}/x": "x"})])
        take(tmp_path / "s", tmp_path / "d", origin=str(tmp_path / "origin"))


def test_an_origin_that_moved_on_meanwhile_is_not_overwritten(tmp_path):
    make(tmp_path / "origin", [Commit("one", [], {"x": "x"}), Commit("two", ["one"], {"x": "y"})], {"old": "one"})
    make(tmp_path / "s", [
        Commit("old", [], {"old/Dockerfile": "FROM x", "old/start": "s"}),
        Commit("move", ["old"], {f"{IMAGE}/Dockerfile": "FROM x", f"{IMAGE}/start": "s"}),
    ])  # fmt: skip
    hook = tmp_path / "origin" / "hooks" / "pre-receive"  # somebody else is faster by the moment of the push
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main refs/heads/old\n")
    hook.chmod(0o755)
    with pytest.raises(Exception, match=r"is complete\. Once this is fixed: git -C") as error:
        take(tmp_path / "s", tmp_path / "d", ask=yes, origin=str(tmp_path / "origin"), template=True, push=True)
    assert error.type is not AssertionError
    assert git("-C", tmp_path / "origin", "log", "-1", "--format=%s", "main") == "one"
    assert (tmp_path / "d/Dockerfile").exists()


def test_an_empty_origin_named_by_a_relative_path(tmp_path, monkeypatch):
    make(tmp_path / "s", [Commit("add", [], {f"{IMAGE}/Dockerfile": "FROM x"})])
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "empty.git")
    monkeypatch.chdir(tmp_path)
    result = take("s", Path("out/d"), origin="empty.git", push=True)
    assert git("-C", "empty.git", "rev-parse", "main") == result.head
    assert git("-C", "out/d", "config", "remote.origin.url") == f"{tmp_path}/empty.git"
    assert git("-C", "out/d", "rev-parse", "origin/main") == result.head


def test_only_what_belongs_is_there(tmp_path):
    make(tmp_path / "origin", [Commit("template", [], OURS), Commit("draft", ["template"], {"draft": "d"})],
         {"draft": "draft", "main": "template"})  # fmt: skip
    make(tmp_path / "s", [
        Commit("add", [], {"other/file": "blob of the rest", f"{IMAGE}/Dockerfile": "FROM x"}),
        Commit("side", ["add"], {"other/file": "x", f"{IMAGE}/Dockerfile": "FROM side"}),
        Commit("last", ["add"], {"other/file": "more of the rest", f"{IMAGE}/Dockerfile": "FROM y"}),
    ], {"side": "side"})  # fmt: skip
    git("-C", tmp_path / "s", "tag", "v1")
    git("-C", tmp_path / "origin", "tag", "v2", "draft")
    take(tmp_path / "s", tmp_path / "d", origin=str(tmp_path / "origin"), template=True)
    here = tmp_path / "d"
    assert git("-C", here, "for-each-ref", "--format=%(refname)").split() == [
        "refs/heads/main", "refs/remotes/origin/main",
    ]  # fmt: skip
    assert git("-C", here, "remote").split() == ["origin"]
    form = "--batch-check=%(objecttype) %(objectname)"
    everything = set(git("-C", here, "cat-file", "--batch-all-objects", form).splitlines())
    reachable = git("-C", here, "rev-list", "--objects", "--no-object-names", "main").splitlines()
    assert {row.split()[1] for row in everything} == set(reachable)
    blobs = {git("-C", here, "cat-file", "blob", row.split()[1]) for row in everything if row.startswith("blob")}
    assert blobs == {text.strip() for text in OURS.values()} | {"FROM x", "FROM y"}
    inside = sorted(path.name for path in (here / ".git").iterdir())
    assert inside == ["HEAD", "config", "hubimages", "index", "logs", "objects", "refs"]
    assert not (here / ".git/objects/info/alternates").exists()
    assert str(tmp_path / "s") not in (here / ".git/config").read_text()


def test_the_map_of_commits_is_kept_outside_of_the_work_tree(tmp_path):
    onto(tmp_path, {"notes": "n"})
    olds = git("-C", tmp_path / "s", "log", "--reverse", "--format=%H").split()
    news = git("-C", tmp_path / "d", "log", "--reverse", "--format=%H", "main^2").split()
    rows = (tmp_path / "d/.git/hubimages/commit-map").read_text().splitlines()
    assert rows == [f"{old} {new}" for old, new in zip(olds, news, strict=True)]
    record = json.loads((tmp_path / "d/.git/hubimages/extraction.json").read_text())
    assert (record["commits_kept"], record["source_commit"]) == (2, olds[-1])
    assert git("-C", tmp_path / "d", "status", "--porcelain", "--ignored") == ""


def test_a_name_that_no_repository_can_have_counts_only_where_origin_has_no_main(tmp_path, capsys):
    make(tmp_path / "s", [Commit("add", [], {f"{IMAGE}/Dockerfile": "FROM x"})])
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "empty.git")
    with pytest.raises(BadInputError, match=r"^repo: "):
        take(tmp_path / "s", tmp_path / "not a name", origin=str(tmp_path / "empty.git"), template=True)
    assert "reading the history" not in capsys.readouterr().err
    assert not (tmp_path / "not a name").exists()
    make(tmp_path / "origin", [Commit("template", [], OURS)])
    take(tmp_path / "s", tmp_path / "not a name", origin=str(tmp_path / "origin"), template=True)
    assert (tmp_path / "not a name/Dockerfile").exists()
