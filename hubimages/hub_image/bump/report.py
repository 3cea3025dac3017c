"""Report the result of a bump or a rebuild, and how to continue after a failure."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hubimages.hub_image.bump.chartpress import Built
from hubimages.hub_image.bump.publish import Publication
from hubimages.repository import changes, pull_request
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest


@dataclass(frozen=True)
class Outcome:
    """What was built and committed."""

    publication: Publication
    built: tuple[Built, ...]
    commits: tuple[str, ...]
    links: tuple[str, ...]
    opened: str = ""

    def __str__(self) -> str:
        """The images, the commits, and what comes next."""
        repo = self.publication.repo
        lines = [f"{'pushed' if self.publication.push else 'built, not pushed:'} {one}" for one in self.built]
        if self.commits:
            shown = repo.read("show", "-s", "--format=committed %h %s", *self.commits).decode(errors="replace")
            lines += shown.strip().splitlines()
        else:
            lines.append("nothing to commit: chart, Dockerfile and values.yaml already match the image")
        lines += [link.strip() for link in self.links]
        return "\n".join([*lines, *self.next_steps()])

    def next_steps(self) -> list[str]:
        """Return what is left to do: only a person pushes commits, and deploys."""
        if not self.publication.push:
            return ["next: run the same command without --no-push. It pushes the image and commits its tag"]
        if self.opened:
            return [self.opened, "next: merge it, then deploy as usual"]
        repo = self.publication.repo
        branch = changes.current_branch(repo)
        address = pull_request.remote_address(repo)
        base = repo.text("for-each-ref", "--format=%(symref:lstrip=3)", "refs/remotes/origin/HEAD") or "main"
        where = f", then {address.compare(base, branch)}" if address and branch != base else ""
        return [f"next: git push origin {branch}{where}; deploy as usual"] if self.commits else []

    def with_pull_request(self, message: str, base: str, branch: str | None) -> "Outcome":
        """Push the branch, open the pull request, and return the outcome with its address."""
        subject, _, body = message.partition("\n\n")
        images = "".join(f"\n- `{one}`" for one in self.built)
        request = PullRequest(base, branch or "", subject, f"{body}{images}\n")
        return replace(self, opened=pull_request.open_pull_request(self.publication.repo, request))


def as_command(message: str, files: Sequence[str]) -> str:
    """Return the command line that makes the commit."""
    return f"$ git commit -m {shlex.quote(message.splitlines()[0])} -- {shlex.join(files)}\n"


def take_back(repo: Repo, commit: str, files: Sequence[str]) -> str:
    """Return how to continue after a failure, and how to undo the commit; the user's own changes stay either way."""
    again = "Correct this and run the same command again. It continues from here"
    if not commit:
        return again
    git = f"git -C {shlex.quote(str(repo.work_tree))}"
    undo = f"{git} reset --soft HEAD~1"
    if files:
        undo += f" && {git} restore --staged --worktree -- {shlex.join(files)}"
    return f"{again}.\nCommit {commit[:12]} stays. To undo it: {undo}"
