"""Make one branch and one pull request for each image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hubimages.errors import HubImagesError
from hubimages.migration.finishing.plan import FinishPlan, plan_for
from hubimages.migration.finishing.ready import Ready
from hubimages.repository import changes, delivery, file_edit, pull_request
from hubimages.repository.git import Repo
from hubimages.repository.pull_request import PullRequest


def branch_of(ready: Ready) -> str:
    """Return the branch of an image."""
    return f"hubimages/move-{ready.entry.repository}"


def finish_each(plan: FinishPlan, *, also_automated: bool = False) -> "EachPlan":
    """Return the same as a plan of its own for each image, each on its own branch from HEAD."""
    plans = []
    for one in plan.images:
        wanted = replace(plan.delivery, branch=branch_of(one.ready))
        plans.append(plan_for(plan.repo, [one.ready], wanted, also_automated=also_automated))
    return EachPlan(plan.repo, plans)


def is_made(repo: Repo, plan: FinishPlan) -> bool:
    """Return True if the plan's branch has exactly its commits on top of HEAD: an earlier run could not propose it."""
    branch = f"refs/heads/{plan.delivery.branch}"
    if not plan.commits or not repo.succeeds("merge-base", "--is-ancestor", "HEAD", branch):
        return False
    if repo.text("rev-list", "--count", f"HEAD..{branch}") != str(len(plan.commits)):
        return False
    edits = file_edit.combined([edit for commit in plan.commits for edit in commit.edits])
    listed = repo.read("diff-tree", "-r", "-z", "--no-renames", "--name-only", "HEAD", branch).split(b"\0")[:-1]
    if {name.decode(errors="surrogateescape") for name in listed} != {edit.path for edit in edits}:
        return False
    left = [edit for edit in edits if edit.after is not None]
    there = [kind for _, kind, _ in repo.batch_check([f"{branch}:{edit.path}" for edit in edits])]
    if there != ["missing" if edit.after is None else "blob" for edit in edits]:
        return False
    contents = repo.contents([f"{branch}:{edit.path}" for edit in left])
    return all(
        (edit.after or "").encode("utf-8", "surrogateescape") == content
        for edit, content in zip(left, contents, strict=True)
    )


def proposed(repo: Repo, plan: FinishPlan) -> str:
    """Push the plan's branch as it is, and open its pull request unless it is open; return what was done."""
    branch = plan.delivery.branch or ""
    base = pull_request.check_can_open(repo, branch)
    request = PullRequest(base, branch, plan.title(), plan.body())
    return f"{plan.summary()}\n{pull_request.open_pull_request(repo, request)}"


@dataclass(frozen=True)
class EachPlan:
    """Several plans, of which each starts at the commit where the person is."""

    repo: Repo
    plans: Sequence[FinishPlan]

    def show(self) -> str:
        """Return all plans."""
        return "\n\n".join(plan.show() for plan in self.plans)

    def apply(self) -> str:
        """Make each branch, and go back to where the person was; return what was done.

        A branch that an earlier run has made is pushed and proposed as it is. Everything is checked before the first.
        Raises what stops one of them, with what was done before it.
        """
        made = [is_made(self.repo, plan) for plan in self.plans]
        for plan, there in zip(self.plans, made, strict=True):
            if not there:
                delivery.check(self.repo, plan.commits, plan.delivery)
        branch = changes.current_branch(self.repo)
        back = [branch] if branch else ["--detach", self.repo.text("rev-parse", "HEAD")]
        done: list[str] = []
        for plan, there in zip(self.plans, made, strict=True):
            try:
                done.append(proposed(self.repo, plan) if there else plan.apply())
            except HubImagesError as error:
                raise type(error)("\n".join([*done, str(error)])) from error
            finally:
                if changes.current_branch(self.repo) != branch:
                    self.repo.read("switch", "--quiet", *back)
        return "\n".join(done)

    def as_json(self) -> str:
        """Return all plans as one JSON object."""
        facts = [json.loads(plan.as_json()) for plan in self.plans]
        return json.dumps(
            {
                "version": 1,
                "images": [image for each in facts for image in each["images"]],
                "places": [place for each in facts for place in each["places"]],
            },
            indent=2,
            ensure_ascii=False,
        )
