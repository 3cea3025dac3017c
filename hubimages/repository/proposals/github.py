"""Ask GitHub about the pull requests of a repository, and open them, as fast as GitHub lets us."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

from hubimages import markdown, systems
from hubimages.errors import LoginError, NotInstalledError, RefusedError
from hubimages.repository.pull_request import answering, api_address, refusal, token
from hubimages.repository.web_address import WebAddress

if TYPE_CHECKING:
    from github import Github
    from github.PullRequest import PullRequest

RETRIES = 10
WORTH_A_LINE = 2.0  # seconds


@dataclass(frozen=True)
class Pace:
    """Seconds between requests, as GitHub's documentation asks of programs, and after an answer about a rate limit."""

    requests: float = 0.25
    writes: float = 1.0
    limited: float = 60.0


@dataclass(frozen=True)
class Found:
    """A pull request: its number and address, whether it is open, and the commit at its head."""

    number: int
    address: str
    is_open: bool
    is_merged: bool
    head: str


class GitHub:
    """GitHub's API through PyGithub. Threads share it: requests go out one at a time, since GitHub counts them all."""

    def __init__(
        self, host: str, said: Callable[[str], None], wait: Callable[[float], None], pace: Pace | None = None
    ) -> None:
        self.host, self._said, self._wait, self._pace = host, said, wait, pace or Pace()
        self._lock = Lock()
        self._client: Github | None = None

    @property
    def api(self) -> "Github":
        """The client. Raises NotInstalledError without PyGithub."""
        if self._client is None:
            try:
                import github
            except ImportError as error:
                raise NotInstalledError(f"this needs PyGithub: {systems.install_line('github')}") from error
            secret = token()
            self._client = github.Github(
                auth=github.Auth.Token(secret) if secret else None,
                base_url=api_address(self.host),
                per_page=100,
                lazy=True,
                seconds_between_requests=self._pace.requests,
                seconds_between_writes=self._pace.writes,
                retry=_patient(self._said, self._wait, self._pace),
            )
        return self._client

    @contextmanager
    def asking(self, where: WebAddress, *, opening: bool = False) -> Iterator["Github"]:
        """Give the client to one thread, and raise what `refusal` gives for what GitHub refuses, or NoAnswerError.

        What does not exist is a question of the token's rights if a pull request is being opened.
        """
        with self._lock:
            api = self.api
            from github import GithubException

            try:
                with answering(api_address(self.host)):
                    yield api
            except GithubException as error:
                if error.status == 404 and not opening:
                    place = f"{where.host}/{where.name}"
                    raise LoginError(f"{place} is not there any more, or the token may not see it") from error
                raise refusal(where, error.status, error.message or "") from error

    def current(self, where: WebAddress) -> WebAddress:
        """Return the repository's present name. Raises RefusedError if it is archived, LoginError if it is hidden."""
        with self.asking(where) as api:
            repository = api.get_repo(where.name)
            archived, name = repository.archived, repository.full_name
        if archived:
            raise RefusedError(f"{where.host}/{name} is archived, so nothing can be pushed")
        return WebAddress(where.host, name)

    def pull_requests(self, where: WebAddress, base: str, branch: str) -> list[Found]:
        """Return the pull requests from the branch to the base, open or not, the newest first."""
        owner = where.name.partition("/")[0]
        with self.asking(where) as api:
            listed = api.get_repo(where.name).get_pulls(state="all", head=f"{owner}:{branch}", base=base)
            return [_found(each) for each in listed]

    def tree(self, where: WebAddress, commit: str) -> str:
        """Return the id of a commit's tree."""
        with self.asking(where) as api:
            return api.get_repo(where.name).get_git_commit(commit).tree.sha

    def open(self, where: WebAddress, base: str, branch: str, title: str, body: str) -> str:
        """Open a pull request and return its address."""
        with self.asking(where, opening=True) as api:
            return (
                api.get_repo(where.name)
                .create_pull(base, branch, title=markdown.title(title), body=markdown.fitting(body))
                .html_url
            )

    def edit(self, where: WebAddress, number: int, title: str, body: str) -> None:
        """Give a pull request another title and text."""
        with self.asking(where, opening=True) as api:
            api.get_repo(where.name).get_pull(number).edit(title=markdown.title(title), body=markdown.fitting(body))


def _found(pull: "PullRequest") -> Found:
    return Found(pull.number, pull.html_url, pull.state == "open", bool(pull.merged_at), pull.head.sha)


def _patient(said: Callable[[str], None], wait: Callable[[float], None], pace: Pace) -> Any:
    """Return PyGithub's own rules for retries, which wait for rate limits, with a line about each long wait."""
    from github import GithubRetry

    class Patient(GithubRetry):
        def sleep(self, response: Any = None) -> None:
            seconds = (self.get_retry_after(response) if response else None) or self.get_backoff_time()
            if seconds >= WORTH_A_LINE:
                said(f"GitHub limits the rate of requests; going on in {seconds:.0f} s")
            if seconds > 0:
                wait(seconds)

    return Patient(total=RETRIES, secondary_rate_wait=pace.limited)


def host() -> str:
    """Return the server that `--github` means: that of GH_HOST, or github.com."""
    return os.environ.get("GH_HOST") or "github.com"
