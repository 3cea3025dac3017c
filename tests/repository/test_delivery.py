"""What a plan shows is what is done: files alone, commits, a branch, a pull request; all of it or nothing."""

import json
import subprocess
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, HubImagesError, NoAnswerError, ProgramFailedError, RefusedError
from hubimages.repository import pull_request
from hubimages.repository.changes import Commit, deployment_repository
from hubimages.repository.delivery import Delivery, check, deliver, plan
from hubimages.repository.file_edit import FileEdit
from hubimages.repository.git import Repo
from tests.hooks import write_hook

ONE = Commit("Use 2 in a\n\nBecause.", [FileEdit("a.yaml", "tag: 1\n", "tag: 2\n")])
TWO = Commit("Use 2 in b", [FileEdit("b.yaml", "tag: 1\n", "tag: 2\n"), FileEdit("a.yaml", "tag: 2\n", "tag: 2 # b\n")])
DIFF = "--- a/{0}\n+++ b/{0}\n@@ -1 +1 @@\n-{1}\n+{2}\n"
FIRST, SECOND, THIRD = (
    DIFF.format("a.yaml", "tag: 1", "tag: 2"), DIFF.format("b.yaml", "tag: 1", "tag: 2"),
    DIFF.format("a.yaml", "tag: 2", "tag: 2 # b"),
)  # fmt: skip
COMMITS = "$ git commit --only -m 'Use 2 in a' -- a.yaml\n$ git commit --only -m 'Use 2 in b' -- b.yaml a.yaml"


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(clone: Path) -> Path:
    """A clone with a commit of two files."""
    for name in ("a.yaml", "b.yaml"):
        (clone / name).write_text("tag: 1\n")
    git(clone, "add", ".")
    git(clone, "commit", "-q", "-m", "Start")
    return clone


@pytest.fixture
def repo(root: Path) -> Repo:
    return deployment_repository(root)


def subjects(root: Path, branch: str = "HEAD") -> list[str]:
    return git(root, "log", "--format=%s", branch).split("\n")


@pytest.mark.parametrize(("delivery", "commits"), [
    (Delivery(), False), (Delivery(commit=True), True), (Delivery(branch="x"), True), (Delivery(open_pr=True), True),
])  # fmt: skip
def test_a_branch_and_a_pull_request_imply_commits(delivery: Delivery, commits: bool) -> None:
    assert delivery.commits == commits


def test_without_commits_the_plan_has_one_diff_for_each_file_and_no_command(repo: Repo) -> None:
    whole = DIFF.format("a.yaml", "tag: 1", "tag: 2 # b")
    assert plan(repo, [ONE, TWO], Delivery()) == whole + SECOND


def test_with_commits_the_plan_has_the_diffs_of_each_and_the_commands(repo: Repo) -> None:
    diffs = FIRST + SECOND + THIRD
    assert plan(repo, [ONE, TWO], Delivery(commit=True)) == diffs + COMMITS
    assert plan(repo, [ONE, TWO], Delivery(branch="bump")) == f"{diffs}$ git switch -c bump\n{COMMITS}"
    assert plan(repo, [ONE, TWO], Delivery(branch="main")) == diffs + COMMITS
    push = "$ git push --no-follow-tags --recurse-submodules=no --set-upstream origin refs/heads/bump:refs/heads/bump"
    assert plan(repo, [ONE, TWO], Delivery(branch="bump", open_pr=True)) == (
        f"{diffs}$ git switch -c bump\n{COMMITS}\n{push}\nand open a pull request"
    )
    assert plan(repo, [ONE, TWO], Delivery(open_pr=True)) == diffs + COMMITS


REFUSED = {
    "a file has uncommitted changes": (lambda root: (root / "a.yaml").write_text("mine\n"), Delivery(), "uncommitted"),
    "git does not look at a file": (
        lambda root: git(root, "update-index", "--assume-unchanged", "b.yaml"), Delivery(), "assume-unchanged",
    ),
    "a merge is in progress": (
        lambda root: (root / ".git/MERGE_HEAD").write_text(git(root, "rev-parse", "HEAD")), Delivery(commit=True),
        "a merge is in progress",
    ),
    "the branch is at another commit": (
        lambda root: git(root, "update-ref", "refs/heads/bump", git(root, "commit-tree", "HEAD^{tree}", "-m", "x")),
        Delivery(branch="bump"), "branch bump exists and is at another commit",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_neither_planned_nor_begun(case: str, root: Path, repo: Repo) -> None:
    spoil, delivery, said = REFUSED[case]
    spoil(root)
    before = [(root / name).read_text() for name in ("a.yaml", "b.yaml")]
    for attempt in (plan, check, lambda *given: deliver(*given, title="", body="")):
        with pytest.raises(RefusedError, match=said):
            attempt(repo, [ONE, TWO], delivery)
    assert ([(root / name).read_text() for name in ("a.yaml", "b.yaml")], subjects(root)) == (before, ["Start"])


def test_a_merge_in_progress_does_not_matter_where_nothing_is_committed(root: Path, repo: Repo) -> None:
    (root / ".git/MERGE_HEAD").write_text(git(root, "rev-parse", "HEAD"))
    assert check(repo, [ONE], Delivery()) == ""


def test_files_that_git_ignores_are_written_where_nothing_is_committed(root: Path, repo: Repo) -> None:
    (root / ".git/info/exclude").write_text("new.yaml\n")
    new = [Commit("New", [FileEdit("new.yaml", None, "tag: 1\n")])]
    with pytest.raises(RefusedError, match=r"new\.yaml is ignored by git"):
        check(repo, new, Delivery(commit=True))
    assert deliver(repo, new, Delivery(), title="", body="") == (
        "1 file changed; look at it with git diff, then commit"
    )


def test_a_pull_request_is_checked_before_anything_is_written(root: Path, repo: Repo) -> None:
    assert check(repo, [ONE], Delivery(branch="bump", open_pr=True)) == "main"
    assert check(repo, [ONE], Delivery(branch="bump")) == ""
    with pytest.raises(BadInputError, match="add --branch=NAME"):
        deliver(repo, [ONE], Delivery(open_pr=True), title="", body="")
    git(root, "remote", "remove", "origin")
    with pytest.raises(BadInputError, match="git remote set-url origin"):
        deliver(repo, [ONE], Delivery(branch="bump", open_pr=True), title="", body="")
    assert (subjects(root), git(root, "status", "--porcelain"), git(root, "branch")) == (["Start"], "", "* main")


def test_files_alone_are_written_and_counted(root: Path, repo: Repo) -> None:
    said = deliver(repo, [ONE, TWO], Delivery(), title="", body="")
    assert said == "2 files changed; look at it with git diff, then commit"
    assert [(root / name).read_text() for name in ("a.yaml", "b.yaml")] == ["tag: 2 # b\n", "tag: 2\n"]
    assert subjects(root) == ["Start"]


def test_commits_are_made_where_the_person_is_or_on_the_branch(root: Path, repo: Repo) -> None:
    said = deliver(repo, [ONE], Delivery(commit=True), title="", body="")
    assert said == f"committed {git(root, 'rev-parse', 'HEAD')[:12]} on main; push when you are ready"
    said = deliver(repo, [TWO], Delivery(branch="bump"), title="", body="")
    assert said == f"committed {git(root, 'rev-parse', 'bump')[:12]} on bump; push when you are ready"
    assert (subjects(root), subjects(root, "main")) == (["Use 2 in b", "Use 2 in a", "Start"], ["Use 2 in a", "Start"])
    assert git(root.parent / "served/org/deployment.git", "for-each-ref") == ""


def test_a_pull_request_is_what_was_asked_for(root: Path, repo: Repo) -> None:
    said = deliver(repo, [ONE, TWO], Delivery(branch="bump", open_pr=True), title="Use 2", body="Both.")
    made = [each[:12] for each in git(root, "rev-list", "--reverse", "main..bump").split()]
    address = "https://github.com/org/deployment/compare/main...bump?expand=1"
    assert said == (f"committed {', '.join(made)} on bump\npushed bump; open the pull request: {address}")
    assert git(root.parent / "served/org/deployment.git", "rev-parse", "bump") == git(root, "rev-parse", "bump")
    assert not (repo.git_dir / pull_request.PENDING).exists()


def test_a_push_that_fails_says_what_is_committed_and_the_next_run_knows_of_it(root: Path, repo: Repo) -> None:
    git(root, "config", "--global", "--remove-section", f"url.{root.parent / 'served'}/")
    git(root, "config", "--global", "url.http://127.0.0.1:9/.insteadOf", "https://github.com/")
    with pytest.raises(NoAnswerError) as raised:
        deliver(repo, [ONE], Delivery("bump", open_pr=True, command=["bump-images", "a"]), title="Use 2", body="")
    made = git(root, "rev-parse", "bump")[:12]
    assert str(raised.value).startswith(f"committed {made} on bump, but no answer from http://127.0.0.1:9/org")
    waiting = json.loads((repo.git_dir / pull_request.PENDING).read_text())["request"]
    assert waiting == {
        "base": "main", "branch": "bump", "title": "Use 2", "body": "", "to": "", "command": ["bump-images", "a"],
        "is_all": False,
    }  # fmt: skip


def test_commits_that_a_hook_refuses_leave_branch_files_and_no_pull_request(root: Path, repo: Repo) -> None:
    write_hook(root, "pre-commit", "git diff --cached --quiet -- b.yaml")
    with pytest.raises(HubImagesError):
        deliver(repo, [ONE, TWO], Delivery(branch="bump", open_pr=True), title="", body="")
    assert (subjects(root), git(root, "status", "--porcelain"), git(root, "branch")) == (["Start"], "", "* main")
    assert not (repo.git_dir / pull_request.PENDING).exists()


def test_a_commit_that_nobody_asked_to_push_waits_for_no_pull_request(root: Path, repo: Repo) -> None:
    write_hook(root, "post-commit", "echo '# after' >>a.yaml")
    with pytest.raises(ProgramFailedError, match="a hook of the repository then changed a"):
        deliver(repo, [ONE], Delivery(branch="bump"), title="", body="")
    assert subjects(root, "bump") == ["Use 2 in a", "Start"]
    assert not (repo.git_dir / pull_request.PENDING).exists()
