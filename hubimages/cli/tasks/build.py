"""The task that checks an image against the contract."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors


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
