"""What a killed run has edited and not committed is put back by the next one that writes."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hubimages.repository import changes, unfinished
from tests.hooks import write_hook
from tests.references.pointing import git, make_deployment

KILLED = """
import os, signal, sys
from pathlib import Path
from hubimages.repository import changes
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit
seen = 0
def hear(event, args):
    global seen
    seen += event == "os.rename"
    at_the_end = event == "os.remove" and str(args[0]).endswith("edits.json")
    if (event == "os.rename" and seen == int(sys.argv[2])) or at_the_end:
        os.kill(os.getpid(), signal.SIGKILL)
repo = changes.deployment_repository(Path(sys.argv[1]))
sys.addaudithook(hear)
with changes.on_branch(repo, "new"):
    changes.commit_all(repo, [
        Commit("One", [FileEdit("a", "old", "new"), FileEdit("d", "old", "new"), FileEdit("run", "old", None)]),
        Commit("Two", [FileEdit("b/c", None, "new"), FileEdit("a", "new", "newer")]),
    ])
"""
FILES = {"a": "old", "d": "old", "run": "old", "mine": "old"}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_deployment(tmp_path / "r", FILES)
    (root / "run").chmod(0o755)
    git(root, "add", "--chmod=+x", "run")
    git(root, "commit", "-q", "-m", "Run")
    (root / "mine").write_text("mine")
    return root


def killed(root: Path, rename: int) -> None:
    """Commit on a new branch, killed before a renaming: 1 and 2 are records, the others files; or at the end."""
    argv = [sys.executable, "-c", KILLED, str(root), str(rename)]
    assert subprocess.run(argv, check=False).returncode == -signal.SIGKILL


def test_files_and_branch_are_as_before_a_run_that_was_killed_before_its_commit(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = git(root, "log", "--all", "--format=%H %D")
    killed(root, 4)
    unfinished.put_back(root)  # one file of two was edited
    assert (
        capsys.readouterr().err
        == "note: an earlier run was killed before it committed a. They are as before it again\n"
    )
    assert git(root, "log", "--all", "--format=%H %D") == before
    assert git(root, "status", "--porcelain") == " M mine\n"


def test_of_two_commits_the_first_stays_and_the_edits_for_the_second_go(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed(root, 6)  # b/c is there, and `a` has the text of the first commit
    assert (root / "b/c").exists()
    unfinished.put_back(root)
    said = capsys.readouterr().err
    assert "before it committed b/c" in said
    assert said.endswith("note: an earlier run was killed. You are on branch new now. To go back: git switch main\n")
    assert git(root, "status", "--porcelain") == " M mine\n"
    assert git(root, "log", "--format=%s", "-1") == "One\n"
    unfinished.put_back(root)
    assert not (root / ".git/hubimages").exists()


@pytest.mark.parametrize("pushed", [False, True])
def test_of_commits_that_belong_together_those_of_a_killed_run_are_taken_back_unless_they_are_pushed(
    root: Path, capsys: pytest.CaptureFixture[str], *, pushed: bool
) -> None:
    before = git(root, "rev-parse", "HEAD")
    killed(root, 6)
    if pushed:
        git(root, "update-ref", "refs/remotes/origin/new", "HEAD")
    assert unfinished.put_back(root, [str(root), "6"]) == ""
    assert ("is taken back" in capsys.readouterr().err) != pushed
    assert (git(root, "rev-parse", "HEAD") == before) != pushed
    assert git(root, "status", "--porcelain") == " M mine\n"


@pytest.mark.parametrize("rename", [4, 6])
def test_commits_of_a_person_since_a_killed_run_are_neither_taken_back_nor_called_its_own(
    root: Path, rename: int
) -> None:
    killed(root, rename)
    for name in ("a", "d"):  # as many as the run was to make
        (root / name).write_text("mine")
        git(root, "commit", "-q", "-m", f"Mine {name}", "--", name)
    made = git(root, "rev-parse", "HEAD")
    assert unfinished.put_back(root, [str(root), str(rename)]) == ""
    assert git(root, "rev-parse", "HEAD") == made


def test_a_killed_run_that_made_all_commits_that_belong_together_is_told_to_the_same_command(root: Path) -> None:
    killed(root, 99)
    assert git(root, "log", "--format=%s", "-2") == "Two\nOne\n"
    assert (root / ".git/hubimages/edits.json").exists()
    shutil.copytree(root, root.parent / "again", symlinks=True)
    assert unfinished.put_back(root.parent / "again", ["another"]) == ""
    assert unfinished.put_back(root, [str(root), "99"]) == git(root, "rev-parse", "--short=12", "HEAD").strip()
    assert git(root, "log", "--format=%s", "-2") == "Two\nOne\n"


@pytest.mark.parametrize("hook", ["commit-msg", "prepare-commit-msg", ""])
@pytest.mark.parametrize("rename", [6, 99])
def test_a_killed_run_s_commits_are_known_whatever_a_hook_makes_of_their_messages(
    root: Path, hook: str, rename: int, capsys: pytest.CaptureFixture[str]
) -> None:
    if hook:
        write_hook(root, hook, 'echo "TICKET-1 $(cat "$1")" > "$1"')
    else:  # no log of HEAD, and no hook
        git(root, "config", "core.logAllRefUpdates", "false")
        shutil.rmtree(root / ".git/logs")
    before = git(root, "rev-parse", "HEAD")
    killed(root, rename)
    head = git(root, "rev-parse", "HEAD")
    assert git(root, "log", "--format=%s", "-1").startswith("TICKET-1 " if hook else ("One", "Two"))
    done = unfinished.put_back(root, [str(root), str(rename)])
    assert done == ("" if rename == 6 else head[:12])
    assert git(root, "rev-parse", "HEAD") == (before if rename == 6 else head)
    assert ("is taken back" in capsys.readouterr().err) == (rename == 6)


def test_a_commit_with_the_message_and_the_edits_of_a_killed_run_is_its_owner_s(root: Path) -> None:
    killed(root, 4)
    git(root, "commit", "-q", "-a", "-m", "One")
    head = git(root, "rev-parse", "HEAD")
    assert unfinished.put_back(root, [str(root), "4"]) == ""
    assert git(root, "rev-parse", "HEAD") == head


def test_a_file_that_its_owner_has_edited_since_stays(root: Path) -> None:
    killed(root, 4)
    (root / "a").write_text("mine")
    unfinished.put_back(root)
    assert (root / "a").read_text() == "mine"
    assert (root / "mine").read_text() == "mine"


def test_a_dry_run_leaves_what_a_killed_run_left(root: Path) -> None:
    killed(root, 4)
    before = git(root, "status", "--porcelain")
    words = ["point-hubs", "quay.io/a/b:1", f"--repo={root}", "--dry-run"]
    subprocess.run([sys.executable, "-m", "hubimages", *words], check=False, capture_output=True, env=os.environ)
    assert git(root, "status", "--porcelain") == before


def test_a_run_that_is_not_killed_leaves_no_record(root: Path) -> None:
    repo = changes.deployment_repository(root)
    with changes.on_branch(repo, "new"):
        changes.commit_all(repo, [changes.Commit("One", [changes.FileEdit("a", "old", "new")])])
        assert (root / ".git/hubimages/branch.json").exists()
    assert not (root / ".git/hubimages").exists()


def test_records_that_a_crash_of_the_system_cut_off_stop_no_run(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = root / ".git/hubimages"
    folder.mkdir()
    for name in ("edits.json", "branch.json", "pull-request.json"):
        (folder / name).write_text("" if name == "branch.json" else '{"texts": ')
    unfinished.put_back(root)
    unfinished.open_pull_request(root, "point-hubs", None, ["point-hubs"])
    assert capsys.readouterr().err == (
        "note: the record of an earlier run that was killed cannot be read. Look with git status for edits that are "
        "not yours\n"
    )
    assert not folder.exists()
