"""The task that checks the environment of an image repository."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors


@task(
    positional=["path"],
    auto_shortflags=False,
    help={
        "path": "image repository, or a directory with an image's files (default: the current directory)",
        "fix": "mend what needs no decision, and change no other byte",
        "dry_run": "with --fix, print the changes and write nothing",
        "solve": "ask the channels whether the packages can be installed together on each platform",
        "hub_version": "JupyterHub version of the hub (default: the recorded answer)",
        "strict": "fail for warnings, too, unless they are about style",
        "json": "print the report as one JSON object",
    },
)
@operator_errors
def check_environment(
    c: Context,
    path: str = ".",
    *,
    fix: bool = False,
    dry_run: bool = False,
    solve: bool = False,
    hub_version: str = "",
    strict: bool = False,
    json: bool = False,
) -> None:
    """Check environment.yml and its neighbours as repo2docker reads them.

    Says which buildpack repo2docker would choose, which Python and R version that gives, and what is wrong: files that
    are not read, versions that it does not have, contradictions, scripts that cannot start. Needs no engine, and no
    network but for --solve. Exit code 1 if there is an error.
    """
    from hubimages import environment
    from hubimages.repository import file_edit

    options = environment.Options(hub_version=hub_version, strict=strict, solve=solve)
    if fix and dry_run:
        console.result(file_edit.show(environment.plan_fixes(Path(path), options)[1]))
        return
    check = environment.fix_environment if fix else environment.check_environment
    report = check(Path(path), options)
    console.result(report.as_json() if json else str(report))
    if report.exit_code:
        raise Exit(code=report.exit_code)
