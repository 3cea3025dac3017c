"""Report the result of a bump or a rebuild, and how to continue after a failure."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from hubimages.hub_image.building.chartpress import Built
from hubimages.hub_image.bump.publication import Publication
from hubimages.markdown import code, sentence
from hubimages.repository import changes, pull_request
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest


class Request(Protocol):
    """What a bump, a rebuild or an experiment is asked for, as far as a pull request needs it."""

    @property
    def branch(self) -> str | None:
        """The branch that is merged."""

    @property
    def pr_to(self) -> str:
        """OWNER/REPO that gets the pull request; empty for the repository of `origin`."""


@dataclass(frozen=True)
class Outcome:
    """What was built and committed."""

    publication: Publication
    built: tuple[Built, ...]
    commits: tuple[str, ...]
    links: tuple[str, ...]
    notes: tuple[str, ...] = ()
    upgrade: tuple[str, ...] = ()
    opened: str = ""

    def __str__(self) -> str:
        """The images, the commits, and what comes next."""
        repo = self.publication.repo
        done = "pushed" if self.publication.push else "built, not pushed:"
        lines = [
            f"{one} was there already, nothing was built: {one.was_there}" if one.was_there else f"{done} {one}"
            for one in self.built
        ]
        lines += [self.publication.nothing_written(image) for image in self.publication.unwritten]
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
        if not self.commits:
            return []
        repo = self.publication.repo
        branch = changes.current_branch(repo)
        base = repo.text("for-each-ref", "--format=%(symref:lstrip=3)", "refs/remotes/origin/HEAD") or "main"
        address = pull_request.remote_address(repo) if branch != base else None
        where = f", then {address.compare(base, branch)}" if address else ""
        return [f"next: git push origin {branch}{where}; deploy as usual"]

    def with_pull_request(self, message: str, base: str, request: "Request") -> "Outcome":
        """Push the branch, open the pull request, and return the outcome with its address."""
        subject, _, body = message.partition("\n\n")
        images = "".join(f"\n- {code(str(one))}" for one in self.built)
        text = f"{body}{images}\n"
        for title, notes in (("Not changed by this:", self.notes), ("The new chart:", self.upgrade)):
            listed = "".join(f"\n- {sentence(note)}" for note in notes)
            text += f"\n{title}\n{listed}\n" if listed else ""
        asked = PullRequest(base, request.branch or "", subject, text, request.pr_to)
        return replace(self, opened=pull_request.open_pull_request(self.publication.repo, asked))


def as_command(message: str, files: Sequence[str]) -> str:
    """Return the command line that makes the commit."""
    return f"$ git commit -m {shlex.quote(message.splitlines()[0])} -- {shlex.join(files)}\n"


def undo_hint(repo: Repo, commit: str, kept: Sequence[str] = ()) -> str:
    """Return how to continue after a failure, and how to undo the commits since; `kept` are the user's own changes."""
    again = "Correct this and run the same command again. It continues from here"
    if not commit:
        return again
    git = f"git -C {shlex.quote(str(repo.work_tree))}"
    undo = f"{git} reset --soft {commit[:12]}~1"
    names = repo.read("diff", "--name-only", "-z", f"{commit}~1", "HEAD").decode(errors="surrogateescape").split("\0")
    files = [name for name in names if name and name not in kept]
    if files:
        undo += f" && {git} restore --staged --worktree -- {shlex.join(files)}"
    return f"{again}.\nCommit {commit[:12]} stays. To undo it: {undo}"
