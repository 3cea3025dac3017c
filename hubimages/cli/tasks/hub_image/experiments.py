"""Tasks of experimental hub images."""

import functools
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import command, operator_errors

REPO_HELP = {"repo": "a clone of the deployment repository; default: the current directory"}
IMAGE_HELP = {"image": "the main hub image in chartpress.yaml, if values.yaml does not name it"}
BRANCH_HELP = {
    "branch": "commit on this branch, made at HEAD if needed; default: the current branch",
    "open_pr": "push the branch and open a pull request; without GH_TOKEN, print its address",
}
PR_HELP = {"pr_to": "OWNER/REPO that gets the pull request; default: the repository of `origin`"}
CONFIG_HELP = {"config": "a chartpress configuration that is not called chartpress.yaml, from the repository's top"}
DRY_HELP = {"dry_run": "print the plan and change nothing; needs no network, login or engine"}


@task(
    positional=["name"],
    iterable=["require", "platform"],
    auto_shortflags=False,
    help={
        "name": "name of the experiment: of its image, and of NAME-requirements.txt",
        "require": "a requirement to try: 'oauthenticator==17.3.0', 'git+https://...@COMMIT'; repeatable",
        **REPO_HELP,
        **IMAGE_HELP,
        **BRANCH_HELP,
        "no_push": "build the image, do not push it; needs no login",
        "builder": "chartpress's builder: docker-build or docker-buildx",
        "platform": "a platform to build for, with docker-buildx; repeatable",
        "image_name": "the experiment's image, REGISTRY/ORGANISATION/NAME; default: as chartpress.yaml says",
        "message": "message of the commit",
        "chartpress": "run this chartpress, and not the one that the repository pins",
        "verbose": "show the builder's output as it comes",
        "yes": "answer every question with yes",
        **PR_HELP,
        **CONFIG_HELP,
        **DRY_HELP,
    },
)
@operator_errors
def new_hub_experiment(
    c: Context,
    name: str,
    *,
    require: list[str] | None = None,
    repo: str = ".",
    image: str | None = None,
    branch: str | None = None,
    open_pr: bool = False,
    no_push: bool = False,
    builder: str | None = None,
    platform: list[str] | None = None,
    image_name: str = "",
    message: str = "",
    pr_to: str = "",
    config: str = "",
    chartpress: str = "",
    verbose: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Build an experimental hub image beside the main one.

    Commits a copy of the main image's requirements with those of --require in it, and an entry in chartpress.yaml;
    builds and pushes the image; prints the lines that a hub's values need to try it. values.yaml and Chart.yaml stay as
    they are. If it stops, the same command continues.
    """
    from hubimages import hub_image

    plan = hub_image.plan_new_experiment(
        Path(repo),
        name,
        require or [],
        image=image,
        branch=branch,
        open_pr=open_pr,
        push=not no_push,
        builder=builder,
        platforms=platform or [],
        look_up=not dry_run,
        image_name=image_name,
        message=message,
        pr_to=pr_to,
        config=config,
        chartpress=chartpress,
        verbose=verbose,
    )
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    console.result(plan.show() if dry_run else plan.apply(ask))


@task(
    auto_shortflags=False,
    help={**REPO_HELP, **IMAGE_HELP, **CONFIG_HELP, "json": "print the report as one JSON object"},
)
@operator_errors
def hub_experiments(
    c: Context, *, repo: str = ".", image: str | None = None, config: str = "", json: bool = False
) -> None:
    """List experimental hub images: how old they are, which hubs use them.

    Exit code 1 if one is older than four weeks: by then all hubs should get it, or none.
    """
    from hubimages import hub_image

    found = hub_image.hub_experiments(Path(repo), image=image, config=config)
    console.result(found.as_json() if json else str(found))
    if found.exit_code:
        raise Exit(code=found.exit_code)


@task(
    positional=["name"],
    auto_shortflags=False,
    help={
        "name": "name of the experiment, as hub-experiments lists it",
        "roll_out": "put what it tried into the main image's requirements first; it stays while hubs use it",
        **REPO_HELP,
        **IMAGE_HELP,
        **BRANCH_HELP,
        **PR_HELP,
        **CONFIG_HELP,
        **DRY_HELP,
    },
)
@operator_errors
def end_hub_experiment(
    c: Context,
    name: str,
    *,
    roll_out: bool = False,
    repo: str = ".",
    image: str | None = None,
    branch: str | None = None,
    open_pr: bool = False,
    pr_to: str = "",
    config: str = "",
    dry_run: bool = False,
) -> None:
    """End an experiment: remove its requirements and its entry.

    Refused while a hub's values name its image. With --roll-out, the main image's requirements get what it tried, in a
    commit of its own; the experiment itself is removed if no hub uses it any more.
    """
    from hubimages import hub_image

    plan = hub_image.plan_end_experiment(
        Path(repo),
        name,
        roll_out=roll_out,
        image=image,
        branch=branch,
        open_pr=open_pr,
        pr_to=pr_to,
        config=config,
        command=command(),
    )
    console.result(plan.show() if dry_run else plan.apply())
