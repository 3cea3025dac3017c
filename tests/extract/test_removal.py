"""What is to be removed is gone from every commit, and nothing else differs."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hubimages import extract
from hubimages.errors import BadInputError
from hubimages.extract import Request, Result, read_removal
from tests.histories import Commit, git, make

PATH = "deployments/hub/image"
SECRET = "swordfish-0451"
LARGE = b"\1" * 60_000


def files(**more: Any) -> dict[str, str | bytes]:
    kept = {"environment.yml": "name: hub\n", "keep/students.csv.txt": "kept\n", "logo.png": b"\0" + SECRET.encode()}
    return {f"{PATH}/{name}": text for name, text in {**kept, **more}.items()} | {"README.md": "# Hubs\n"}


HISTORY = [
    Commit("begin", [], files()),
    Commit("students", ["begin"], files(**{"students.csv": "ada@example.org\n"})),
    Commit("key", ["students"], files(**{"students.csv": "ada@example.org\n", "settings.py": f"KEY = '{SECRET}'\n"})),
    Commit("side", ["begin"], files(**{"data.bin": b"small"}), f"Use {SECRET}", encoding="ISO-8859-1"),
    Commit("large", ["side"], files(**{"data.bin": LARGE}), "Caf\u00e9".encode("latin-1"), encoding="ISO-8859-1"),
    Commit("merge", ["key", "large"], files(**{"settings.py": f"KEY = '{SECRET}'\n", "data.bin": LARGE})),
    Commit("last", ["merge"], files(**{"settings.py": "KEY = None\n", "data.bin": b"small"}), f"No {SECRET} any more"),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "deployment.git"
    make(path, HISTORY)
    return path


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "expressions.txt"
    path.write_text(f"{SECRET}==>removed\nregex:nothing-like-[0-9]+==>\n")
    return path


def commits(repo: Path) -> list[dict[str, str]]:
    """Every commit of a history: its people, dates, message and files, oldest first."""
    found = []
    for name in git("-C", repo, "rev-list", "--topo-order", "--reverse", "main").split():
        listed = git("-C", repo, "ls-tree", "-r", "--format=%(path) %(objectmode) %(objectname)", name).split("\n")
        shown = git("-C", repo, "log", "-1", "--encoding=UTF-8", "--format=%an %ae %ad %cn %cd%n%B", name)
        found.append({"": shown, **{line.split(" ")[0]: line.partition(" ")[2] for line in listed}})
    return found


def extracted(source: Path, dest: Path, **options: object) -> Result:
    done = extract.extract(Request(str(source), PATH, dest, template=False, **options), lambda _: True)  # type: ignore[arg-type]
    assert isinstance(done, Result)
    return done


def test_only_what_was_named_differs(source: Path, rules: Path, tmp_path: Path) -> None:
    extracted(source, tmp_path / "whole", keep_messages=True)
    removal = read_removal(["students.csv"], str(rules), "50K")
    done = extracted(source, tmp_path / "clean", keep_messages=True, removal=removal, scan=True)
    settings = git("-C", tmp_path / "clean", "hash-object", "--stdin", stdin=b"KEY = 'removed'\n")
    small = git("-C", source, "hash-object", "--stdin", stdin=b"small")
    expected = []
    for one in commits(tmp_path / "whole"):
        after = {path: facts for path, facts in one.items() if path != "students.csv"}
        after[""] = after[""].replace(SECRET, "removed")
        if "settings.py" in after and after[""].split("\n")[1] != "No removed any more":
            after["settings.py"] = f"100644 {settings}"
        if one[""].split("\n")[1] == "Caf\u00e9":
            after["data.bin"] = f"100644 {small}"  # the change is left out, so that the version before it stays
        elif one[""].split("\n")[1] == "merge":
            del after["data.bin"]
        expected.append(after)
    assert commits(tmp_path / "clean") == expected
    assert done.removed is not None
    assert done.removed.lines() == [
        "1 file version of students.csv dropped",
        "1 file version dropped for the size; an earlier version stays instead",
        "text replaced in 1 file version and 2 messages",
    ]
    assert json.loads(done.as_json())["removed"]["large_file_versions"] == 1
    assert "without what was removed" not in str(done)  # the last tree is the source's
    everything = git("-C", tmp_path / "clean", "cat-file", "--batch-all-objects", "--batch-check").split("\n")
    assert len(everything) == len(git("-C", tmp_path / "clean", "rev-list", "--objects", "main").split("\n"))
    old = {row.split(" ")[0] for row in (tmp_path / "clean/.git/hubimages/commit-map").read_text().splitlines()}
    assert old == set(git("-C", source, "rev-list", "main").split())


def test_a_dry_run_counts_the_same(source: Path, rules: Path, tmp_path: Path) -> None:
    request = Request(
        str(source), PATH, tmp_path / "dest", template=False, removal=read_removal(["keep"], str(rules), None)
    )
    plan = extract.plan_extraction(request)
    assert plan.removed is not None
    assert plan.removed.lines()[0] == "1 file version of keep dropped"
    assert not (tmp_path / "dest").exists()


def test_with_the_template_a_new_commit_of_source_is_brought_onto_it(rules: Path, tmp_path: Path) -> None:
    source, removal = tmp_path / "own.git", read_removal(["keep"], str(rules), "50K")
    make(source, HISTORY[:4])
    first = tmp_path / "first"
    extract.extract(Request(str(source), PATH, first, removal=removal), lambda _: True)
    assert not (first / "keep").exists()
    (tmp_path / "again").mkdir()
    make(
        tmp_path / "again/own.git",
        [*HISTORY[:4], Commit("next", ["side"], files(**{"apt.txt": "vim\n", "data.bin": "x"}))],
    )
    new = git("-C", tmp_path / "again/own.git", "rev-parse", "main")
    git("-C", source, "fetch", "--quiet", tmp_path / "again/own.git", f"+{new}:refs/heads/main")
    second = Request(str(source), PATH, tmp_path / "second", removal=removal, origin=str(first), related=True)
    assert isinstance(extract.extract(second, lambda _: True), Result)
    assert (
        git("-C", tmp_path / "second", "merge-base", "--is-ancestor", git("-C", first, "rev-parse", "main"), "main")
        == ""
    )
    assert not (tmp_path / "second/keep").exists()
    assert (tmp_path / "second/apt.txt").read_text() == "vim\n"


@pytest.mark.parametrize(
    ("paths", "text", "size", "says"),
    [
        (["/etc"], None, None, "--drop-path '/etc' is no path of the image's repository"),
        ([""], None, None, "--drop-path '' is no path"),
        (["."], None, None, "--drop-path '.' is no path"),
        (["a/../b"], None, None, "--drop-path 'a/../b' is no path"),
        ([], None, "50 MB", "--strip-blobs-bigger-than 50 MB is no size. Write a number with K, M or G"),
        ([], None, "0", "--strip-blobs-bigger-than 0 is no size"),
        ([], "missing", None, "--replace-text .*missing cannot be read: No such file"),
        ([], "\n\n", None, "has no expression. Write one per line"),
        ([], "regex:(==>x\n", None, ":1: not a regular expression: missing"),
        ([], "fine\n==>x\n", None, ":2: no text before ==>"),
        ([], "literal:==>x\n", None, ":1: literal: has no expression"),
    ],
)
def test_bad_input_is_one_line(paths: list[str], text: str | None, size: str | None, says: str, tmp_path: Path) -> None:
    file = tmp_path / "missing"
    if text not in (None, "missing"):
        file = tmp_path / "rules"
        file.write_text(str(text))
    with pytest.raises(BadInputError, match=says) as told:
        read_removal(paths, str(file) if text is not None else None, size)
    assert "\n" not in str(told.value)


def test_a_path_that_the_history_never_had_is_named_and_nothing_is_made(source: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "hubimages", "extract-image", str(source), PATH, str(tmp_path / "dest")]
    argv += ["--no-template", "--drop-path=student.csv"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(
        "error: --drop-path student.csv: the image's history has no such path"
    )
    assert list(tmp_path.iterdir()) == []
