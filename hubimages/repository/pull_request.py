"""Push a branch and open a pull request: the only place that pushes to a deployment repository, when told to.

PyGithub talks to GitHub's API (the extra `hubimages[github]`). For other servers, and without a token, the branch is
pushed and a person gets the address that opens the request.
"""

import json
import os
import re
import shlex
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hubimages import console, disk, markdown, systems
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, NotInstalledError, RefusedError
from hubimages.repository.branches import current_branch
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.repository.web_address import WebAddress, web_address
from hubimages.run import attempt

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")  # in the order of GitHub's own command line

# Gives git the token from the environment, in no argument and no file, and only where git has no other login.
CREDENTIAL_HELPER = '!f() { echo username=x-access-token; echo "password=$HUBIMAGES_TOKEN"; }; f'


PENDING = Path("hubimages", "pull-request.json")  # in git's directory


@dataclass(frozen=True)
class PullRequest:
    """What to merge into what, and why; `command` is what a person ran, which opens one that is pending.

    `is_all`: once it is open, the task has nothing more to do, and would refuse to run on its own result.
    """

    base: str
    branch: str
    title: str
    body: str
    to: str = ""  # OWNER/REPO that gets it, the parent of a fork for example; empty: the repository of `origin`
    command: Sequence[str] = ()
    is_all: bool = False


def check_can_open(repo: Repo, branch: str | None, to: str = "") -> str:
    """Return the branch that a pull request from `branch` goes to. Raises an error if none can be opened."""
    base = current_branch(repo)
    if branch is None:
        raise BadInputError("--open-pr needs a branch: add --branch=NAME")
    if to and not re.fullmatch(r"[\w.-]+/[\w.-]+", to):
        raise BadInputError(f"--pr-to={to}: write OWNER/REPO")
    if remote_address(repo) is None:
        raise BadInputError(
            "--open-pr: the address of remote `origin` shows no owner and repository. Set it with: "
            "git remote set-url origin ADDRESS"
        )
    if base in ("", branch):  # the second run, on the branch already
        remote_head = repo.text("for-each-ref", "--format=%(symref:lstrip=3)", "refs/remotes/origin/HEAD")
        base = remote_head or "main"
    if base == branch:
        raise RefusedError(f"--branch={branch} is the branch that the pull request would go to. Choose another name")
    if token() and github() is None:
        raise NotInstalledError(f"--open-pr needs PyGithub: {systems.install_line('github')}")
    return base


def open_pull_request(repo: Repo, request: PullRequest) -> str:
    """Push the branch to `origin` and open the pull request; return one line with its address.

    One that is open for the same branch is kept. Without a token for the server (GH_TOKEN or GITHUB_TOKEN; see
    `token_hosts`) the line has the address where a person opens it. Raises LoginError, NoAnswerError or RefusedError as
    the server answers.
    """
    address = remote_address(repo)
    assert address is not None  # check_can_open has looked
    push(repo, request.branch)
    secret = token() if address.host in token_hosts() else ""
    if not secret:
        page = address.compare(request.base, request.branch, request.to)
        return f"pushed {request.branch}; open the pull request: {page}"
    return _ask_github(address, request, secret)


def remote_address(repo: Repo) -> WebAddress | None:
    """Return owner and repository that `git push` of `origin` reaches.

    That is the first address of a web server among those that git uses (`pushurl`, `insteadOf`, `pushInsteadOf`), and
    among those written in the configuration: a mirror on this machine has no page.
    """
    for question in (
        ("remote", "get-url", "--push", "origin"),
        ("config", "--get", "remote.origin.pushurl"),
        ("remote", "get-url", "origin"),
        ("config", "--get", "remote.origin.url"),
    ):
        if found := web_address(repo.answer(*question).strip()):
            return found
    return None


def token() -> str:
    """Return the token for GitHub's API; "" if there is none."""
    return next((value for value in map(os.environ.get, TOKENS) if value), "")


@contextmanager
def pending(repo: Repo, request: PullRequest) -> Iterator[None]:
    """Keep a record of the pull request until the block that commits and opens it succeeds; see `open_pending`.

    A block that fails without a commit leaves none: then there is nothing to open.
    """
    head = repo.text("rev-parse", "HEAD")

    def has_commits() -> bool:
        return repo.answer("rev-parse", "HEAD").strip() != head and current_branch(repo) == request.branch

    facts = {"request": asdict(request), "head": head}
    with disk.record(repo.git_dir / PENDING, json.dumps(facts), needed=has_commits):
        yield


def open_pending(repo: Repo, task: str, branch: str | None, command: Sequence[str]) -> tuple[str, bool]:
    """Open the pull request that an earlier run has committed for and not opened.

    Return what to tell, or "", and whether that was all that the task is to do.

    Only for the person who is on its branch and runs the same command again, or the same task with its branch. For
    another command the line says what waits and how to push it: nobody has asked for that. Raises what
    `open_pull_request` raises; then the next run tries again.
    """
    waits = False
    with disk.left_record(repo.git_dir / PENDING, needed=lambda: waits) as left:
        facts = disk.facts(left)
        if not facts or not _has_commits(repo, facts["request"]["branch"], facts["head"]):
            return "", False
        request = PullRequest(**facts["request"])
        is_again = [*command] == [*request.command]
        is_same = is_again or (task in request.command and branch == request.branch)
        if is_same and current_branch(repo) == request.branch:
            told = open_pull_request(repo, request)
            return f"an earlier run made the commits and no pull request; {told}", request.is_all and is_again
        waits = True
        if is_same or _is_pushed(repo, request.branch):  # the same command elsewhere meets the branch, and says so
            return "", False
        return (
            f"branch {request.branch} has commits of an earlier run and no pull request. To push them: "
            f"{shlex.join(push_command(request.branch))}",
            False,
        )


def _has_commits(repo: Repo, branch: str, head: str) -> bool:
    """Return True if the branch has commits on top of `head`."""
    tip = repo.answer("rev-parse", "--verify", "-q", f"refs/heads/{branch}").strip()
    return tip not in ("", head) and repo.succeeds("merge-base", "--is-ancestor", head, tip)


def _is_pushed(repo: Repo, branch: str) -> bool:
    """Return True if `origin` has the commits of the branch, as far as this clone knows."""
    theirs = repo.answer("rev-parse", "--verify", "-q", f"refs/remotes/origin/{branch}").strip()
    return bool(theirs) and repo.succeeds("merge-base", "--is-ancestor", f"refs/heads/{branch}", theirs)


def push_command(branch: str) -> list[str]:
    """Return the command that pushes exactly this branch to `origin`, whatever the configuration adds to a push."""
    only = ("--no-follow-tags", "--recurse-submodules=no")
    return ["git", "push", *only, "--set-upstream", "origin", f"refs/heads/{branch}:refs/heads/{branch}"]


def push(repo: Repo, branch: str) -> None:
    """Push the branch to `origin`, only ever as a fast-forward. Raises LoginError, NoAnswerError, RefusedError.

    If `origin` has the branch with the same files, it is left as it is: proposed twice, it is one proposal.
    """
    assert repo.work_tree is not None
    argv = push_command(branch)
    console.command([argv[0], "-C", str(repo.work_tree), *argv[1:]])
    remote = repo.answer("remote", "get-url", "--push", "origin").strip()
    env = remote_environment(repo.work_tree)
    env |= token_environment(remote, env)
    # With remote.origin.mirror git refuses to push one branch.
    done = attempt(*argv[:1], "-c", "remote.origin.mirror=false", *argv[1:], "-q", cwd=repo.work_tree, env=env)
    if done.returncode and not _has_same_files(repo, branch, env):
        raise remote_failure(remote, argv, done.returncode, done.stderr or done.stdout)


def token_environment(address: str, env: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that give git the token for GitHub, if the address is on the server that the token is for.

    `env` has the variables that git gets besides. Another server that asks for a login gets no token.
    """
    secret, web = token(), web_address(address)
    if not secret or web is None or web.host not in token_hosts():
        return {}
    number = int(env.get("GIT_CONFIG_COUNT") or os.environ.get("GIT_CONFIG_COUNT") or 0)
    return {
        "HUBIMAGES_TOKEN": secret,
        "GIT_CONFIG_COUNT": str(number + 1),
        f"GIT_CONFIG_KEY_{number}": f"credential.https://{web.host}.helper",
        f"GIT_CONFIG_VALUE_{number}": CREDENTIAL_HELPER,
    }


def token_hosts() -> set[str]:
    """Return the servers that the token is for, as GitHub Actions and GitHub's own command line name them."""
    named = {os.environ.get("GH_HOST", ""), urlsplit(os.environ.get("GITHUB_SERVER_URL", "")).hostname or ""}
    return {"github.com", *named} - {""}


def _has_same_files(repo: Repo, branch: str, env: dict[str, str]) -> bool:
    """Whether `origin` has the branch with the very files of ours."""
    assert repo.work_tree is not None
    argv = ["git", "-C", str(repo.work_tree), "fetch", "-q", "--no-tags", "origin", f"refs/heads/{branch}"]
    if attempt(*argv, cwd=repo.work_tree, env=env).returncode:
        return False
    return repo.text("rev-parse", "FETCH_HEAD^{tree}") == repo.text("rev-parse", f"refs/heads/{branch}^{{tree}}")


def github() -> object | None:
    """Return PyGithub's module; None if it is not installed."""
    try:
        import github as module
    except ImportError:
        return None
    return module


def api_address(host: str) -> str:
    """Return the address of GitHub's API for a server."""
    own = "https://api.github.com" if host == "github.com" else f"https://{host}/api/v3"
    return os.environ.get("GITHUB_API_URL") or own


@contextmanager
def answering(base_url: str, more: str = "") -> Iterator[None]:
    """Raise NoAnswerError where GitHub does not answer in the block, and where PyGithub cannot read the answer.

    One that breaks off among its headers counts as complete: there is no body, and no length that it lacks.
    """
    import github
    import requests

    try:
        yield
    except requests.RequestException as error:
        raise NoAnswerError(f"no answer from {base_url}, try again later{more}") from error
    except (TypeError, ValueError, LookupError, AttributeError, github.BadAttributeException) as error:
        modules = [frame.f_globals["__name__"] for frame, _ in traceback.walk_tb(error.__traceback__)]
        is_absent = isinstance(error, AttributeError) and error.name is not None and error.obj is None
        if not is_absent and not any(name.startswith("github.") for name in modules):
            raise
        raise NoAnswerError(f"no whole answer from {base_url}, try again later{more}") from error


def _ask_github(address: WebAddress, request: PullRequest, secret: str) -> str:
    import github

    base_url = api_address(address.host)
    client = github.Github(auth=github.Auth.Token(secret), base_url=base_url, lazy=True, retry=None)
    try:
        with answering(base_url, f"; {request.branch} is pushed"):
            repository = client.get_repo(request.to or address.name)
            owner = address.name.split("/")[0]
            head = f"{owner}:{request.branch}" if request.to else request.branch
            for opened in repository.get_pulls(head=f"{owner}:{request.branch}", base=request.base):
                return f"already open: {opened.html_url}"
            title, body = markdown.title(request.title), markdown.fitting(request.body)
            made = repository.create_pull(request.base, head, title=title, body=body)
            return f"opened {made.html_url}"
    except github.GithubException as error:
        raise refusal(address, error.status, error.message or "") from error
    finally:
        client.close()


def refusal(address: WebAddress, status: int, message: str) -> HubImagesError:
    """Return the error for what GitHub answered about pull requests of a repository."""
    where = f"{address.host}/{address.name}"
    if status == 401:
        return LoginError("GitHub does not know the token in GH_TOKEN or GITHUB_TOKEN. Create a new one")
    if status in (403, 404):
        return LoginError(
            f"the token may not open pull requests in {where} (it needs Contents and Pull requests: write): {message}"
        )
    if status == 422:
        return RefusedError(f"GitHub refuses the pull request in {where}: {message}")
    return NoAnswerError(f"GitHub answered {status} for {where}, try again later: {message}")
