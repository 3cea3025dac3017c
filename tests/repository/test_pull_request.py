"""A branch is pushed and its merge asked for, through real git and PyGithub; a server on loopback answers as GitHub."""

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from invoke import Context

from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, NotInstalledError, RefusedError
from hubimages.repository import changes, pull_request, unfinished
from hubimages.repository.proposals.github import _found
from hubimages.repository.pull_request import PullRequest
from hubimages.repository.web_address import web_address
from tests.github import GitHub, answering
from tests.serving import serving

SECRET = "ghp_a-secret-of-this-test"


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(clone: Path) -> Path:
    """A clone on the branch `bump`, whose remote has `main`."""
    git(clone, "commit", "-q", "--allow-empty", "-m", "Start")
    git(clone, "push", "-q", "origin", "main")
    git(clone, "switch", "-q", "-c", "bump")
    git(clone, "commit", "-q", "--allow-empty", "-m", "Bump")
    return clone


def ask(root: Path) -> str:
    repo = changes.deployment_repository(root)
    return pull_request.open_pull_request(repo, PullRequest("main", "bump", "Bump the image", "Three hubs."))


def pushed(root: Path) -> bool:
    bare = root.parent / "served/org/deployment.git"
    return git(bare, "rev-parse", "bump") == git(root, "rev-parse", "bump")


def test_the_request_is_opened_once_and_named_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = GitHub()
    with answering(state) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GH_TOKEN", SECRET)
        assert ask(root) == "opened https://github.com/org/deployment/pull/7"
        assert ask(root) == "already open: https://github.com/org/deployment/pull/7"
    asked = [{key: opened[key] for key in ("title", "body", "head", "base")} for opened in state.opened]
    assert asked == [{"title": "Bump the image", "body": "Three hubs.", "head": "bump", "base": "main"}]
    assert pushed(root)
    assert state.authorizations == {f"token {SECRET}"}


def test_requests_of_other_branches_and_to_others_are_other_requests(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [
        {"head": head, "base": base, "url": "x", "html_url": "x"} for head, base in (("a", "main"), ("bump", "b"))
    ]
    with answering(GitHub(opened=others)) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GH_TOKEN", SECRET)
        assert ask(root) == "opened https://github.com/org/deployment/pull/7"


def test_without_a_token_the_branch_is_pushed_and_the_address_given(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = "https://github.com/org/deployment/compare/main...bump?expand=1"
    assert ask(root) == f"pushed bump; open the pull request: {address}"
    assert capsys.readouterr().err == (
        f"$ git -C {root} push --no-follow-tags --recurse-submodules=no --set-upstream origin "
        "refs/heads/bump:refs/heads/bump\n"
    )
    assert pushed(root)


@pytest.mark.parametrize(
    ("status", "error", "message"),
    [
        (401, LoginError, "GitHub does not know the token in GH_TOKEN or GITHUB_TOKEN"),
        (403, LoginError, "may not open pull requests in github.com/org/deployment"),
        (404, LoginError, "it needs Contents and Pull requests: write"),
        (422, RefusedError, "GitHub refuses the pull request in github.com/org/deployment: as the test wants it"),
        (500, NoAnswerError, "GitHub answered 500 for github.com/org/deployment, try again later"),
    ],
)
def test_what_github_refuses_is_one_line_without_the_token(
    status: int, error: type[HubImagesError], message: str, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(GitHub(status, "as the test wants it")) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GITHUB_TOKEN", SECRET)
        with pytest.raises(error, match=message) as raised:
            ask(root)
    assert SECRET not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_answer_that_breaks_off_among_its_headers_is_no_answer_and_a_mistake_of_ours_stays_one() -> None:
    class CutOff(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le")

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    import github

    with serving(CutOff) as host:
        address = f"http://{host}"
        client = github.Github(base_url=address, lazy=True, retry=None)
        says = f"^no whole answer from {address}, try again later; x is pushed$"
        with pytest.raises(NoAnswerError, match=says), pull_request.answering(address, "; x is pushed"):
            list(client.get_repo("org/deployment").get_workflow_runs().get_page(0))
        client.close()
    for mistake in (TypeError, ValueError, KeyError, AttributeError):
        with pytest.raises(mistake), pull_request.answering("https://api.github.com"):
            raise mistake
    with pytest.raises(AttributeError), pull_request.answering("https://api.github.com"):
        getattr("a text", "nothing")  # noqa: B009 - the types would refuse it


def test_an_answer_with_something_else_in_it_is_no_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(GitHub(opened=[{"head": "bump", "base": "main", "html_url": 7, "url": "/pull"}])) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GITHUB_TOKEN", SECRET)
        with pytest.raises(NoAnswerError, match=rf"^no whole answer from {address}, try again later; bump is pushed$"):
            ask(root)


def test_an_answer_that_lacks_something_is_no_answer() -> None:
    import github

    with answering(GitHub(opened=[{"head": None, "base": "main", "url": "/pull"}])) as address:
        client = github.Github(base_url=address, lazy=True, retry=None)
        with pytest.raises(NoAnswerError, match=f"^no whole answer from {address}"), pull_request.answering(address):
            [_found(each) for each in client.get_repo("org/deployment").get_pulls()]
        client.close()


def test_no_server_is_no_answer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(GitHub()) as address:
        pass
    monkeypatch.setenv("GITHUB_API_URL", address)
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    with pytest.raises(NoAnswerError, match="bump is pushed"):
        ask(root)


def test_commits_of_others_on_the_branch_are_never_overwritten(root: Path) -> None:
    git(root, "push", "-q", "origin", "bump")
    theirs = git(root.parent / "served/org/deployment.git", "rev-parse", "bump")
    (root / "other").write_text("ours")
    git(root, "add", "other")
    git(root, "commit", "-q", "--amend", "-m", "Another")
    with pytest.raises(RefusedError, match="nothing was pushed"):
        ask(root)
    assert git(root.parent / "served/org/deployment.git", "rev-parse", "bump") == theirs


def test_the_same_files_proposed_again_are_the_same_proposal(root: Path) -> None:
    git(root, "push", "-q", "origin", "bump")
    theirs = git(root.parent / "served/org/deployment.git", "rev-parse", "bump")
    git(root, "commit", "-q", "--amend", "--allow-empty", "-m", "The same on another day")
    assert ask(root).endswith("/compare/main...bump?expand=1")
    assert git(root.parent / "served/org/deployment.git", "rev-parse", "bump") == theirs


def test_a_request_needs_a_branch_of_its_own_and_a_remote(root: Path) -> None:
    repo = changes.deployment_repository(root)
    assert pull_request.check_can_open(repo, "other") == "bump"
    assert pull_request.check_can_open(repo, "bump") == "main"
    with pytest.raises(BadInputError, match="add --branch=NAME"):
        pull_request.check_can_open(repo, None)
    git(root, "switch", "-q", "main")
    with pytest.raises(RefusedError, match="Choose another name"):
        pull_request.check_can_open(repo, "main")
    git(root, "remote", "remove", "origin")
    with pytest.raises(BadInputError, match="git remote set-url origin"):
        pull_request.check_can_open(repo, "bump")


def test_from_a_fork_the_request_goes_to_the_parent_only_when_that_is_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = root.parent / "served/me/deployment.git"
    bare.mkdir(parents=True)
    git(bare, "init", "-q", "--bare", "-b", "main")
    git(root, "remote", "set-url", "origin", "https://github.com/me/deployment.git")
    repo = changes.deployment_repository(root)
    asked = PullRequest("main", "bump", "Bump the image", "Three hubs.", "org/deployment")
    assert pull_request.open_pull_request(repo, asked) == (
        "pushed bump; open the pull request: https://github.com/org/deployment/compare/main...me:bump?expand=1"
    )
    state = GitHub()
    with answering(state) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        monkeypatch.setenv("GH_TOKEN", SECRET)
        assert pull_request.open_pull_request(repo, asked) == "opened https://github.com/org/deployment/pull/7"
    assert [opened["head"] for opened in state.opened] == ["me:bump"]
    assert git(bare, "rev-parse", "bump") == git(root, "rev-parse", "bump")
    with pytest.raises(BadInputError, match=r"--pr-to=deployment: write OWNER/REPO"):
        pull_request.check_can_open(repo, "bump", "deployment")


@pytest.mark.parametrize(
    ("remote", "to", "page"),
    [
        ("git@github.com:org/hubs.git", "", "https://github.com/org/hubs/compare/main...a/b?expand=1"),
        ("https://github.com/me/hubs", "org/hubs", "https://github.com/org/hubs/compare/main...me:a/b?expand=1"),
        ("https://codeberg.org/org/hubs.git", "", "https://codeberg.org/org/hubs/compare/main...a/b?expand=1"),
        (
            "git@gitlab.com:org/group/hubs.git", "", "https://gitlab.com/org/group/hubs/-/merge_requests/new?"
            "merge_request%5Bsource_branch%5D=a%2Fb&merge_request%5Btarget_branch%5D=main",
        ),
        (
            "https://gitlab.uni.example/me/hubs.git", "org/hubs", "https://gitlab.uni.example/me/hubs/-/merge_requests/"
            "new?merge_request%5Bsource_branch%5D=a%2Fb&merge_request%5Btarget_branch%5D=main",
        ),
        (
            "git@bitbucket.org:org/hubs.git", "",
            "https://bitbucket.org/org/hubs/pull-requests/new?source=a%2Fb&dest=main",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_server_has_its_own_page_that_opens_a_request(remote: str, to: str, page: str) -> None:
    address = web_address(remote)
    assert address is not None
    assert address.compare("main", "a/b", to) == page


def test_another_server_than_the_tokens_gets_no_token(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(root, "config", "--global", "--add", f"url.{root.parent / 'served'}/.insteadOf", "https://git.example.org/")
    git(root, "remote", "set-url", "origin", "https://git.example.org/org/deployment.git")
    monkeypatch.setenv("GH_TOKEN", SECRET)
    state = GitHub()
    with answering(state) as address:
        monkeypatch.setenv("GITHUB_API_URL", address)
        page = "https://git.example.org/org/deployment/compare/main...bump?expand=1"
        assert ask(root) == f"pushed bump; open the pull request: {page}"
        assert state.authorizations == set()
        monkeypatch.setenv("GH_HOST", "git.example.org")
        assert ask(root).startswith("opened ")
    assert state.authorizations == {f"token {SECRET}"}


@pytest.mark.parametrize(
    ("host", "given"), [("github.com", True), ("git.example.org", False), ("github.com.example.org", False)]
)
def test_git_gives_the_token_only_to_the_server_that_it_is_for(
    host: str, given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", SECRET)
    # The helper's scope is git's business, so git is asked: for github.com's settings, what has the other host?
    env = pull_request.token_environment("https://github.com/org/deployment", {})
    asked = f"protocol=https\nhost={host}\n\n"
    done = subprocess.run(
        ["git", "credential", "fill"], input=asked, capture_output=True, text=True, check=False,
        env={**os.environ, **env, "GIT_ASKPASS": "true"},
    )  # fmt: skip
    assert (SECRET in done.stdout) == given
    assert bool(pull_request.token_environment(f"https://{host}/org/deployment", {})) == given


@pytest.mark.parametrize(("status", "kind", "says"), [
    (401, LoginError, "GitHub does not know the token in GH_TOKEN or GITHUB_TOKEN. Create a new one"),
    (403, LoginError, "the token may not open pull requests in github.com/org/deployment (it needs Contents and Pull "
                      "requests: write): why"),
    (404, LoginError, "the token may not open pull requests in github.com/org/deployment (it needs Contents and Pull "
                      "requests: write): why"),
    (422, RefusedError, "GitHub refuses the pull request in github.com/org/deployment: why"),
    (500, NoAnswerError, "GitHub answered 500 for github.com/org/deployment, try again later: why"),
    (402, NoAnswerError, "GitHub answered 402 for github.com/org/deployment, try again later: why"),
])  # fmt: skip
def test_what_github_answers_is_an_error_of_its_kind(status: int, kind: type[HubImagesError], says: str) -> None:
    address = web_address("https://github.com/org/deployment")
    assert address is not None
    refused = pull_request.refusal(address, status, "why")
    assert (type(refused), str(refused)) == (kind, says)


def test_the_api_is_that_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_API_URL", raising=False)
    assert pull_request.api_address("github.com") == "https://api.github.com"
    assert pull_request.api_address("git.example.org") == "https://git.example.org/api/v3"
    monkeypatch.setenv("GITHUB_API_URL", "https://api.example.org")
    assert pull_request.api_address("github.com") == "https://api.example.org"


def test_the_token_is_given_beside_the_settings_that_git_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIT_CONFIG_COUNT", raising=False)
    monkeypatch.setenv("GH_TOKEN", "")
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    address = "https://github.com/org/deployment"
    for given, inherited, number in (({}, "", 0), ({"GIT_CONFIG_COUNT": "2"}, "", 2), ({}, "1", 1), ({}, "0", 0)):
        monkeypatch.setenv("GIT_CONFIG_COUNT", inherited)
        assert pull_request.token_environment(address, given) == {
            "HUBIMAGES_TOKEN": SECRET,
            "GIT_CONFIG_COUNT": str(number + 1),
            f"GIT_CONFIG_KEY_{number}": "credential.https://github.com.helper",
            f"GIT_CONFIG_VALUE_{number}": pull_request.CREDENTIAL_HELPER,
        }
    monkeypatch.delenv("GITHUB_TOKEN")
    assert pull_request.token_environment(address, {}) == {}


def test_the_first_token_counts_and_the_servers_that_the_environment_names(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GH_HOST", "GITHUB_SERVER_URL", *pull_request.TOKENS):
        monkeypatch.delenv(name, raising=False)
    assert (pull_request.token(), pull_request.token_hosts()) == ("", {"github.com"})
    monkeypatch.setenv("GITHUB_TOKEN", "second")
    assert pull_request.token() == "second"
    monkeypatch.setenv("GH_TOKEN", "first")
    monkeypatch.setenv("GH_HOST", "one.example.org")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://two.example.org:8443")
    assert pull_request.token() == "first"
    assert pull_request.token_hosts() == {"github.com", "one.example.org", "two.example.org"}


def test_without_pygithub_a_token_is_of_no_use_and_that_is_said_before_anything_is_pushed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "github", None)
    repo = changes.deployment_repository(root)
    assert pull_request.check_can_open(repo, "other") == "bump"
    monkeypatch.setenv("GH_TOKEN", SECRET)
    with pytest.raises(NotInstalledError, match=r"^--open-pr needs PyGithub: .*pip install 'hubimages\[github\]'$"):
        pull_request.check_can_open(repo, "other")


def test_a_pull_request_goes_to_the_default_branch_of_the_server_where_the_branch_is_checked_out(root: Path) -> None:
    repo = changes.deployment_repository(root)
    git(root, "update-ref", "refs/remotes/origin/trunk", "main")
    git(root, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert pull_request.check_can_open(repo, "bump") == "trunk"
    git(root, "switch", "-q", "--detach")
    assert pull_request.check_can_open(repo, "bump") == "trunk"


def test_exactly_the_branch_is_pushed_whatever_the_configuration_adds(root: Path) -> None:
    bare = root.parent / "served/org/deployment.git"
    git(root, "tag", "-a", "-m", "x", "v1")
    for name, value in (("push.followTags", "true"), ("remote.origin.mirror", "true"), ("push.default", "matching")):
        git(root, "config", name, value)
    git(root, "branch", "other")
    repo = changes.deployment_repository(root)
    pull_request.push(repo, "bump")
    assert git(bare, "for-each-ref", "--format=%(refname)").split() == ["refs/heads/bump", "refs/heads/main"]
    assert git(root, "rev-parse", "--abbrev-ref", "bump@{upstream}") == "origin/bump"


COMMAND = ("point-hubs", "one:1", "--open-pr")


def leave_pending(root: Path, *, is_all: bool = False) -> None:
    """Commit on `bump` with `point-hubs`, which is then stopped before its pull request."""
    repo = changes.deployment_repository(root)
    asked = PullRequest("main", "bump", "Bump the image", "Three hubs.", command=COMMAND, is_all=is_all)
    with pytest.raises(NoAnswerError), pull_request.pending(repo, asked):
        git(root, "commit", "-q", "--allow-empty", "-m", "Again")
        raise NoAnswerError("offline")


def finish_pending(root: Path, command: list[str], branch: str | None) -> None:
    unfinished.open_pull_request(root, command[0], branch, command)


@pytest.mark.parametrize(
    ("argv", "branch", "here"),
    [
        (["point-hubs", "two:2", "--open-pr"], None, "bump"),
        (["point-hubs", "two:2", "--open-pr", "--branch=other"], "other", "bump"),
        (["bump-images", "--open-pr", "--branch=bump"], "bump", "bump"),
        (["roll-back-image", "--hub=one", "--open-pr"], None, "main"),
    ],
)
def test_another_command_names_the_commits_that_wait_and_does_not_push_them(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    branch: str | None,
    here: str,
) -> None:
    leave_pending(root)
    git(root, "switch", "-q", here)
    for _ in range(2):
        finish_pending(root, argv, branch)
        assert capsys.readouterr().err == (
            "note: branch bump has commits of an earlier run and no pull request. To push them: "
            "git push --no-follow-tags --recurse-submodules=no --set-upstream origin refs/heads/bump:refs/heads/bump\n"
        )
    assert git(root, "ls-remote", "--heads", "origin", "bump") == ""
    git(root, "push", "-q", "origin", "bump")
    finish_pending(root, argv, branch)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("argv", "branch"),
    [
        (["point-hubs", "one:1", "--open-pr"], None),
        (["point-hubs", "two:2", "--open-pr", "--branch=bump"], "bump"),
    ],
)
def test_the_same_command_or_the_task_with_the_branch_opens_the_request_that_waits(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    argv: list[str],
    branch: str | None,
) -> None:
    leave_pending(root)
    finish_pending(root, argv, branch)
    assert "note: an earlier run made the commits and no pull request; pushed bump" in capsys.readouterr().err
    assert pushed(root)
    finish_pending(root, argv, branch)
    assert capsys.readouterr().err == ""


def test_a_task_that_had_only_the_pull_request_left_to_open_does_not_run_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    def point_hubs(c: Context, *, repo: str, open_pr: bool, branch: str, dry_run: bool = False) -> None:
        ran.append(pushed(root))

    task = operator_errors(point_hubs)
    for words, is_all, runs in ((COMMAND, True, 0), ((*COMMAND, "more"), True, 1), (COMMAND, False, 2)):
        leave_pending(root, is_all=is_all)
        monkeypatch.setattr(sys, "argv", ["hubimages", *words])
        task(Context(), repo=str(root), open_pr=True, branch="bump")
        assert pushed(root)
        assert ran == [True] * runs


def test_a_run_that_fails_without_a_commit_on_its_branch_leaves_nothing_to_open(root: Path) -> None:
    repo = changes.deployment_repository(root)
    for other in ("bump", "main"):
        git(root, "switch", "-q", "bump")
        asked = PullRequest("main", "bump", "Bump the image", "")
        with pytest.raises(NoAnswerError), pull_request.pending(repo, asked):
            if other == "main":
                git(root, "switch", "-q", "main")
                git(root, "commit", "-q", "--allow-empty", "-m", "Of somebody else")
            raise NoAnswerError("offline")
        assert not (repo.git_dir / pull_request.PENDING).exists()


def test_a_record_that_is_damaged_or_whose_commits_are_gone_opens_nothing(root: Path) -> None:
    repo = changes.deployment_repository(root)
    place = repo.git_dir / pull_request.PENDING
    start = git(root, "rev-parse", "bump")
    other = git(root, "commit-tree", "-m", "Other", "bump^{tree}")
    for spoil in (
        lambda: place.write_text("{"), lambda: git(root, "update-ref", "refs/heads/bump", start),
        lambda: git(root, "update-ref", "refs/heads/bump", other),
        lambda: git(root, "update-ref", "-d", "refs/heads/bump"),
    ):  # fmt: skip
        git(root, "update-ref", "refs/heads/bump", start)
        leave_pending(root)
        spoil()
        told = pull_request.open_pending(repo, "point-hubs", "bump", ("point-hubs", "one:1", "--open-pr"))
        assert told == ("", False)
        assert not place.exists()
    assert git(root, "ls-remote", "--heads", "origin", "bump") == ""


def test_commits_that_the_remote_has_in_part_still_wait(root: Path) -> None:
    git(root, "push", "-q", "origin", "bump")
    leave_pending(root)
    repo = changes.deployment_repository(root)
    said, is_all = pull_request.open_pending(repo, "bump-images", None, ("bump-images",))
    assert not is_all
    assert said.startswith("branch bump has commits of an earlier run and no pull request. To push them: git push ")


def test_the_same_command_on_another_branch_is_not_done(root: Path) -> None:
    leave_pending(root, is_all=True)
    git(root, "switch", "-q", "main")
    repo = changes.deployment_repository(root)
    assert pull_request.open_pending(repo, COMMAND[0], None, COMMAND) == ("", False)
