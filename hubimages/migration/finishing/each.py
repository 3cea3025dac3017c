"""Make one branch and one pull request for each image."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hubimages.errors import HubImagesError
from hubimages.migration.finishing.plan import FinishPlan, plan_for
from hubimages.migration.finishing.ready import Ready
from hubimages.repository import changes, delivery
from hubimages.repository.git import Repo


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

        Everything is checked before the first. Raises what stops one of them, with what was done before it.
        """
        for plan in self.plans:
            delivery.check(self.repo, plan.commits, plan.delivery)
        branch = changes.current_branch(self.repo)
        back = [branch] if branch else ["--detach", self.repo.text("rev-parse", "HEAD")]
        done: list[str] = []
        for plan in self.plans:
            try:
                done.append(plan.apply())
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
