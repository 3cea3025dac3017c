"""The task that checks the registry of an image repository."""

import os
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(
    positional=["path"],
    auto_shortflags=False,
    help={
        "path": "image repository (default: the current directory)",
        "json": "print the report as one JSON object",
    },
)
@operator_errors
def check_registry(c: Context, path: str = ".", *, json: bool = False) -> None:
    """Check that you can push an image and that anyone can pull it.

    Reads the image's name from noxfile.py in PATH and asks its registry: does it answer, does it accept the login, may
    the login push, is the image public? Pushes nothing. Uses the logins of `docker login`; for quay.io also
    QUAY_USERNAME and QUAY_PASSWORD, as the workflow does. Exit code 1 for a finding, 75 if the registry gives no
    answer.
    """
    from hubimages import registry

    report = registry.check_registry(Path(path), os.environ)
    console.result(report.as_json() if json else str(report))
    if report.exit_code:
        raise Exit(code=report.exit_code)
