"""Commits hold exactly our edits; what the user has changed, staged or left untracked stays as it is."""

import os
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, HubImagesError, ProgramFailedError, RefusedError, StorageError
from hubimages.repository import changes, unfinished
from hubimages.repository.changes import Commit
from hubimages.repository.file_edit import FileEdit, Undo
from hubimages.repository.git import Repo
from hubimages.signals import Ended
from tests.hooks import write_hook


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A deployment repository: one commit, and the user in the middle of other work."""
    root = tmp_path / "deployment"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for name in ("a.yaml", "b.yaml", "c.yaml"):
        (root / name).write_text("tag: old\n")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "Start")
    (root / "b.yaml").write_text("tag: user, staged\n")
    git(root, "add", "b.yaml")
    (root / "c.yaml").write_text("tag: user, not staged\n")
    (root / "untracked").write_text("user's")
    return root


USERS = "M  b.yaml\n M c.yaml\n?? untracked\n"


def repo(root: Path) -> Repo:
    return changes.deployment_repository(root)


def test_a_commit_holds_our_edits_alone(root: Path) -> None:
    edits = [FileEdit("a.yaml", "tag: old\n", "tag: new\n"), FileEdit("new/d.yaml", None, "tag: d\n")]
    made = changes.commit(repo(root), Commit("Use new\n\nBecause.", edits))
    assert (
        git(root, "show", "--format=%B", "--name-status", made) == "Use new\n\nBecause.\n\n\nM\ta.yaml\nA\tnew/d.yaml\n"
    )
    assert git(root, "status", "--porcelain") == USERS


def test_a_hook_of_the_repository_that_refuses_leaves_everything_as_it_was(root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho 'tags are frozen' >&2\nexit 1\n")
    hook.chmod(0o755)
    edits = [FileEdit("a.yaml", "tag: old\n", "tag: new\n"), FileEdit("new/d.yaml", None, "tag: d\n")]
    with pytest.raises(ProgramFailedError, match="tags are frozen"):
        changes.commit(repo(root), Commit("Use new", edits))
    assert git(root, "status", "--porcelain") == USERS
    assert git(root, "log", "--format=%s") == "Start\n"


def test_a_removed_file_is_committed_as_removed(root: Path) -> None:
    changes.commit(repo(root), Commit("Drop", [FileEdit("a.yaml", "tag: old\n", None)]))
    assert git(root, "show", "--format=", "--name-status") == "D\ta.yaml\n"


def test_a_new_branch_starts_here_and_the_users_changes_come_along(root: Path) -> None:
    for _ in range(2):
        with changes.on_branch(repo(root), "bump"):
            assert changes.current_branch(repo(root)) == "bump"
    assert git(root, "status", "--porcelain") == USERS
    git(root, "switch", "-q", "-")
    assert changes.current_branch(repo(root)) == "main"


def test_a_branch_with_other_commits_is_refused(root: Path) -> None:
    git(root, "branch", "bump")
    changes.commit(repo(root), Commit("Use new", [FileEdit("a.yaml", "tag: old\n", "tag: new\n")]))
    with pytest.raises(
        RefusedError, match=r"branch bump exists and is at another commit\. Switch to it \(git switch bump"
    ):
        changes.check_branch(repo(root), "bump")


@pytest.mark.parametrize("path", ["b.yaml", "c.yaml", "untracked"])
def test_a_file_with_changes_of_the_users_is_refused(path: str, root: Path) -> None:
    changes.check_clean(repo(root), ["a.yaml"])
    with pytest.raises(RefusedError, match=rf"{path}: uncommitted changes"):
        changes.check_clean(repo(root), ["a.yaml", path])


def test_no_commit_without_a_branch(root: Path) -> None:
    git(root, "switch", "-q", "--detach")
    changes.check_can_commit(repo(root), branch="bump")
    with pytest.raises(RefusedError, match=r"has no branch checked out .* or add --branch=NAME"):
        changes.check_can_commit(repo(root))


def test_no_commit_in_the_middle_of_a_merge(root: Path) -> None:
    (root / ".git/MERGE_HEAD").write_text(git(root, "rev-parse", "HEAD"))
    with pytest.raises(RefusedError, match=r"a merge is in progress in .*: git merge --continue, or git merge --abort"):
        changes.check_can_commit(repo(root))


def test_a_branch_needs_a_name_that_git_takes(root: Path) -> None:
    with pytest.raises(BadInputError, match="'a b' is not a valid branch name"):
        changes.check_can_commit(repo(root), branch="a b")


@pytest.mark.parametrize("where", [".", "new"])
def test_the_repository_is_found_from_any_folder_in_it(where: str, root: Path) -> None:
    (root / "new").mkdir()
    assert repo(root / where) == Repo(root / ".git", root)


def test_no_repository_is_named_with_the_option_that_names_one(tmp_path: Path) -> None:
    for directory in (tmp_path, tmp_path / "absent"):
        with pytest.raises(
            BadInputError, match="Run this in a clone of the deployment repository, or name one with --repo"
        ):
            repo(directory)


def test_files_are_committed_as_they_are_and_nothing_else(root: Path) -> None:
    (root / "a.yaml").write_bytes(b"\xff\x00")
    (root / "folder").mkdir()
    (root / "folder/new").write_text("new\n")
    (root / "b.yaml").unlink()
    (root / "staged").write_text("mine\n")
    git(root, "add", "staged")
    before = git(root, "status", "--porcelain").splitlines()
    changes.commit_files(repo(root), "As they are", ["a.yaml", "b.yaml", "folder/new"])
    shown = git(root, "show", "--format=%s", "--name-status", "HEAD").split()
    assert shown == ["As", "they", "are", "M", "a.yaml", "D", "b.yaml", "A", "folder/new"]
    left = [line for line in before if not line.endswith(("a.yaml", "b.yaml", "folder/"))]
    assert git(root, "status", "--porcelain").splitlines() == left


def test_files_that_a_hook_refuses_stay_as_they_were(root: Path) -> None:
    (root / "folder").mkdir()
    (root / "folder/new").write_text("new\n")
    hook = root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    before = git(root, "status", "--porcelain")
    with pytest.raises(ProgramFailedError):
        changes.commit_files(repo(root), "Refused", ["folder/new"])
    assert git(root, "status", "--porcelain") == before


def test_a_lock_that_a_killed_git_left_is_named_with_what_to_do(root: Path) -> None:
    (root / ".git/index.lock").touch()
    with pytest.raises(
        RefusedError, match=r"index\.lock exists: git is running in .*, or was killed there.*rm .*/\.git/index\.lock"
    ):
        changes.check_can_commit(repo(root))
    (root / ".git/index.lock").unlink()
    changes.check_can_commit(repo(root))


def test_a_link_is_refused_whose_text_a_commit_would_not_hold(root: Path) -> None:
    (root / "link.yaml").symlink_to("a.yaml")
    edits = [FileEdit("link.yaml", "tag: old\n", "tag: new\n")]
    with pytest.raises(RefusedError, match=r"link\.yaml is a link to a\.yaml"):
        changes.commit(repo(root), Commit("Use new", edits))
    assert (root / "a.yaml").read_text() == "tag: old\n"


def test_a_hook_that_edits_a_file_and_refuses_is_heard_and_its_edit_is_named(root: Path) -> None:
    (root / "d.yaml").write_text("tag: old\n")
    git(root, "add", "d.yaml")
    git(root, "commit", "-q", "-m", "More", "--", "d.yaml")
    hook = root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\necho '# end' >>a.yaml\necho 'Fixing a.yaml' >&2\nexit 1\n")
    hook.chmod(0o755)
    edits = [FileEdit(name, "tag: old\n", "tag: new\n") for name in ("a.yaml", "d.yaml")]
    with pytest.raises(ProgramFailedError) as refused:
        changes.commit(repo(root), Commit("Use new", edits))
    message = str(refused.value)
    assert "Fixing a.yaml" in message
    assert "A hook changed the edited files:\n  a.yaml\n" in message
    assert "+# end" in message
    assert git(root, "status", "--porcelain") == USERS
    assert (root / "a.yaml").read_text() == "tag: old\n"


def test_two_runs_at_once_leave_one_commit_and_nothing_else(root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nsleep 0.3\n")
    hook.chmod(0o755)
    edits = [FileEdit("a.yaml", "tag: old\n", "tag: new\n")]
    with ThreadPoolExecutor() as both:
        made = list(both.map(lambda _: changes.commit(repo(root), Commit("Use new", edits)), range(2)))
    assert made == [git(root, "rev-parse", "HEAD").strip()] * 2
    assert git(root, "log", "--format=%s") == "Use new\nStart\n"
    assert git(root, "status", "--porcelain") == USERS
    (root / "e.yaml").write_text("mine\n")
    with ThreadPoolExecutor() as both:
        made = list(both.map(lambda _: changes.commit_files(repo(root), "Mine", ["e.yaml"]), range(2)))
    assert made == [git(root, "rev-parse", "HEAD").strip()] * 2
    assert git(root, "status", "--porcelain") == USERS


@pytest.mark.parametrize("whole", [True, False], ids=["edits", "files"])
def test_files_that_a_hook_adds_to_the_commit_are_named_and_the_users_work_is_there(root: Path, whole: bool) -> None:
    write_hook(root, "pre-commit", "git add c.yaml")
    with pytest.raises(ProgramFailedError) as failed:
        if whole:
            changes.commit(repo(root), Commit("Use new", [FileEdit("a.yaml", "tag: old\n", "tag: new\n")]))
        else:
            (root / "a.yaml").write_text("tag: new\n")
            changes.commit_files(repo(root), "Use new", ["a.yaml"])
    head = git(root, "rev-parse", "HEAD")[:12]
    assert f"commit {head} has other files than planned, probably because of a hook: c.yaml" in str(failed.value)
    assert "reset --soft HEAD~1" in str(failed.value)
    git(root, "reset", "-q", "--soft", "HEAD~1")
    assert (root / "c.yaml").read_text() == "tag: user, not staged\n"
    assert (root / "b.yaml").read_text() == "tag: user, staged\n"


IN_TURN = [
    Commit("First", [FileEdit("a.yaml", "tag: old\n", "tag: one\n"), FileEdit("new/d.yaml", None, "tag: d\n")]),
    Commit("Second", [FileEdit("a.yaml", "tag: one\n", "tag: two\n")]),
    Commit("Third", [FileEdit("new/d.yaml", "tag: d\n", "tag: e\n"), FileEdit("a.yaml", "tag: two\n", "tag: new\n")]),
]


def test_commits_of_one_file_are_made_one_on_top_of_the_other(root: Path) -> None:
    made = changes.commit_all(repo(root), IN_TURN)
    assert made == git(root, "rev-list", "--reverse", "HEAD~3..").split()
    assert git(root, "log", "-3", "--format=%s", "-p", "-U0", "--", "a.yaml").count("\n+tag: ") == 3
    assert [git(root, "show", f"{each}:a.yaml") for each in made] == ["tag: one\n", "tag: two\n", "tag: new\n"]
    assert git(root, "status", "--porcelain") == USERS


@pytest.mark.parametrize("refused", ["Second", "Third"])
def test_when_a_commit_is_refused_those_before_it_are_taken_back(refused: str, root: Path) -> None:
    hook = root / ".git/hooks/commit-msg"
    hook.write_text(f"#!/bin/sh\nif grep -q {refused} \"$1\"; then echo 'not {refused}' >&2; exit 1; fi\n")
    hook.chmod(0o755)
    start = git(root, "rev-parse", "HEAD")
    with pytest.raises(ProgramFailedError) as failed:
        changes.commit_all(repo(root), IN_TURN)
    assert f"not {refused}" in str(failed.value)
    assert re.search(
        r"\nthe commits made before it \([0-9a-f]{12}(, [0-9a-f]{12})*\) are taken back$", str(failed.value)
    )
    assert (git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")) == (start, USERS)
    assert (root / "a.yaml").read_text() == "tag: old\n"
    assert not (root / "new/d.yaml").exists()
    hook.unlink()
    assert len(changes.commit_all(repo(root), IN_TURN)) == 3


def test_a_commit_that_a_hook_puts_on_top_keeps_those_below_it(root: Path) -> None:
    """What is not ours is not taken away."""
    hook = root / ".git/hooks/commit-msg"
    script = 'if grep -q Second "$1"; then exit 1; fi\n'
    hook.write_text(f"#!/bin/sh\n{script}")
    hook.chmod(0o755)
    after = root / ".git/hooks/post-commit"
    stamp = "git update-ref HEAD $(git commit-tree -p HEAD -m Stamp HEAD^{tree})"
    after.write_text(f"#!/bin/sh\n[ $(git rev-list --count HEAD) = 2 ] && {stamp}\nexit 0\n")
    after.chmod(0o755)
    with pytest.raises(ProgramFailedError):
        changes.commit_all(repo(root), IN_TURN)
    assert git(root, "log", "--format=%s").splitlines() == ["Stamp", "First", "Start"]
    assert git(root, "status", "--porcelain") == USERS


def test_a_file_of_an_earlier_commit_that_differs_after_the_last_one_is_named(root: Path) -> None:
    hook = root / ".git/hooks/post-commit"
    hook.write_text("#!/bin/sh\n[ $(git rev-list --count HEAD) = 3 ] && echo '# stamp' >>a.yaml\nexit 0\n")
    hook.chmod(0o755)
    in_turn = [
        Commit("First", [FileEdit("a.yaml", "tag: old\n", "tag: new\n")]),
        Commit("Second", [FileEdit("new/d.yaml", None, "tag: d\n")]),
    ]
    with pytest.raises(StorageError, match=r"^a\.yaml: changed after it was written"):
        changes.commit_all(repo(root), in_turn)
    assert (root / "a.yaml").read_text() == "tag: new\n# stamp\n"
    assert git(root, "show", "HEAD:a.yaml") == "tag: new\n"


def test_two_runs_at_once_of_several_commits_make_them_once(root: Path) -> None:
    hook = root / ".git/hooks/pre-commit"
    hook.write_text("#!/bin/sh\nsleep 0.1\n")
    hook.chmod(0o755)
    with ThreadPoolExecutor() as both:
        list(both.map(lambda _: changes.commit_all(repo(root), IN_TURN), range(2)))
    assert git(root, "log", "--format=%s").splitlines() == ["Third", "Second", "First", "Start"]
    assert git(root, "status", "--porcelain") == USERS


ONE = FileEdit("a.yaml", "tag: old\n", "tag: new\n")
NEW = FileEdit("new/d.yaml", None, "tag: d\n")


def test_edits_that_are_not_committed_are_written_all_or_none_and_not_through_links(root: Path) -> None:
    (root / ".git/info/exclude").write_text("new\n")
    changes.write(repo(root), [ONE, NEW])
    assert [(root / name).read_text() for name in ("a.yaml", "new/d.yaml")] == ["tag: new\n", "tag: d\n"]
    (root / "link").symlink_to("a.yaml")
    with pytest.raises(RefusedError, match="link is a link to"):
        changes.write(repo(root), [FileEdit("link", "tag: new\n", "tag: 3\n")])
    with pytest.raises(RefusedError, match="link is a link to"):
        changes.commit_files(repo(root), "Link", ["link"])


def test_what_another_run_has_committed_is_not_committed_again(root: Path) -> None:
    changes.commit(repo(root), Commit("First", [ONE]))
    (made,) = changes.commit_all(repo(root), [Commit("First", [ONE]), Commit("Second", [NEW])])
    assert git(root, "log", "--format=%H %s").splitlines()[0] == f"{made} Second"
    assert git(root, "show", "--format=", "--name-status", made) == "A\tnew/d.yaml\n"


def test_an_edit_of_what_is_something_else_by_now_is_refused_and_says_no_more(root: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        changes.commit(repo(root), Commit("First", [FileEdit("a.yaml", "tag: other\n", "tag: new\n")]))
    assert str(refused.value) == "a.yaml has changed meanwhile. Nothing was written; run the command again"


def test_a_signal_ends_the_run_before_its_next_commit_and_takes_those_before_back(root: Path) -> None:
    start = git(root, "rev-parse", "HEAD")
    write_hook(root, "post-commit", f"kill -TERM {os.getpid()}; sleep 20")
    with pytest.raises(Ended):
        changes.commit_all(repo(root), IN_TURN)
    assert (git(root, "rev-parse", "HEAD"), git(root, "status", "--porcelain")) == (start, USERS)
    with pytest.raises(Ended):
        changes.commit(repo(root), IN_TURN[0])
    (root / "c.yaml").write_text("tag: c\n")
    with pytest.raises(Ended):
        changes.commit_files(repo(root), "Mine", ["c.yaml"])
    assert git(root, "log", "--format=%s").splitlines() == ["Mine", "First", "Start"]


def test_a_signal_before_the_commit_takes_the_edits_back_and_tells_what_a_hook_did(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_hook(root, "pre-commit", f"echo '# x' >>a.yaml; kill -TERM {os.getpid()}; sleep 20")
    with pytest.raises(Ended):
        changes.commit(repo(root), Commit("First", [ONE, NEW]))
    assert git(root, "status", "--porcelain") == USERS
    assert capsys.readouterr().err == (
        "note: A hook changed the edited files:\n  a.yaml\n    @@ -1,0 +2 @@\n    +# x\n"
    )
    write_hook(root, "pre-commit", f"kill -TERM {os.getpid()}; sleep 20")
    with pytest.raises(Ended):
        changes.commit(repo(root), Commit("First", [ONE, NEW]))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(("does", "times"), [
    ("true", 1), ("rm a.yaml", 1), ("git checkout -q HEAD -- a.yaml", 1), ("echo '# x' >>a.yaml", 2),
])  # fmt: skip
def test_only_after_a_hook_has_corrected_a_file_it_is_asked_again(does: str, times: int, root: Path) -> None:
    write_hook(root, "pre-commit", f"echo >>../asked; {does}; echo never; exit 1")
    with pytest.raises(ProgramFailedError) as refused:
        changes.commit(repo(root), Commit("First", [ONE, NEW]))
    assert len((root.parent / "asked").read_text()) == times
    assert ("A hook changed the edited files" in str(refused.value)) == (does != "true")
    assert not any(part in str(refused.value) for part in ("taken back", "put back", "may be staged"))
    assert git(root, "status", "--porcelain") == USERS


def test_what_a_hook_has_changed_in_files_that_it_then_refuses_is_told(root: Path) -> None:
    told = "\nA hook changed the files, and they stay changed:\n  b.yaml\n"
    (root / "new").write_text("new\n")
    for does, is_told in (("echo '# x' >>b.yaml", True), ("true", False)):
        before = git(root, "status", "--porcelain")
        write_hook(root, "pre-commit", f"{does}; exit 1")
        with pytest.raises(ProgramFailedError) as refused:
            changes.commit_files(repo(root), "Mine", ["b.yaml", "new"])
        assert (told in str(refused.value), "A hook changed" in str(refused.value)) == (is_told, is_told)
        assert git(root, "status", "--porcelain").replace("MM", "M ") == before.replace("MM", "M ")
    write_hook(root, "pre-commit", f"kill -TERM {os.getpid()}; sleep 20")
    with pytest.raises(Ended):
        changes.commit_files(repo(root), "Mine", ["b.yaml", "new"])


@pytest.mark.parametrize("whole", [True, False])
def test_a_commit_whose_index_cannot_be_written_stays_and_is_named(whole: bool, root: Path) -> None:
    write_hook(root, "post-commit", "unset GIT_INDEX_FILE; git rm -q --cached a.yaml; touch .git/index.lock")
    if not whole:
        (root / "a.yaml").write_text("tag: new\n")
    with pytest.raises(HubImagesError, match="is made, but the index could not be written"):
        if whole:
            changes.commit(repo(root), Commit("First", [ONE]))
        else:
            changes.commit_files(repo(root), "First", ["a.yaml"])
    assert git(root, "log", "--format=%s") == "First\nStart\n"


def test_what_cannot_be_put_back_is_named_with_what_to_do(root: Path) -> None:
    (root / "below").mkdir()
    (root / "below/e.yaml").write_text("tag: old\n")
    git(root, "add", "below")
    git(root, "commit", "-q", "-m", "Below", "--", "below")
    write_hook(root, "pre-commit", "rm -r below; echo >below; echo broken >.git/index; exit 1")
    with pytest.raises(ProgramFailedError) as refused:
        changes.commit(repo(root), Commit("First", [FileEdit("below/e.yaml", "tag: old\n", "tag: new\n"), NEW]))
    assert f"new/d.yaml may be staged still: git -C {root} reset -q -- new/d.yaml (" in str(refused.value)
    assert str(refused.value).endswith(
        "\nbelow/e.yaml could not be put back. Look at it with git diff; to have it as it was: "
        f"git -C {root} restore -- below/e.yaml"
    )


def test_commits_stay_whose_files_are_something_else_by_now(root: Path) -> None:
    write_hook(root, "commit-msg", 'if grep -q Second "$1"; then echo x >>new/d.yaml; exit 1; fi')
    with pytest.raises(ProgramFailedError) as refused:
        changes.commit_all(repo(root), IN_TURN)
    assert "taken back" not in str(refused.value)
    assert git(root, "log", "--format=%s") == "First\nStart\n"
    assert ((root / "a.yaml").read_text(), (root / "new/d.yaml").read_text()) == ("tag: one\n", "tag: d\nx\n")


@pytest.mark.parametrize("hook", ["exit 1", "sed -i 's/ *$//' a.yaml; git add a.yaml"], ids=["refuses", "fixes"])
def test_files_are_put_back_after_the_space_for_that_is_given_up(
    hook: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, back, sizes = root / ".git" / unfinished.EDITS, Undo.back, []

    def looked(undo: Undo, found: Mapping[str, str | None] | None = None) -> list[str]:
        sizes.append(len(place.read_text()) - len(place.read_text().rstrip()))
        return back(undo, found)

    monkeypatch.setattr(Undo, "back", looked)
    write_hook(root, "pre-commit", hook)
    one, two = FileEdit("a.yaml", "tag: old\n", "tag: 1  \n"), FileEdit("a.yaml", "tag: 1  \n", "tag: 2  \n")
    with pytest.raises(HubImagesError):
        changes.commit_all(repo(root), [Commit("First", [one]), Commit("Second", [two])])
    assert sizes == [0]


def test_names_that_are_no_utf_8_are_committed(root: Path) -> None:
    name = "new/\udcff"
    changes.commit(repo(root), Commit("First", [FileEdit(name, None, "tag: 1\n")]))
    (root / name).write_text("tag: 2\n")
    changes.commit_files(repo(root), "Second", [name])
    assert git(root, "log", "--format=%s").splitlines() == ["Second", "First", "Start"]


def test_what_a_hook_changed_and_put_right_in_the_end_is_not_its_change(root: Path) -> None:
    write_hook(
        root,
        "pre-commit",
        """\
echo >>../ran
case $(wc -l <../ran) in
  1) echo '# x' >>a.yaml; exit 1;;
  2) echo 'tag: new' >a.yaml; git add a.yaml;;
esac""",
    )
    changes.commit_all(
        repo(root), [Commit("First", [ONE]), Commit("Second", [FileEdit("a.yaml", ONE.after, "t: 2\n")])]
    )
    assert git(root, "show", "HEAD:a.yaml") == "t: 2\n"
