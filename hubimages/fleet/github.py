"""Ask GitHub which repositories there are, and open pull requests in many of them, as fast as GitHub lets us."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Any

from hubimages.errors import BadInputError, LoginError, NoAnswerError, NotInstalledError, RefusedError
from hubimages.fleet.address import Target, targets
from hubimages.repository.pull_request import api_address, refusal, token
from hubimages.repository.web_address import WebAddress

if TYPE_CHECKING:
    from github import Github
    from github.Repository import Repository
    from github.WorkflowRun import WorkflowRun

RETRIES = 10
FINISHED = ("success", "failure", "timed_out", "startup_failure")  # not what was skipped or cancelled
WORTH_A_LINE = 2.0  # seconds


@dataclass(frozen=True)
class Pace:
    """Seconds between requests, as GitHub's documentation asks of programs, and after an answer about a rate limit."""

    requests: float = 0.25
    writes: float = 1.0
    limited: float = 60.0


@dataclass(frozen=True)
class Found:
    """A pull request: its address, whether it is open, and the commit at its head."""

    address: str
    is_open: bool
    is_merged: bool
    head: str


@dataclass(frozen=True)
class Page:
    """A title, and the address of what it is about."""

    title: str
    address: str


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
                raise NotInstalledError("this needs PyGithub: pip install 'hubimages[github]'") from error
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
        import requests

        with self._lock:
            api = self.api
            from github import GithubException

            try:
                yield api
            except GithubException as error:
                if error.status == 404 and not opening:
                    place = f"{where.host}/{where.name}"
                    raise LoginError(f"{place} is not there any more, or the token may not see it") from error
                raise refusal(where, error.status, error.message or "") from error
            except requests.RequestException as error:
                raise NoAnswerError(f"no answer from {api_address(self.host)}, try again later") from error

    def repositories(self, owner: str, pattern: str) -> tuple[tuple[Target, ...], tuple[str, ...]]:
        """Return an owner's repositories whose names match, and the names of those that are archived.

        Raises BadInputError for an unknown owner and for a pattern that no repository matches.
        """
        with self.asking(WebAddress(self.host, owner)) as api:
            matching = [each for each in self._all(api, owner) if fnmatchcase(each.name.lower(), pattern.lower())]
            addresses = [each.clone_url for each in matching if not each.archived]
            archived = tuple(each.full_name for each in matching if each.archived)
        if not addresses:
            raise BadInputError(f"no repository of {owner} on {self.host} matches {pattern!r}")
        return targets(sorted(addresses)), archived

    def _all(self, api: "Github", owner: str) -> "list[Repository]":
        from github import UnknownObjectException

        try:
            return list(api.get_organization(owner).get_repos())
        except UnknownObjectException:
            try:
                return list(api.get_user(owner).get_repos())
            except UnknownObjectException as error:
                raise BadInputError(f"no organisation or user {owner} on {self.host}") from error

    def with_file(self, name: str, text: str) -> tuple[Target, ...]:
        """Return the repositories in which GitHub's search finds the text in a file of this name.

        Raises LoginError without a token, which GitHub's search needs.
        """
        if not token():
            raise LoginError("GitHub's code search needs a token. Set GH_TOKEN, or name the repositories with --repos")
        with self.asking(WebAddress(self.host, "search")) as api:
            found = [each.repository for each in api.search_code(f'"{text}" filename:{name}') if each.path == name]
            return targets(sorted({f"https://{self.host}/{each.full_name}.git" for each in found}))

    def template_of(self, where: WebAddress) -> str:
        """Return OWNER/REPO of the template that a repository was made from with GitHub's button; "" if none."""
        with self.asking(where) as api:
            template = api.get_repo(where.name).raw_data.get("template_repository")
        return str(template["full_name"]) if template else ""

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
            return [Found(each.html_url, each.state == "open", bool(each.merged_at), each.head.sha) for each in listed]

    def open_pull_requests(self, where: WebAddress) -> list[Page]:
        """Return the pull requests that are open, the newest first."""
        with self.asking(where) as api:
            return [Page(each.title, each.html_url) for each in api.get_repo(where.name).get_pulls(state="open")]

    def failing(self, where: WebAddress, branch: str) -> list[Page]:
        """Return the workflows whose newest finished run on a branch failed."""
        newest: dict[int, WorkflowRun] = {}
        with self.asking(where) as api:
            runs = api.get_repo(where.name).get_workflow_runs(branch=branch)  # type: ignore[arg-type]  # a name will do
            for run in runs.get_page(0):
                if run.conclusion in FINISHED:
                    newest.setdefault(run.workflow_id, run)
            return [Page(run.name, run.html_url) for run in newest.values() if run.conclusion != "success"]

    def tree(self, where: WebAddress, commit: str) -> str:
        """Return the id of a commit's tree."""
        with self.asking(where) as api:
            return api.get_repo(where.name).get_git_commit(commit).tree.sha

    def open(self, where: WebAddress, base: str, branch: str, title: str, body: str) -> str:
        """Open a pull request and return its address."""
        with self.asking(where, opening=True) as api:
            return api.get_repo(where.name).create_pull(base, branch, title=title, body=body).html_url


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
