"""Tasks that give hubs other tags of their images."""

import functools
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import command, operator_errors
from hubimages.errors import BadInputError

if TYPE_CHECKING:
    from hubimages.references import Selection, Shown, TagPlan

CHANGE_HELP = {
    "repo": "clone of the deployment repository, or a directory in it",
    "dry_run": "show the plan and change nothing; needs no network and no login",
    "branch": "commit on this new branch, made from HEAD",
    "commit": "commit exactly these edits, and none of your own changes",
    "open_pr": "commit, push the branch and open a pull request (with GH_TOKEN or GITHUB_TOKEN; otherwise print the "
    "address that opens it)",
    "yes": "take the recommended answer to every question; for hubs that were not chosen, and share a file with one, "
    "there is none",
    "unchecked": "do not ask the registry for the tag, nor for what is in the images",
    "compare": "say what is different inside the images; asks the registries (always in the text of a pull request)",
    "json": "print the changes as one JSON object",
}
CHOICE_HELP = {
    "hubs": "a YAML file that lists the hubs, each with its values files in order; overrides what the repository says",
    "also_automated": "also places whose tag a robot keeps up to date, such as an image policy of Flux",
    "hub": "only what this hub runs, as CLUSTER/HUB, or all hubs of a CLUSTER; repeatable",
    "file": "only in this file, from the top of the repository or from here; repeatable",
}


def _selection(
    repo: str,
    hub: list[str] | None,
    file: list[str] | None,
    hubs: str | None,
    also_automated: bool,
    choice: str | None = None,
) -> "Selection":
    """Return what the options select."""
    from hubimages import references

    files = references.files_from(Path(repo), file or ())
    return references.Selection(tuple(hub or ()), files, choice, also_automated, Path(hubs) if hubs else None)


def _shown(dry_run: bool, json: bool, compare: bool, *, open_pr: bool, unchecked: bool = False) -> "Shown":
    """Return what the options ask to see. A pull request always says what is different inside the images."""
    from hubimages import references

    if compare and unchecked:
        raise BadInputError("--compare contradicts --unchecked, which asks no registry. Remove one")
    return references.Shown(dry_run, json, compare or (open_pr and not (dry_run or unchecked)))


def _with_warnings(plan: "TagPlan", *, online: bool) -> "TagPlan":
    """Return the plan with what it would make not go together: images and the JupyterHub of their hubs."""
    from hubimages import hub_image

    effort = hub_image.Effort.SBOMS if online else hub_image.Effort.NOTHING
    return replace(plan, warnings=hub_image.check_plan(plan, hub_image.Asker(effort, console.step)).lines())


@task(
    positional=["image"],
    iterable=["hub", "file"],
    auto_shortflags=False,
    help={
        "image": "image with its new tag, for example quay.io/group/image:abc123; add @sha256:... to pin it",
        "instead_of": "another image, for example gcr.io/group/image, that this one replaces; with a tag, only where "
        "it has this tag",
        "choice": "only this choice or profile of a profile list, by its slug",
        "because": "a line for the commit message and the pull request, for example the address of an issue",
        "all": "everywhere in the repository, without a question",
        "if_referenced": "if nothing refers to the image yet, print the lines to add and exit with 0",
        **CHOICE_HELP,
        **CHANGE_HELP,
    },
)
@operator_errors
def point_hubs(
    c: Context,
    image: str,
    *,
    repo: str = ".",
    hub: list[str] | None = None,
    file: list[str] | None = None,
    hubs: str | None = None,
    also_automated: bool = False,
    choice: str | None = None,
    instead_of: str | None = None,
    all: bool = False,
    if_referenced: bool = False,
    unchecked: bool = False,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    because: str = "",
    compare: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Point hubs at another tag of an image.

    Changes the tag of every reference to the image, or of those that --hub, --file and --choice select, and shows the
    hubs and files first. Refuses a tag that the registry does not have. Changes nothing else in a file; with
    --instead-of, for an image that has moved, it changes the name, too.
    """
    from hubimages import references
    from hubimages.image_ref import ImageRef
    from hubimages.registry import Registries

    if all and (hub or file or choice):
        raise BadInputError("--all contradicts --hub, --file and --choice. Remove one")
    wanted = ImageRef.parse(image)
    former = ImageRef.parse(instead_of) if instead_of is not None else None
    note = references.note_of_first_reference(Path(repo), wanted) if if_referenced and former is None else ""
    if note:
        console.result(note)
        return
    chosen = _selection(repo, hub, file, hubs, also_automated, choice)
    registries = None if unchecked or dry_run else Registries()
    shown = _shown(dry_run, json, compare, open_pr=open_pr, unchecked=unchecked)
    delivery = references.delivery_of(
        branch,
        f"point-{wanted.name.rpartition('/')[2]}-{wanted.tag}",
        commit=commit,
        open_pr=open_pr,
        command=command(),
    )
    plan = references.plan_point(
        Path(repo), wanted, chosen, delivery, registries=registries, because=because, instead_of=former
    )
    if not plan.changes:
        console.result(plan.as_json() if json else references.nothing_to_point(plan, wanted))
        return
    plan = _with_warnings(plan, online=not (unchecked or dry_run))
    ask = functools.partial(console.confirm, yes=yes, flags="--all, or choose with --hub, --file or --choice, or --yes")
    console.result(references.finish(plan, chosen, ask, shown, everywhere=all))


@task(
    iterable=["hub", "file", "pattern"],
    auto_shortflags=False,
    help={"pattern": "images to roll back, for example quay.io/group/*; repeatable", **CHOICE_HELP, **CHANGE_HELP},
)
@operator_errors
def roll_back_image(
    c: Context,
    *,
    repo: str = ".",
    hub: list[str] | None = None,
    file: list[str] | None = None,
    hubs: str | None = None,
    also_automated: bool = False,
    pattern: list[str] | None = None,
    unchecked: bool = False,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    compare: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Give hubs the image tags they had before.

    Reads the tags from the history of the files. Without --pattern it reverts the last commit that changed an image of
    these hubs; with it, each matching image goes back one tag. The registry must still have the tag.
    """
    from hubimages import references
    from hubimages.registry import Registries

    if not hub and not file:
        raise BadInputError("which hub? Add --hub=CLUSTER/HUB")
    chosen = _selection(repo, hub, file, hubs, also_automated)
    registries = None if unchecked or dry_run else Registries()
    shown = _shown(dry_run, json, compare, open_pr=open_pr, unchecked=unchecked)
    delivery = references.delivery_of(
        branch, "roll-back-" + "-".join(hub or file or ()), commit=commit, open_pr=open_pr, command=command()
    )
    plan = references.plan_roll_back(Path(repo), chosen, delivery, patterns=pattern or [], registries=registries)
    plan = _with_warnings(plan, online=not (unchecked or dry_run))
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    console.result(references.finish(plan, chosen, ask, shown))


@task(
    iterable=["to"],
    auto_shortflags=False,
    help={
        "from": "the hub that tries images first, for example leap/staging (default: every hub named staging or stg)",
        "to": "the hub that gets what runs there (default: its counterpart by name); repeatable",
        "after": "how long an image must have run on the first hub, for example 7d or 12h",
        "hubs": CHOICE_HELP["hubs"],
        "also_automated": CHOICE_HELP["also_automated"],
        **CHANGE_HELP,
        "workflow": "print a GitHub workflow that runs this task on working days, and do nothing else",
    },
)
@operator_errors
def promote_images(
    c: Context,
    *,
    repo: str = ".",
    from_: str | None = None,
    to: list[str] | None = None,
    after: str = "0d",
    hubs: str | None = None,
    also_automated: bool = False,
    unchecked: bool = False,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    compare: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
    workflow: bool = False,
) -> None:
    """Point production hubs at the images that their staging hubs run.

    Compares the user images of each staging hub with those of the production hub of the same name, place by place and
    choice by choice, and says since when staging has each of them, as the history of the files tells. Comments in the
    values files hold a place or a hub, or give it a pace of its own.
    """
    if workflow:
        from hubimages.template import deployment_workflow

        console.result(deployment_workflow(name="promote-images"))
        return
    from hubimages import references
    from hubimages.duration import duration
    from hubimages.registry import Registries

    shown = _shown(dry_run, json, compare, open_pr=open_pr, unchecked=unchecked)
    delivery = references.delivery_of(branch, "promote-images", commit=commit, open_pr=open_pr, command=command())
    plan = references.plan_promotion(
        Path(repo),
        from_,
        to or (),
        delivery,
        after=duration(after),
        registries=None if unchecked or dry_run else Registries(),
        hubs_file=Path(hubs) if hubs else None,
        also_automated=also_automated,
    )
    if not plan.changes:
        console.result(plan.as_json() if json else references.nothing_to_promote(plan))
        return
    plan = _with_warnings(plan, online=not (unchecked or dry_run))
    if open_pr and branch is None:
        plan = plan.on_branch_of_its_own("promote-images")
    chosen = references.Selection(tuple(to or ()), also_automated=also_automated)
    ask = functools.partial(console.confirm, yes=yes, flags="--to, or --yes")
    console.result(references.finish(plan, chosen, ask, shown, by_name="--to for them, too"))


@task(
    iterable=["hub", "file", "pattern", "accept_jump"],
    auto_shortflags=False,
    help={
        "pattern": "images to bump, for example quay.io/group/*; default: every user image; repeatable",
        "accept_jump": "take this tag, for example quay.io/group/image:2026.1, although it is a jump: in another "
        "format, of another flavour, or far ahead; repeatable",
        **CHOICE_HELP,
        **{name: text for name, text in CHANGE_HELP.items() if name != "unchecked"},
        "dry_run": "show the plan and change nothing; asks the registries",
        "workflow": "print a GitHub workflow that runs this task on working days, and do nothing else",
    },
)
@operator_errors
def bump_images(
    c: Context,
    *,
    repo: str = ".",
    hub: list[str] | None = None,
    file: list[str] | None = None,
    hubs: str | None = None,
    also_automated: bool = False,
    pattern: list[str] | None = None,
    accept_jump: list[str] | None = None,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    compare: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
    workflow: bool = False,
) -> None:
    """Bump every outdated image to its newest tag, one commit for each.

    A newer tag has the format and flavour of the present one: versions, dates and commit counts by their order, commits
    by when their images were created. Lists what keeps its tag, and why: a choice beside a newer one in a form, a jump,
    a tag without an order. Never changes moving tags such as latest.
    """
    if workflow:
        from hubimages.template import deployment_workflow

        console.result(deployment_workflow())
        return
    from hubimages import references
    from hubimages.image_ref import ImageRef
    from hubimages.registry import Registries

    chosen = _selection(repo, hub, file, hubs, also_automated)
    shown = _shown(dry_run, json, compare, open_pr=open_pr)
    delivery = references.delivery_of(branch, "bump-images", commit=commit, open_pr=open_pr, command=command())
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    accepted = references.Accepted(
        [ImageRef.parse(each) for each in accept_jump or ()],
        ask if console.is_interactive() and not (yes or dry_run) else lambda question: True,
    )
    with Registries() as registries:
        plan = references.plan_bump(
            Path(repo), chosen, delivery, patterns=pattern or [], registries=registries, accepted=accepted
        )
    if not plan.changes:
        console.result(plan.as_json() if json else references.nothing_to_do(plan))
        return
    plan = _with_warnings(plan, online=True)
    if open_pr and branch is None:
        plan = plan.on_branch_of_its_own("bump-images")
    console.result(references.finish(plan, chosen, ask, shown))
