"""The tasks that check, solve and lock the environment of an image repository."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import command, operator_errors


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


@task(
    positional=["path"],
    auto_shortflags=False,
    help={
        "path": "image repository (default: the current directory)",
        "format": "conda-lock (the default) or pixi (without pip packages); a lock that is there keeps its format",
        "made": "take this conda-lock.yml or pixi.lock, which another program made, instead of making one",
        "dry_run": "print what would change and write nothing",
        "branch": "commit on this new branch, made from HEAD",
        "commit": "commit the lock, and none of your own changes",
        "open_pr": "commit, push the branch (by default hubimages/lock-...) and open a pull request",
        "because": "why, for the commit and the pull request",
        "json": "print the changes as one JSON object",
    },
)
@operator_errors
def lock_environment(
    c: Context,
    path: str = ".",
    *,
    format: str = "",
    made: str | None = None,
    dry_run: bool = False,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    because: str = "",
    json: bool = False,
) -> None:
    """Lock the packages of environment.yml for each platform, with hashes.

    Writes conda-lock.yml or pixi.lock beside environment.yml, and prints what changes as a table in Markdown. Needs the
    channels and, for pip packages, PyPI.
    """
    from hubimages import environment

    plan = environment.take_lock(Path(path), Path(made)) if made else environment.plan_lock(Path(path), format)
    delivery = environment.Delivery(branch, commit, open_pr, command())
    text = str(plan)
    if delivery.commits and not dry_run:
        text = plan.deliver(delivery, because)
    elif not dry_run:
        plan.apply()
    console.result(plan.as_json() if json else text)


@task(
    positional=["path"],
    auto_shortflags=False,
    help={
        "path": "directory with environment.yml and its lock; with --write, that of a copy that is built",
        "platform": "linux-64 (default) or linux-aarch64",
        "write": "replace environment.yml in PATH, if there is a lock",
    },
)
@operator_errors
def apply_lock(c: Context, path: str = ".", *, platform: str = "linux-64", write: bool = False) -> None:
    """Print the environment.yml that installs exactly what is locked.

    repo2docker reads no lock, so a build installs from this file. Refuses a lock that was made for another
    environment.yml.
    """
    from hubimages import environment

    if write:
        lock = environment.apply_lock(Path(path), platform)
        console.step(f"installs from {lock}" if lock else "there is no lock")
    else:
        console.result(environment.locked_environment_in(Path(path), platform))


@task(
    positional=["before", "after"],
    auto_shortflags=False,
    help={"before": "a conda-lock.yml or pixi.lock", "after": "a later one"},
)
@operator_errors
def compare_locks(c: Context, before: str, after: str) -> None:
    """Print what changes from one lock to another, as a table in Markdown."""
    from hubimages import environment

    rows = environment.changes(environment.read_lock(Path(before)), environment.read_lock(Path(after)))
    console.result(environment.as_table(rows))
