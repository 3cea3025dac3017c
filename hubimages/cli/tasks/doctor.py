"""The task that examines this machine."""

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(auto_shortflags=False, help={"json": "print the report as one JSON object"})
@operator_errors
def doctor(c: Context, *, json: bool = False) -> None:
    """Show what is installed, what is missing and which tasks need it.

    Lists programs, extras and registry logins, and how to install what is missing. Needs no network. The exit code is
    0 even if something is missing.
    """
    from hubimages import doctor as job

    report = job.examine()
    console.result(report.as_json() if json else str(report))
