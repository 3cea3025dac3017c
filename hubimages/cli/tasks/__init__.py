"""The operator tasks, the same ones for `hubimages TASK` anywhere and `invoke TASK` in a checkout.

A task converts its arguments, makes one call and prints the result. What it needs is imported when it runs, so that
the overview and the help come at once.
"""

import functools
from pathlib import Path
from typing import Any

from invoke import Collection, Context, Exit, Task, task

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.task import operator_errors
from hubimages.tasks_hub_check import TASKS as HUB_CHECK_TASKS
from hubimages.tasks_hub_image import TASKS as HUB_IMAGE_TASKS
from hubimages.tasks_imagebuilding import check_imagebuilding_hub, new_imagebuilding_hub, preview_imagebuilding_hub
from hubimages.tasks_images import check_images, images
from hubimages.tasks_live_hub import set_configurator_image, try_image
from hubimages.tasks_point import bump_images, point_hubs, roll_back_image
from hubimages.tasks_registry import check_registry


def check_push(push: bool, origin: str | None) -> None:
    """Raise BadInputError for a push that has nowhere to go."""
    if push and not origin:
        raise BadInputError("--push needs to know where to: add --origin=URL")


ANSWER_HELP = {
    "set_": "answer one of the template's questions, for example --set image=my-group/my-image; can be repeated",
    "answers": "a YAML or JSON file with answers, one `key: value` per line; --set goes before it",
    "origin": "address of the new repository on the git server, set as its remote `origin`",
    "push": "publish main to --origin at the end, only ever as a fast-forward",
    "dry_run": "show what would be done and change nothing; needs no network and no login",
    "yes": "take the recommended answer to every question, as shown with the question",
}


@task(
    positional=["dest"],
    iterable=["set_"],
    auto_shortflags=False,
    help={"dest": "directory of the new repository; it must not exist yet, or be empty", **ANSWER_HELP},
)
@operator_errors
def new_image_repo(
    c: Context,
    dest: str,
    *,
    set_: list[str] | None = None,
    answers: str | None = None,
    origin: str | None = None,
    push: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Make a repository for a user image from the template.

    It holds what the image is built from, the workflows that build, test and push it, and a README with the steps
    for this repository and its registry, as the first commit. Questions of the template that are not answered by
    --set or --answers get their defaults.
    """
    from hubimages import template

    check_push(push, origin)
    chosen = template.given_answers(set_ or [], answers)
    if console.is_interactive() and not yes and not dry_run:
        chosen = template.ask({"repo": Path(dest).resolve().name, **chosen})
    plan = template.plan_new_repository(Path(dest), chosen, origin)
    console.result(plan.show(push=push) if dry_run else plan.apply(push=push))


@task(
    positional=["source", "image_dir", "dest"],
    iterable=["former_path", "set_"],
    auto_shortflags=False,
    help={
        "source": "the deployment repository: a directory or any address that git understands; it is only read",
        "image_dir": "directory of the image in it, for example deployments/shiny/image; one deleted long ago, too",
        "dest": "directory of the new repository; it must not exist yet, or be empty",
        "ref": "branch, tag or commit of SOURCE to extract from; its default branch otherwise",
        "former_path": "a path that the image's directory had before, instead of those that are found; can be repeated",
        "no_former_paths": "keep only the history of IMAGE_DIR itself, not that from before it was moved there",
        "no_template": "make main the extracted history itself, without the template's files",
        "keep_messages": "leave commit messages as they are; otherwise commit ids and #123 in them are made to point "
        "to the right place",
        "json": "print the report as one JSON object",
        **ANSWER_HELP,
    },
)
@operator_errors
def extract_image(
    c: Context,
    source: str,
    image_dir: str,
    dest: str,
    *,
    ref: str | None = None,
    former_path: list[str] | None = None,
    no_former_paths: bool = False,
    no_template: bool = False,
    keep_messages: bool = False,
    set_: list[str] | None = None,
    answers: str | None = None,
    origin: str | None = None,
    push: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Extract an image directory, with its history, into its own repository.

    DEST becomes a repository made from the template, with the files of the image and its whole history, that from
    before the directory was moved included. At the end the result is compared with SOURCE and the evidence printed.
    Stopped at any moment, it leaves no DEST behind.
    """
    from hubimages import extract, template

    check_push(push, origin)
    if former_path and no_former_paths:
        raise BadInputError("--former-path and --no-former-paths contradict each other: leave one out")
    request = extract.Request(
        source,
        image_dir,
        Path(dest),
        ref=ref,
        former_paths=former_path or [],
        follow=False if no_former_paths else None,
        template=not no_template,
        keep_messages=keep_messages,
        answers=template.given_answers(set_ or [], answers),
        origin=origin,
        push=push,
    )
    ask = functools.partial(console.confirm, yes=yes, flags="--yes or --no-former-paths")
    done: extract.Plan | extract.Result
    done = extract.plan_extraction(request) if dry_run else extract.extract(request, ask)
    console.result(done.as_json() if json else str(done))


@task(
    positional=["image"],
    auto_shortflags=False,
    help={
        "image": "any image reference, on this machine or in a registry, for example quay.io/my-group/my-image:tag",
        "repo": "its repository: environment.yml names the packages it must have, image-tests/ its own tests",
        "hub_version": "the version of JupyterHub that the hub runs; without it versions are not compared",
        "json": "print the report as one JSON object",
    },
)
@operator_errors
def test_image(c: Context, image: str, *, repo: str | None = None, hub_version: str = "", json: bool = False) -> None:
    """Check an image's contract with the hub: server, user, kernels.

    Containers are started as the hub starts them, with an empty home directory, and removed again. Exit code 1 when
    a clause is broken.
    """
    from hubimages import build

    report = build.check_image(image, repository=Path(repo) if repo else None, hub_version=hub_version)
    console.result(report.as_json() if json else str(report))
    if not report.holds:
        raise Exit(code=1)


# The table of contents: `hubimages --list` shows it in this order.
GROUPS: dict[str, list[Task[Any]]] = {
    "Image repositories": [new_image_repo, extract_image],
    "Images": [test_image, check_registry],
    "Hub image": [*HUB_IMAGE_TASKS, *HUB_CHECK_TASKS],
    "Which hub runs which image": [images, check_images, point_hubs, bump_images, roll_back_image],
    "Hubs that run": [try_image, set_configurator_image],
    "Imagebuilding hubs": [new_imagebuilding_hub, check_imagebuilding_hub, preview_imagebuilding_hub],
}

namespace = Collection(*(task for tasks in GROUPS.values() for task in tasks))
