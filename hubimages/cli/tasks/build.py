"""The task that checks an image against the contract."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(
    positional=["image"],
    auto_shortflags=False,
    help={
        "image": "image on this machine or in a registry, for example quay.io/my-group/my-image:tag",
        "repo": "image repository; also check the packages of its environment.yml and its image-tests/",
        "hub_version": "JupyterHub version of the hub (default: do not compare versions)",
        "json": "print the report as one JSON object",
    },
)
@operator_errors
def test_image(c: Context, image: str, *, repo: str | None = None, hub_version: str = "", json: bool = False) -> None:
    """Check an image's contract with the hub: server, user, kernels.

    Starts containers as the hub does, with an empty home directory, and removes them. Exit code 1 if a clause is
    broken.
    """
    from hubimages import build

    report = build.check_image(image, repository=Path(repo) if repo else None, hub_version=hub_version)
    console.result(report.as_json() if json else str(report))
    if not report.holds:
        raise Exit(code=1)
