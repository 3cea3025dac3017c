"""Show or apply a plan, as the command line asks."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hubimages import console
from hubimages.console import count
from hubimages.errors import RefusedError
from hubimages.references.change.inside import Inside, as_markdown, compare_inside
from hubimages.references.change.plan import Ask, TagPlan, agree
from hubimages.references.reference import is_hub
from hubimages.references.selection import Selection
from hubimages.references.unread import UnreadFile, of_hubs
from hubimages.repository.delivery import Delivery

BY_NAME = "--hub for them, too, or with --file to leave out what they share"
IN_FULL = 3  # hubs whose files that were not read are listed


def delivery_of(branch: str | None, name: str, *, commit: bool, open_pr: bool, command: Sequence[str] = ()) -> Delivery:
    """Return how far the change goes; a pull request without --branch gets a branch named after the change."""
    if open_pr and branch is None:
        branch = "hubimages/" + re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.").replace("..", ".")
    return Delivery(branch, commit, open_pr, command)


def is_reached(plan: TagPlan, chosen: Selection, hub: str) -> bool:
    """Return True if the plan changes the hub, or a person would think so."""
    if chosen.hubs:
        return any(is_hub(hub, given) for given in chosen.hubs)
    return chosen.is_everything or any(hub in change.hubs for change in plan.changes)


def _may_differ(plan: TagPlan, chosen: Selection, hub: str, unread: Sequence[UnreadFile]) -> bool:
    """Return True if the plan may not be right for a hub with files that were not read.

    A file that the repository does not have makes no difference to a hub that the plan does not change.
    """
    changed = bool(chosen.hubs) or any(hub in change.hubs for change in plan.changes)
    return changed or not all(each.is_absent for each in unread)


def _notes(unread: Mapping[str, Sequence[UnreadFile]]) -> list[str]:
    """Return a line for each of the first hubs that use files which were not read, and one that names the others."""
    lines = [
        f"note: {hub} also uses {', '.join(map(str, files))}, which was not read"
        for hub, files in list(unread.items())[:IN_FULL]
    ]
    if rest := list(unread)[IN_FULL:]:
        files = "uses a file that was" if len(rest) == 1 else "use files that were"
        lines.append(f"note: {', '.join(rest)} also {files} not read")
    return lines


@dataclass(frozen=True)
class Shown:
    """What a person asked to see of a change: a dry run, JSON, and what is different inside the images."""

    dry_run: bool = False
    json: bool = False
    compare: bool = False


def finish(
    plan: TagPlan, chosen: Selection, ask: Ask, shown: Shown, *, everywhere: bool = False, by_name: str = BY_NAME
) -> str:
    """Return the plan as text, or apply it after the person agrees and return what was done.

    A terminal shows the places once, before the question; elsewhere the result has them, too. Hubs that use a file that
    was not read get a question of their own if the plan cannot say what they run.
    """
    unread = of_hubs(plan.repo, plan.inventory, lambda hub: is_reached(plan, chosen, hub))
    plan = replace(plan, notes=[*plan.notes, *_notes(unread)])
    if shown.dry_run:
        if shown.json and unread:
            console.step("\n".join(plan.notes))
        text = "" if shown.json else plan.show()
        inside = compare_inside(plan) if shown.compare else []
        return as_json(plan, inside) if shown.json else as_text(text, inside)
    reached = plan.reached()
    console.step(reached)
    agree(plan, chosen, ask, everywhere=everywhere, by_name=by_name)
    doubtful = [hub for hub, files in unread.items() if _may_differ(plan, chosen, hub, files)]
    if doubtful:
        question = f"Files of {count(len(doubtful), 'hub')} were not read and may set another image. Go on?"
        if not ask(question, flags="--yes"):
            raise RefusedError("nothing was changed")
    plan.check()
    inside = compare_inside(plan) if shown.compare else []
    done = plan.apply(functools.partial(as_markdown, inside))
    if shown.json:
        return as_json(plan, inside)
    if not plan.delivery.open_pr:
        done = as_text(done, inside)
    return done if console.columns() is not None and console.is_interactive() else f"{reached}\n{done}"


def as_json(plan: TagPlan, inside: Sequence[Inside]) -> str:
    """Return the plan as one JSON object, with what is different inside the images if it is known."""
    return plan.as_json(**({"inside": [each.as_object() for each in inside]} if inside else {}))


def as_text(text: str, inside: Sequence[Inside]) -> str:
    """Return a text and below it what is different inside the images."""
    return "\n\n".join([text.rstrip("\n"), *(each.as_text() for each in inside)])
