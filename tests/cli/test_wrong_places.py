"""A task that is pointed at the wrong place says so: it does not end as one that has checked or done something."""

from itertools import product
from pathlib import Path

import pytest

from hubimages.cli.program import contexts
from hubimages.references.find import scan
from tests.command import hubimages
from tests.histories import git

# What follows the place in each task that works in one.
WORDS = {
    "adopt-image-repo": ["--dry-run"], "apply-lock": [], "bump-hub-image": ["--chart-version=4.1.0", "--dry-run"],
    "bump-images": ["--dry-run"], "check-environment": [], "check-hub-image": [], "check-images": ["--offline"],
    "check-imagebuilding-hub": ["--all"], "check-registry": [], "end-hub-experiment": ["--dry-run"],
    "extract-image": ["image", "made", "--dry-run"], "extract-images": ["made", "--dry-run"], "find-images": [],
    "finish-migration": ["--dry-run"], "hub-experiments": [], "image-repos": ["--repos=../list"], "images": [],
    "lock-environment": ["--dry-run"],
    "new-hub-experiment": ["--dry-run"], "new-imagebuilding-hub": ["--cluster=a", "--hub=a", "--dry-run"],
    "point-hubs": ["--all", "--dry-run"], "preview-imagebuilding-hub": ["--cluster=a", "--hub=a"],
    "promote-images": ["--from=a", "--to=b", "--dry-run"], "rebuild-hub-image": ["--dry-run"], "registry-tags": [],
    "roll-back-image": ["--hub=a", "--dry-run"], "update-image-repo": ["--dry-run"],
}  # fmt: skip
# Other ways to run some of them.
MORE = [
    ("apply-lock", ["--write"]), ("check-environment", ["--fix"]), ("check-environment", ["--fix", "--dry-run"]),
    ("check-images", ["--json"]), ("check-images", ["--github"]), ("images", ["--with=numpy", "--offline"]),
    ("images", ["--json"]), ("update-image-repo", ["--check"]),
]  # fmt: skip
NAMED = {
    "end-hub-experiment": "x", "new-hub-experiment": "x", "point-hubs": "quay.io/a/b:1", "registry-tags": "quay.io/a/b",
}  # fmt: skip
PLACES = ("a file", "empty", "no git", "no commit", "other", "missing")
# A place without a lock is one that is built without it; a list of no image directories is an answer.
FINE = {("apply-lock --write", place) for place in ("empty", "no git", "no commit", "other")} | {
    ("find-images", "other")
}
RUNS = [*WORDS.items(), *MORE]
SAMPLE = ("check-images", "images", "apply-lock --write", "check-environment --fix --dry-run", "check-hub-image")


def named(task: str, words: list[str]) -> str:
    return " ".join([task, *words]) if (task, words) in MORE else task


def place_argument(task: str) -> str:
    """The argument in which a task takes the place: an option, or its first word."""
    names = [each.name for each in contexts()[task].args.values()]
    return next((name for name in ("path", "repo", "source", "manifest") if name in names), "")


def test_every_task_that_works_in_a_place_is_tried() -> None:
    assert {task for task in contexts() if place_argument(task)} - {"test-image"} == set(WORDS)


@pytest.mark.parametrize(
    ("run", "place"),
    [
        pytest.param(run, place, marks=[] if named(*run) in SAMPLE and place in PLACES[:2] else [pytest.mark.deep])
        for run, place in product(RUNS, PLACES)
    ],
    ids=lambda each: each if isinstance(each, str) else named(*each),
)
def test_a_task_in_the_wrong_place_fails_with_one_line(run: tuple[str, list[str]], place: str, tmp_path: Path) -> None:
    task, words = run
    there, here = tmp_path / "there", tmp_path / "here"
    here.mkdir()
    (tmp_path / "list").write_text("org/one\n")
    if place == "a file":
        there.write_text("text\n")
    elif place != "missing":
        there.mkdir()
    if place in ("no git", "other"):
        (there / "README.md").write_text("# Something else\n")
    if place in ("no commit", "other"):
        git("init", "-q", there)
    if place == "other":
        git("-C", there, "add", "--all")
        git("-C", there, "commit", "-qm", "Something else")
    argument = place_argument(task)
    where = [f"--repo={there}"] if argument == "repo" else [str(there)]
    done = hubimages(task, *where, *[NAMED.get(task, "")] * (task in NAMED), *words, cwd=here)
    if (named(task, words), place) in FINE:
        assert done.returncode == 0
        return
    assert (done.returncode, done.stdout) in ((2, ""), (3, "")), done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("error: "), done.stderr
    assert [*here.iterdir()] == []


def test_a_check_of_what_a_commit_changes_passes_where_nothing_names_an_image(tmp_path: Path) -> None:
    git("init", "-q", tmp_path)
    done = hubimages("check-images", "--offline", "--strict", "--changed-since=HEAD", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_directory_outside_of_repositories_is_not_read_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "MOST", 2)
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("image: quay.io/a/b:1\n")
    assert len(scan.find_references(tmp_path).references) == 2
    (tmp_path / "c.yaml").write_text("")
    with pytest.raises(scan.BadInputError, match="is not a git repository, and has more than 2 files"):
        scan.find_references(tmp_path)
