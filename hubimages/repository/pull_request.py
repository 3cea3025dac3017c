"""Publish a branch and ask for its merge: the one place that pushes to a deployment repository, when told to.

GitHub's API is PyGithub's business (the extra `hubimages[github]`). Other servers, and people without a token, get the
branch pushed and the address where a person opens the request.
"""

import os
from dataclasses import dataclass, replace

from hubimages import console
from hubimages.errors import BadInputError, HubImagesError, LoginError, NoAnswerError, NotInstalledError, RefusedError
from hubimages.repository.changes import current_branch
from hubimages.repository.git import Repo, remote_environment, remote_failure
from hubimages.repository.web_address import WebAddress, web_address
from hubimages.run import attempt

TOKENS = ("GH_TOKEN", "GITHUB_TOKEN")  # in the order of GitHub's own command line

# Answers git with the token from the environment, and only where git has no other login: in no argument, in no file.
CREDENTIAL_HELPER = '!f() { echo username=x-access-token; echo "password=$HUBIMAGES_TOKEN"; }; f'


@dataclass(frozen=True)
class PullRequest:
    """What is to be merged into what, and why."""

    base: str
    branch: str
    title: str
    body: str
    to: str = ""  # OWNER/REPO that gets it, the parent of a fork for example; empty: the repository of `origin`


def check_can_open(repo: Repo, branch: str | None) -> str:
    """The branch that a pull request would go to. Raises an error unless one can be opened from `branch`."""
    base = current_branch(repo)
    address = remote_address(repo)
    if branch is None:
        raise BadInputError("--open-pr needs a branch of its own: add --branch=NAME")
    if address is None:
        raise BadInputError(
            "--open-pr: the remote `origin` shows no owner and repository: git remote set-url origin ADDRESS"
        )
    if base in ("", branch):  # the second run, on the branch already
        remote_head = repo.text("for-each-ref", "--format=%(symref:lstrip=3)", "refs/remotes/origin/HEAD")
        base = remote_head or "main"
    if base == branch:
        raise RefusedError(f"--branch={branch} is where the pull request would go to: choose another name")
    if token() and github() is None:
        raise NotInstalledError("--open-pr needs PyGithub: pip install 'hubimages[github]'")
    return base


def open_pull_request(repo: Repo, request: PullRequest) -> str:
    """Push the branch to `origin` and open the pull request; one line that says where it is.

    One that is open already for the same branch is kept, and named. Without a token (GH_TOKEN or GITHUB_TOKEN) the
    line has the address where a person opens it. Raises LoginError, NoAnswerError or RefusedError as the server
    answers.
    """
    address = remote_address(repo)
    assert address is not None  # check_can_open has looked
    push(repo, request.branch)
    secret = token()
    if not secret:
        asked, head = replace(address, name=request.to or address.name), request.branch
        if request.to:
            head = f"{address.name.partition('/')[0]}:{head}"
        return f"pushed {request.branch}; open the pull request: {asked.compare(request.base, head)}"
    return _ask_github(address, request, secret)


def remote_address(repo: Repo) -> WebAddress | None:
    """Owner and repository of `origin` as it is written in the configuration."""
    written = repo.text("config", "--get", "--default=", "remote.origin.url")
    return web_address(written) if written else None


def token() -> str:
    """The token to ask GitHub with; empty where there is none."""
    return next((value for value in map(os.environ.get, TOKENS) if value), "")


def push(repo: Repo, branch: str) -> None:
    """Push the branch to `origin`, only ever as a fast-forward. Raises LoginError, NoAnswerError, RefusedError.

    A branch that is there with the same files already is left as it is: proposed twice, it is one proposal.
    """
    assert repo.work_tree is not None
    argv = ["git", "-C", str(repo.work_tree), "push", "-q", "--set-upstream", "origin", f"{branch}:refs/heads/{branch}"]
    console.command(argv)
    env = remote_environment()
    if secret := token():
        number = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
        env |= {
            "HUBIMAGES_TOKEN": secret,
            "GIT_CONFIG_COUNT": str(number + 1),
            f"GIT_CONFIG_KEY_{number}": "credential.helper",
            f"GIT_CONFIG_VALUE_{number}": CREDENTIAL_HELPER,
        }
    done = attempt(*argv, cwd=repo.work_tree, env=env)
    if done.returncode and not _has_same_files(repo, branch, env):
        remote = repo.text("config", "--get", "remote.origin.url")
        raise remote_failure(remote, argv, done.returncode, done.stderr or done.stdout)


def _has_same_files(repo: Repo, branch: str, env: dict[str, str]) -> bool:
    """Whether `origin` has the branch with the very files of ours."""
    assert repo.work_tree is not None
    argv = ["git", "-C", str(repo.work_tree), "fetch", "-q", "--no-tags", "origin", f"refs/heads/{branch}"]
    if attempt(*argv, cwd=repo.work_tree, env=env).returncode:
        return False
    return repo.text("rev-parse", "FETCH_HEAD^{tree}") == repo.text("rev-parse", f"refs/heads/{branch}^{{tree}}")


def github() -> object | None:
    """PyGithub's module, where it is installed."""
    try:
        import github as module
    except ImportError:
        return None
    return module


def _ask_github(address: WebAddress, request: PullRequest, secret: str) -> str:
    import github
    import requests

    own = "https://api.github.com" if address.host == "github.com" else f"https://{address.host}/api/v3"
    base_url = os.environ.get("GITHUB_API_URL") or own
    client = github.Github(auth=github.Auth.Token(secret), base_url=base_url, lazy=True, retry=None)
    try:
        repository = client.get_repo(request.to or address.name)
        owner = address.name.partition("/")[0]
        head = f"{owner}:{request.branch}" if request.to else request.branch
        for opened in repository.get_pulls(state="open", head=f"{owner}:{request.branch}", base=request.base):
            return f"open already: {opened.html_url}"
        made = repository.create_pull(request.base, head, title=request.title, body=request.body)
    except github.GithubException as error:
        raise _refusal(address, error.status, error.message or "") from error
    except requests.RequestException as error:
        raise NoAnswerError(f"no answer from {base_url}, try again later; {request.branch} is pushed") from error
    finally:
        client.close()
    return f"opened {made.html_url}"


def _refusal(address: WebAddress, status: int, message: str) -> HubImagesError:
    where = f"{address.host}/{address.name}"
    if status == 401:
        return LoginError("GitHub does not know the token in GH_TOKEN or GITHUB_TOKEN: make a new one")
    if status in (403, 404):
        return LoginError(
            f"the token may not open pull requests in {where} (it needs Contents and Pull requests: write): {message}"
        )
    if status == 422:
        return RefusedError(f"GitHub refuses the pull request in {where}: {message}")
    return NoAnswerError(f"GitHub answered {status} for {where}, try again later: {message}")
