"""How far a change in a deployment repository goes: written, committed, on a branch of its own, asked to be merged."""

from collections.abc import Sequence
from dataclasses import dataclass

from hubimages.console import count
from hubimages.errors import HubImagesError
from hubimages.repository import changes, file_edit, pull_request
from hubimages.repository.changes import Commit
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest


@dataclass(frozen=True)
class Delivery:
    """What was asked for; a branch and a pull request are nothing without commits, so they ask for these, too."""

    branch: str | None = None
    commit: bool = False
    open_pr: bool = False

    @property
    def commits(self) -> bool:
        """Whether commits are made."""
        return self.commit or self.open_pr or self.branch is not None


def plan(repo: Repo, commits: Sequence[Commit], delivery: Delivery) -> str:
    """Diffs, which `git apply` takes together, and the commands that would be run; nothing is asked or changed.

    One diff for each file, or with commits those of each commit, on top of the one before.
    """
    edits = [edit for commit in commits for edit in commit.edits]
    whole = file_edit.combined(edits)
    lines = []
    if delivery.branch is not None and changes.current_branch(repo) != delivery.branch:
        lines.append(f"$ git switch -c {delivery.branch}")
    if delivery.commits:
        for commit in commits:
            paths = " ".join(dict.fromkeys(edit.path for edit in commit.edits))
            lines.append(f"$ git commit --only -m '{commit.message.splitlines()[0]}' -- {paths}")
    if delivery.open_pr:
        lines += [f"$ git push --set-upstream origin {delivery.branch}", "and open a pull request"]
    return file_edit.show(edits if delivery.commits else whole) + "\n".join(lines)


def check(repo: Repo, commits: Sequence[Commit], delivery: Delivery) -> str:
    """The branch that a pull request goes to (empty where none is asked for), when all of it can be done.

    Raises an error otherwise: changes of the user's in a file that is edited, nobody to commit as, no such branch.
    """
    changes.check_clean(repo, list(dict.fromkeys(edit.path for commit in commits for edit in commit.edits)))
    base = pull_request.check_can_open(repo, delivery.branch) if delivery.open_pr else ""
    if delivery.commits:
        changes.check_can_commit(repo, branch=delivery.branch)
    return base


def deliver(repo: Repo, commits: Sequence[Commit], delivery: Delivery, *, title: str, body: str) -> str:
    """Do it; lines that say what was done and what is left to do.

    All edits are written, in one go or commit by commit, or none. Raises StorageError where the files then are not what
    `plan` shows.
    """
    base = check(repo, commits, delivery)
    if not delivery.commits:
        edits = [edit for commit in commits for edit in commit.edits]
        changes.write(repo, edits)
        files = len({edit.path for edit in edits})
        return f"{count(files, 'file')} changed; look at it with git diff, then commit"
    with changes.on_branch(repo, delivery.branch):
        made = changes.commit_all(repo, commits)
    where = changes.current_branch(repo)
    done = f"committed {', '.join(each[:12] for each in made)} on {where}"
    if not delivery.open_pr:
        return f"{done}; push it when you are content with it"
    assert delivery.branch is not None
    try:
        return f"{done}\n{pull_request.open_pull_request(repo, PullRequest(base, delivery.branch, title, body))}"
    except HubImagesError as error:
        raise type(error)(f"{done}, but {error}") from error
