"""The tasks that point hubs at another tag of an image."""

import functools
from pathlib import Path

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

CHANGE_HELP = {
    "repo": "a clone of the deployment repository, or any directory in it",
    "dry_run": "show what would be done and change nothing; needs no network and no login",
    "branch": "commit on this new branch, which starts where you are",
    "commit": "commit exactly these edits; your own changes stay as they are",
    "open_pr": "commit, push the branch and open a pull request (GH_TOKEN or GITHUB_TOKEN; without one the address is "
    "printed)",
    "yes": "take the recommended answer to every question, as shown with the question",
    "unchecked": "do not ask the registry whether it has the tag",
    "json": "print what is changed as one JSON object",
}
CHOICE_HELP = {
    "hub": "only where this hub runs it, as CLUSTER/HUB or all of a CLUSTER; can be repeated",
    "file": "only in this file; can be repeated",
}


@task(
    positional=["image"],
    iterable=["hub", "file"],
    auto_shortflags=False,
    help={
        "image": "the image with its new tag, for example quay.io/group/image:abc123; with @sha256:... it is pinned",
        "instead_of": "another image, as gcr.io/group/image, whose place this one takes: its references get the name, "
        "too; with a tag, only those at this tag",
        "choice": "only this choice or profile of a profile list, by its slug",
        "because": "a line for the commit's message and the pull request: what caused this, an address say",
        "all": "wherever the repository refers to the image, without a question",
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
    choice: str | None = None,
    instead_of: str | None = None,
    all: bool = False,
    unchecked: bool = False,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    because: str = "",
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Point hubs at another tag of an image.

    The tag is changed everywhere the repository refers to the image, or where --hub, --file and --choice say; which
    hubs and files that reaches is shown first. A tag that the registry does not have is refused. Nothing but the tags
    changes in a file; with --instead-of, for an image that has moved, the names do, too.
    """
    from hubimages import references
    from hubimages.image_ref import ImageRef
    from hubimages.registry import Registries

    if all and (hub or file or choice):
        raise BadInputError("--all and --hub, --file or --choice contradict each other: leave one out")
    wanted = ImageRef.parse(image)
    former = ImageRef.parse(instead_of) if instead_of is not None else None
    chosen = references.Selection(tuple(hub or ()), references.files_from(Path(repo), file or ()), choice)
    registries = None if unchecked or dry_run else Registries()
    delivery = references.delivery_of(
        branch, f"point-{wanted.name.rpartition('/')[2]}-{wanted.tag}", commit=commit, open_pr=open_pr
    )
    plan = references.plan_point(
        Path(repo), wanted, chosen, delivery, registries=registries, because=because, instead_of=former
    )
    if plan is None:
        console.result(f"{wanted}: all of it has this tag already; nothing to do")
        return
    ask = functools.partial(console.confirm, yes=yes, flags="--all, or choose with --hub, --file or --choice, or --yes")
    console.result(references.finish(plan, chosen, ask, everywhere=all, dry_run=dry_run, json=json))


@task(
    iterable=["hub", "file", "pattern"],
    auto_shortflags=False,
    help={"pattern": "images that go back, as quay.io/group/*; can be repeated", **CHOICE_HELP, **CHANGE_HELP},
)
@operator_errors
def roll_back_image(
    c: Context,
    *,
    repo: str = ".",
    hub: list[str] | None = None,
    file: list[str] | None = None,
    pattern: list[str] | None = None,
    unchecked: bool = False,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Give hubs the image tags they had before.

    The tags come from the history of the files. Without --pattern the last commit that changed an image of these hubs
    is taken back; with it, each image that matches goes back one step. The registry must still have the tag.
    """
    from hubimages import references
    from hubimages.registry import Registries

    if not hub and not file:
        raise BadInputError("--hub is missing: which hub goes back? Add --hub=CLUSTER/HUB")
    chosen = references.Selection(tuple(hub or ()), references.files_from(Path(repo), file or ()))
    registries = None if unchecked or dry_run else Registries()
    delivery = references.delivery_of(
        branch, "roll-back-" + "-".join(hub or file or ()), commit=commit, open_pr=open_pr
    )
    plan = references.plan_roll_back(Path(repo), chosen, delivery, patterns=pattern or [], registries=registries)
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    console.result(references.finish(plan, chosen, ask, everywhere=False, dry_run=dry_run, json=json))


@task(
    iterable=["hub", "file", "pattern"],
    auto_shortflags=False,
    help={
        "pattern": "images to bring up to date, as quay.io/group/*; every user image otherwise; can be repeated",
        **CHOICE_HELP,
        **{name: text for name, text in CHANGE_HELP.items() if name != "unchecked"},
        "dry_run": "show what would be done and change nothing; the registries are asked",
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
    pattern: list[str] | None = None,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
    workflow: bool = False,
) -> None:
    """Bring every outdated image to its newest tag, a commit for each.

    Newer is a tag of the same shape: versions and dates by their order, commits by when the image was made. Words such
    as latest are never changed.
    """
    if workflow:
        from hubimages.template import deployment_workflow

        console.result(deployment_workflow())
        return
    from hubimages import references
    from hubimages.registry import Registries

    chosen = references.Selection(tuple(hub or ()), references.files_from(Path(repo), file or ()))
    delivery = references.delivery_of(branch, "bump-images", commit=commit, open_pr=open_pr)
    with Registries() as registries:
        plan = references.plan_bump(Path(repo), chosen, delivery, patterns=pattern or [], registries=registries)
    if not plan.changes:
        console.result("\n".join([*plan.notes, "no image has a newer tag; nothing to do"]))
        return
    if open_pr and branch is None:
        plan = plan.on_branch_of_its_own("bump-images")
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    console.result(references.finish(plan, chosen, ask, everywhere=False, dry_run=dry_run, json=json))
