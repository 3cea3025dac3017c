"""From what was asked for on the command line to a plan that is shown or applied."""

import re

from hubimages import console
from hubimages.references.change.point import Ask, Plan, agree
from hubimages.references.selection import Selection
from hubimages.repository.delivery import Delivery


def delivery_of(branch: str | None, name: str, *, commit: bool, open_pr: bool) -> Delivery:
    """How far the change goes; a pull request without a branch gets one by the name of the change."""
    if open_pr and branch is None:
        branch = "hubimages/" + re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").replace("..", ".")
    return Delivery(branch, commit, open_pr)


def finish(plan: Plan, chosen: Selection, ask: Ask, *, everywhere: bool, dry_run: bool, json: bool) -> str:
    """The plan shown, or applied after the person has agreed to what it reaches."""
    if dry_run:
        return plan.as_json() if json else plan.show()
    console.step("\n".join([*(each.radius() for each in plan.changes), *plan.notes]))
    agree(plan, chosen, ask, everywhere=everywhere)
    done = plan.apply()
    return plan.as_json() if json else done
