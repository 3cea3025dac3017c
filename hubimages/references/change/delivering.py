"""Show or apply a plan, as the command line asks."""

import re

from hubimages import console
from hubimages.references.change.point import Ask, Plan, agree
from hubimages.references.selection import Selection
from hubimages.repository.delivery import Delivery


def delivery_of(branch: str | None, name: str, *, commit: bool, open_pr: bool) -> Delivery:
    """Return how far the change goes; a pull request without --branch gets a branch named after the change."""
    if open_pr and branch is None:
        branch = "hubimages/" + re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").replace("..", ".")
    return Delivery(branch, commit, open_pr)


def finish(plan: Plan, chosen: Selection, ask: Ask, *, everywhere: bool, dry_run: bool, json: bool) -> str:
    """Return the plan as text, or apply it after the person agrees and return what was done."""
    if dry_run:
        return plan.as_json() if json else plan.show()
    console.step(plan.reached())
    agree(plan, chosen, ask, everywhere=everywhere)
    done = plan.apply()
    return plan.as_json() if json else done
