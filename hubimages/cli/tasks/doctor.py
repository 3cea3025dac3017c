"""The task about this machine."""

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(auto_shortflags=False, help={"json": "print the report as one JSON object"})
@operator_errors
def doctor(c: Context, *, json: bool = False) -> None:
    """Show what is installed here, and which tasks need what is not.

    Programs, extras, and logins by the registry's host; what is missing comes with the line that gets it. Needs no
    network. The exit code is 0 whatever is missing.
    """
    from hubimages import doctor as job

    report = job.examine()
    console.result(report.as_json() if json else str(report))
