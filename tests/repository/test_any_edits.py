"""Any set of edits in any order: planned, shown, written, committed, undone, it is one set of edits.

A little is tried each time, and `pytest --hypothesis-profile=nightly tests/repository/test_any_edits.py` tries much.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hubimages.errors import RefusedError
from hubimages.repository import changes, delivery, file_edit
from hubimages.repository.changes import Commit
from hubimages.repository.delivery import Delivery
from hubimages.repository.file_edit import FileEdit
from tests.examples import examples

SOME = examples(10, 300)

PATHS = ("a.yaml", "b.yaml", "dir/c.yaml", "dir/d é.yaml")
LINES = st.sampled_from(["tag: 1\n", "tag: 2\n", "# \u2028 line\n", "tag: 3\r\n", "\n", "--- a/b.yaml\n", "$ git\n"])
TEXTS = st.builds(
    lambda lines, end: "".join(lines) + end,
    st.lists(LINES, min_size=1, max_size=12),
    st.sampled_from(["", "last", "\ufeff"]),
)
Texts = dict[str, str]


@st.composite
def plans(draw: st.DrawFn) -> tuple[Texts, list[Commit]]:
    """Files, and commits of edits each of which is made on top of those before it."""
    start: Texts = draw(st.dictionaries(st.sampled_from(PATHS), TEXTS, min_size=1))
    now: dict[str, str | None] = {path: start.get(path) for path in PATHS}
    commits = []
    for number in range(draw(st.integers(1, 4))):
        edits = []
        for _ in range(draw(st.integers(1, 4))):
            path = draw(st.sampled_from(PATHS))
            after = draw(st.one_of(TEXTS, TEXTS, TEXTS, st.none()))
            edits.append(FileEdit(path, now[path], after))
            now[path] = after
        commits.append(Commit(f"Commit {number}", edits))
    return start, commits


def after(start: Texts, commits: Sequence[Commit]) -> Texts:
    """The files with the edits: the last one counts, since each is made on top of the one before."""
    texts: dict[str, str | None] = {**start}
    for edit in edits_of(commits):
        texts[edit.path] = edit.after
    return {path: text for path, text in texts.items() if text is not None}


def edits_of(commits: Sequence[Commit]) -> list[FileEdit]:
    return [edit for commit in commits for edit in commit.edits]


def git(root: Path, *args: str, stdin: str = "") -> str:
    done = subprocess.run(["git", *args], cwd=root, check=True, input=stdin.encode(), capture_output=True)
    return done.stdout.decode()


def make(root: Path, texts: Mapping[str, str]) -> Path:
    """A repository of the files, and a file of the user's that is changed."""
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for path, text in {**texts, "user": "user's\n"}.items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(text.encode())
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    (root / "user").write_text("user's change\n")
    return root


def files(root: Path) -> Texts:
    """The files as they are in the work tree, without the user's."""
    found = (path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts and path.name != "user")
    return {path.relative_to(root).as_posix(): path.read_bytes().decode() for path in found}


def status(root: Path) -> str:
    return git(root, "status", "--porcelain")


@SOME
@given(plans())
def test_what_is_shown_is_what_is_written(plan: tuple[Texts, list[Commit]]) -> None:
    start, commits = plan
    wanted = after(start, commits)
    with TemporaryDirectory() as directory:
        ours, theirs = make(Path(directory, "ours"), start), make(Path(directory, "theirs"), start)
        repo = changes.deployment_repository(ours)
        shown = delivery.plan(repo, commits, Delivery())
        assert files(ours) == start
        if wanted != start:
            git(theirs, "apply", "--whitespace=nowarn", "-", stdin=shown)
            assert files(theirs) == wanted
        delivery.deliver(repo, commits, Delivery(), title="", body="")
        assert files(ours) == wanted
        file_edit.check_written(ours, edits_of(commits))
        undone = [FileEdit(edit.path, edit.after, edit.before) for edit in reversed(edits_of(commits))]
        file_edit.apply(ours, undone)
        assert files(ours) == start
        assert status(ours) == " M user\n"


TWICE = Commit("Two", [FileEdit("a.yaml", "tag: 2\n", "tag: 3\n"), FileEdit("a.yaml", "tag: 3\n", "tag: 1\nlast")])


@SOME
@given(plans())
@example(({"a.yaml": "tag: 1\n"}, [Commit("One", [FileEdit("a.yaml", "tag: 1\n", "tag: 2\n")]), TWICE]))
def test_what_is_shown_is_what_is_committed_each_on_top_of_the_one_before(plan: tuple[Texts, list[Commit]]) -> None:
    start, commits = plan
    wanted = after(start, commits)
    with TemporaryDirectory() as directory:
        ours, theirs = make(Path(directory, "ours"), start), make(Path(directory, "theirs"), start)
        repo = changes.deployment_repository(ours)
        shown = delivery.plan(repo, commits, Delivery(commit=True))
        if file_edit.show(edits_of(commits)):
            git(theirs, "apply", "--whitespace=nowarn", "-", stdin=shown)
            assert files(theirs) == wanted
        delivery.deliver(repo, commits, Delivery(commit=True), title="", body="")
        assert (files(ours), status(ours)) == (wanted, " M user\n")
        git(theirs, "checkout", "-q", "HEAD", "--", ".")
        git(theirs, "clean", "-qfd")
        assert files(theirs) == start
        made = git(ours, "rev-list", "--reverse", "HEAD").split()[1:]
        for commit in made:
            git(theirs, "apply", "--whitespace=nowarn", "-", stdin=git(ours, "show", "--binary", commit))
        assert files(theirs) == wanted
        if made:
            git(ours, "stash", "-q")
            git(ours, "revert", "--no-edit", f"HEAD~{len(made)}..HEAD")
        assert files(ours) == start


@SOME
@given(plans(), st.data())
def test_a_set_that_would_lose_an_edit_changes_nothing(plan: tuple[Texts, list[Commit]], data: st.DataObject) -> None:
    """One edit is made from the file as it was at the start, as if there were no other."""
    start, commits = plan
    edits = edits_of(commits)
    places = [
        number
        for number, edit in enumerate(edits)
        if edit.before != start.get(edit.path) and any(other.path == edit.path for other in edits[:number])
    ]
    if not places:
        return
    number = data.draw(st.sampled_from(places))
    stale = FileEdit(edits[number].path, start.get(edits[number].path), edits[number].after)
    losing = [Commit(f"Commit {at}", [stale if at == number else edit]) for at, edit in enumerate(edits)]
    with TemporaryDirectory() as directory:
        root = make(Path(directory, "ours"), start)
        repo = changes.deployment_repository(root)
        for commit in (False, True):
            with pytest.raises(RefusedError, match="would overwrite each other"):
                delivery.plan(repo, losing, Delivery(commit=commit))
            with pytest.raises(RefusedError, match="would overwrite each other"):
                delivery.deliver(repo, losing, Delivery(commit=commit), title="", body="")
        assert (files(root), status(root), git(root, "rev-list", "--count", "HEAD")) == (start, " M user\n", "1\n")
