"""Ask GitHub which repositories there are, and what is open or failing in them."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from hubimages.errors import BadInputError, LoginError
from hubimages.fleet.address import Target, targets
from hubimages.repository.proposals.github import GitHub
from hubimages.repository.pull_request import token
from hubimages.repository.web_address import WebAddress

if TYPE_CHECKING:
    from github import Github
    from github.Repository import Repository
    from github.WorkflowRun import WorkflowRun

FINISHED = ("success", "failure", "timed_out", "startup_failure")  # not what was skipped or cancelled


@dataclass(frozen=True)
class Page:
    """A title, and the address of what it is about."""

    title: str
    address: str


class FleetGitHub(GitHub):
    """GitHub's API for many repositories: which there are, and how they are."""

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
