"""A push goes forward and to the remote that was named; what the remote has is looked at first."""

import os
from pathlib import Path

import pytest

from hubimages.errors import BadInputError, HubImagesError, NoAnswerError, RefusedError
from hubimages.migration import pushing
from hubimages.migration.made import Made
from hubimages.migration.one_image import pushed_now
from hubimages.migration.pushing import Remote
from hubimages.repository.git import Repo
from tests.histories import Commit, git, make
from tests.repository.test_remote import wrapper

HISTORY = [Commit("one", [], {"a": "1"}), Commit("two", ["one"], {"a": "2"}), Commit("three", ["two"], {"a": "3"})]
UNRELATED = [Commit("other", [], {"b": "1"})]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """What an earlier run has made: main is at the second of three commits."""
    ids = make(tmp_path / "made", HISTORY)
    git("-C", tmp_path / "made", "update-ref", "refs/heads/main", ids["two"])
    return Made(Repo(tmp_path / "made"), "", {}, ids["two"], {})


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    git("init", "--quiet", "--bare", "--initial-branch=main", tmp_path / "remote")
    return tmp_path / "remote"


def give(made: Made, remote: Path, commit: str, branch: str = "main") -> None:
    git("-C", made.dest, "push", "--quiet", "--force", remote, f"{commit}:refs/heads/{branch}")


def test_what_the_remote_has_is_compared_with_ours(made: Made, remote: Path) -> None:
    one, two, three = ids(made)
    assert pushing.look(made, str(remote)) == Remote("", "none")
    for theirs, relation in ((one, "behind"), (two, "same"), (three, "ahead")):
        give(made, remote, theirs)
        assert pushing.look(made, str(remote)) == Remote(theirs, relation)
    apart = git("-C", made.dest, "commit-tree", f"{one}^{{tree}}", "-p", one, "-m", "theirs")
    give(made, remote, apart)
    assert pushing.look(made, str(remote)) == Remote(apart, "apart")
    assert made.main == two


def ids(made: Made) -> list[str]:
    """Return the commits of the history, the oldest first."""
    found = git("-C", made.dest, "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)")
    names = [line.split()[0] for line in found.splitlines() if line.endswith(" commit")]
    return git("-C", made.dest, "rev-list", "--reverse", *names).split()


def test_a_remote_of_another_history_is_refused(made: Made, remote: Path, tmp_path: Path) -> None:
    make(tmp_path / "unrelated", UNRELATED)
    git("-C", tmp_path / "unrelated", "push", "--quiet", remote, "main")
    with pytest.raises(RefusedError, match=r"has no commit in common with .*/made\. Name an empty repository$"):
        pushing.look(made, str(remote))


def test_a_remote_with_other_branches_and_no_main_is_refused(made: Made, remote: Path) -> None:
    for branch in ("z\udcff", "d", "c", "b", "a"):
        give(made, remote, made.main, branch)
    with pytest.raises(RefusedError, match="/remote has a, b, c and no main: the push would put an unrelated main"):
        pushing.look(made, str(remote))


def test_a_remote_that_is_not_there_or_gives_no_answer_is_said(made: Made, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"^no git repository at .*/nothing"):
        pushing.look(made, str(tmp_path / "nothing"))
    with pytest.raises(NoAnswerError, match=r"^no answer from http://127\.0\.0\.1:9/x\.git, try again later"):
        pushing.look(made, "http://127.0.0.1:9/x.git")


def test_only_main_goes_forward_and_to_the_remote_that_was_named(made: Made, remote: Path) -> None:
    one, two, three = ids(made)
    git("-C", made.dest, "tag", "-a", "-m", "x", "v1", two)
    git("-C", made.dest, "branch", "other", three)
    git("-C", made.dest, "config", "push.followTags", "true")
    give(made, remote, one)
    pushing.push(made, str(remote))
    assert git("-C", remote, "for-each-ref", "--format=%(refname) %(objectname)") == f"refs/heads/main {two}"
    assert git("-C", made.dest, "config", "remote.origin.url") == str(remote)
    give(made, remote, three)
    with pytest.raises(RefusedError, match="has commits that this push lacks; nothing was pushed"):
        pushing.push(made, str(remote))
    assert git("-C", remote, "rev-parse", "main") == three


def test_a_repository_with_another_remote_is_not_pushed_and_its_login_not_shown(made: Made, remote: Path) -> None:
    git("-C", made.dest, "remote", "add", "origin", "https://ada:secret@git.example.org/x.git")
    with pytest.raises(RefusedError, match=r"has the remote origin https://.*git\.example\.org/x\.git, and the"):
        pushing.push(made, str(remote))
    assert git("-C", remote, "for-each-ref") == ""
    with pytest.raises(RefusedError) as raised:
        pushing.set_origin(made.repo, "https://eve:other@git.example.org/y.git")
    assert [secret for secret in ("secret", "other@") if secret in str(raised.value)] == []


def test_a_remote_that_cannot_give_its_commits_is_an_error(made: Made, remote: Path) -> None:
    blob = git("-C", remote, "hash-object", "-w", "--stdin", stdin=b"theirs")
    tree = git("-C", remote, "mktree", stdin=f"100644 blob {blob}\ta\n".encode())
    git("-C", remote, "update-ref", "refs/heads/main", git("-C", remote, "commit-tree", tree, "-m", "theirs"))
    (remote / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(HubImagesError, match=r"git .*fetch .*failed"):
        pushing.look(made, str(remote))


def test_githubs_token_goes_to_github_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "ghp_of-this-test")
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)
    for address, given in (("https://github.com/o/n.git", True), ("https://git.example.org/o/n.git", False)):
        env = pushing.environment(address)
        assert ("ghp_of-this-test" in env.values()) == given
        assert "GIT_SSH_COMMAND" in env


def test_ssh_asks_no_question_when_a_remote_is_looked_at_and_pushed_to(
    made: Made, remote: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, *_ = ids(made)
    give(made, remote, git("-C", made.dest, "commit-tree", f"{one}^{{tree}}", "-p", one, "-m", "theirs"))
    called = wrapper(tmp_path / "bin/ssh").parent / "called"
    monkeypatch.setenv("PATH", f"{called.parent}:{os.environ['PATH']}")
    address = f"ssh://git.example.org{remote}"
    assert pushing.look(made, address).relation == "apart"
    with pytest.raises(RefusedError):
        pushing.push(made, address)
    lines = called.read_text().splitlines()
    assert ["-o BatchMode=yes" in line for line in lines] == [True] * 3


def test_after_a_push_that_was_stopped_once_the_remote_had_it_the_next_run_tracks_it(made: Made, remote: Path) -> None:
    give(made, remote, made.main)
    assert pushed_now(made, str(remote), is_new=False) == ""
    told = git("-C", made.dest, "rev-parse", "--abbrev-ref", "main@{upstream}", "--verify", "origin/main")
    assert told.split() == ["origin/main", "origin/main"]
    git("-C", made.dest, "update-ref", "-d", "refs/remotes/origin/main")  # as on a disk that is full
    assert pushed_now(made, str(remote), is_new=False) == ""
    assert git("-C", made.dest, "rev-parse", "origin/main").strip() == made.main
    git("-C", made.dest, "update-ref", "-d", "refs/remotes/origin/main")
    git("-C", made.dest, "config", "branch.main.remote", "theirs")
    assert pushed_now(made, str(remote), is_new=False) == ""
    assert git("-C", made.dest, "config", "branch.main.remote").strip() == "theirs"
