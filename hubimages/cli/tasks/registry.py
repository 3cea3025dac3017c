"""The task about registries."""

import os
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(
    positional=["path"],
    auto_shortflags=False,
    help={
        "path": "directory of the image's repository; this one otherwise",
        "json": "print the report as one JSON object",
    },
)
@operator_errors
def check_registry(c: Context, path: str = ".", *, json: bool = False) -> None:
    """Check that a repository's image can be pushed, and pulled by anybody.

    Asks the registry of the image that PATH's noxfile.py names: does it answer, is the login right, has it the right
    to push, is the image public? Nothing is pushed. Logins are those of `docker login`; for quay.io also QUAY_USERNAME
    and QUAY_PASSWORD, as the workflow has them. Exit code 1 for a finding, 75 when the registry gave no answer.
    """
    from hubimages import registry

    report = registry.check_registry(Path(path), os.environ)
    console.result(report.as_json() if json else str(report))
    if report.exit_code:
        raise Exit(code=report.exit_code)
