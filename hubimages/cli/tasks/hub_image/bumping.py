"""Tasks of the hub image and its chart."""

import functools
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

PUBLISH_HELP = {
    "repo": "a clone of the deployment repository, or a folder in it",
    "branch": "commit on this branch, made at HEAD if needed; default: the current branch",
    "no_push": "build the image, but do not push it or edit values.yaml",
    "builder": "chartpress's --builder: docker-build or docker-buildx; on a Mac with an ARM processor docker-buildx",
    "platform": "a platform to build for, with docker-buildx; repeatable; linux/amd64 on a Mac with an ARM processor",
    "message": "commit message for the edited files; a second --message is for the new tag",
    "config": "a chartpress configuration that is not called chartpress.yaml, from the top of the repository",
    "chartpress": "run this chartpress, and not the one that the repository pins",
    "verbose": "show the builder's output as it comes",
    "pr_to": "OWNER/REPO that gets the pull request; default: the repository of `origin`",
    "yes": "answer every question with yes",
    "open_pr": "push the branch and open a pull request; without GH_TOKEN, print its address",
    "dry_run": "print the plan and change nothing; needs no login or engine",
}


@task(
    iterable=["image", "platform", "message"],
    auto_shortflags=False,
    help={
        "chart_version": "version of the jupyterhub chart, or latest (release), or latest-dev",
        "image": "image in chartpress.yaml, or CHART/IMAGE; repeatable; default: the chart's hub images",
        "release_notes": "print the addresses of the chart's release notes",
        **PUBLISH_HELP,
    },
)
@operator_errors
def bump_hub_image(
    c: Context,
    *,
    chart_version: str = "",
    image: list[str] | None = None,
    repo: str = ".",
    branch: str | None = None,
    no_push: bool = False,
    builder: str | None = None,
    platform: list[str] | None = None,
    message: list[str] | None = None,
    config: str = "",
    chartpress: str = "",
    open_pr: bool = False,
    pr_to: str = "",
    release_notes: bool = False,
    verbose: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Bump the jupyterhub chart and its hub image, in step.

    Commits the chart's version, its lock file, the chart's other images in values.yaml and the tag in FROM; has
    chartpress build and push the image from a copy of the repository; commits the new tag to values.yaml. Changes
    nothing else and pushes no commits. If it stops, the same command continues. Without chartpress, it commits the
    version and FROM, and names what builds the image.
    """
    from hubimages import hub_image

    request = hub_image.BumpRequest(
        Path(repo),
        chart_version,
        images=image or [],
        branch=branch,
        push=not no_push,
        builder=builder,
        platforms=platform or [],
        open_pr=open_pr,
        pr_to=pr_to,
        release_notes=release_notes,
        messages=message or [],
        config=config,
        chartpress=chartpress,
        verbose=verbose,
    )
    if dry_run:
        console.result(hub_image.plan_bump(request, dry_run=True).show())
        return
    console.result(str(hub_image.bump_hub_image(request, functools.partial(console.confirm, yes=yes, flags="--yes"))))


@task(
    iterable=["platform", "message"],
    auto_shortflags=False,
    help={
        "image": "image in chartpress.yaml, or CHART/IMAGE",
        **PUBLISH_HELP,
    },
)
@operator_errors
def rebuild_hub_image(
    c: Context,
    *,
    image: str = "",
    message: list[str] | None = None,
    repo: str = ".",
    branch: str | None = None,
    no_push: bool = False,
    builder: str | None = None,
    platform: list[str] | None = None,
    config: str = "",
    chartpress: str = "",
    open_pr: bool = False,
    pr_to: str = "",
    verbose: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Commit an image's edited files, build it and push it.

    Commits the changed and new files of the image's own paths, and nothing else. Then chartpress builds and pushes the
    image, and its new tag is committed: to values.yaml, and for an experiment to the values of the hubs that run it. If
    nothing is edited and the registry has the tag already, a comment in the Dockerfile gives the image a new tag.
    """
    from hubimages import hub_image

    request = hub_image.RebuildRequest(
        Path(repo),
        image,
        messages=message or [],
        branch=branch,
        push=not no_push,
        builder=builder,
        platforms=platform or [],
        open_pr=open_pr,
        pr_to=pr_to,
        config=config,
        chartpress=chartpress,
        verbose=verbose,
    )
    if dry_run:
        console.result(hub_image.plan_rebuild(request).show())
        return
    ask = functools.partial(console.confirm, yes=yes, flags="--yes")
    console.result(str(hub_image.rebuild_hub_image(request, ask)))


@task(
    auto_shortflags=False,
    help={
        "repo": "a clone of the deployment repository; default: the current directory",
        "offline": "do not ask the registry whether the tags exist",
        "before_commit": "check versions only, not tags, as the pre-commit hook does",
        "strict": "fail on warnings, too",
        "config": "a chartpress configuration that is not called chartpress.yaml, from the top of the repository",
        "json": "print the report as one JSON object",
        "github": "print the report as annotations for GitHub Actions",
    },
)
@operator_errors
def check_hub_image(
    c: Context,
    *,
    repo: str = ".",
    offline: bool = False,
    before_commit: bool = False,
    strict: bool = False,
    config: str = "",
    json: bool = False,
    github: bool = False,
) -> None:
    """Check that the hub image, its chart and the hubs are in step.

    Compares the base of the hub image, the lock file and the chart's other images with the chart's version, in every
    chart and for every hub, and the tags that hubs run with the sources and the registry. Without chartpress, compares
    what it can read. Exit code 1 for an error, 75 if a registry did not answer, 77 if it requires a login.
    """
    from hubimages import hub_image

    if json and github:
        raise BadInputError("--json and --github contradict each other: leave one out")
    report = hub_image.check_hub_image(
        Path(repo), offline=offline, before_commit=before_commit, strict=strict, config=config
    )
    console.result(report.as_json() if json else report.as_annotations() if github else str(report))
    if report.exit_code:
        raise Exit(code=report.exit_code)
