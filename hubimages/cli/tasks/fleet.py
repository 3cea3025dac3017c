"""The tasks over many repositories."""

import shlex
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors

SOURCE = {
    "repos": "a file with the address of a repository on each line; OWNER/REPO is one on GitHub",
    "github": "the repositories of an organisation or user on GitHub, ORG, or those that match, ORG/PATTERN",
    "made_from": "only repositories made from the template at this address; alone, those that GitHub's search finds",
    "cache": "keep the clones in this directory (default: hubimages/repositories in ~/.cache or XDG_CACHE_HOME)",
    "jobs": "how many repositories to work on at once (default: one for each processor, at least 4)",
}


@task(
    auto_shortflags=False,
    help={
        **SOURCE,
        "run": "run a program of yours in each repository, not a task of hubimages",
        "commit": "commit the changes on a branch in the kept clones",
        "push": "commit, and push the branches; asks first",
        "open_pr": "commit, push, and open a pull request in each repository, or update the one that is open",
        "branch": "the branch for the changes (default: the task's own, or hubimages-TASK)",
        "message": "message of the commit; its first line is the title of the pull request (default: the command)",
        "dry_run": "run the task in the clones, print the diffs, and push nothing; needs the network to clone",
        "yes": "push to as many repositories as have changes, without a question",
        "matrix": "print a job matrix for GitHub Actions with the repositories in N parts, and do nothing else",
        "join": "join the JSON reports in this directory, from the jobs of a matrix, and do nothing else",
        "markdown": "print the table as Markdown, for the summary of a workflow",
        "workflow": "print a GitHub workflow that runs a task on several runners, and do nothing else",
        "json": "print the result as one JSON object",
    },
)
@operator_errors
def each(
    c: Context,
    *,
    repos: str | None = None,
    github: str | None = None,
    made_from: str | None = None,
    run: bool = False,
    commit: bool = False,
    push: bool = False,
    open_pr: bool = False,
    branch: str = "",
    message: str = "",
    cache: str | None = None,
    jobs: int = 0,
    dry_run: bool = False,
    yes: bool = False,
    matrix: int = 0,
    join: str | None = None,
    markdown: bool = False,
    workflow: bool = False,
    json: bool = False,
) -> None:
    """Run a task in many repositories, and propose what it changes.

    Clones each repository, or brings the clone of an earlier run up to date, and runs the task there. Prints the diffs,
    unless they are to be committed or pushed, and a table of what came of each repository. Goes on after a failure; run
    again, it does what is missing. The exit code is that of the failures.
    """
    from hubimages import fleet
    from hubimages.cli.each_command import command_of, refuse_command

    if workflow or matrix or join:
        refuse_command(c.remainder, {"--workflow": workflow, "--matrix": bool(matrix), "--join": join is not None})
    if workflow:
        from hubimages.template import deployment_workflow

        console.result(deployment_workflow(name="each"))
        return
    if matrix:
        console.result(fleet.job_matrix(fleet.select(repos, github, made_from), matrix))
        return
    if join:
        report = fleet.join(Path(join), fleet.select(repos, github, made_from))
    else:
        command = command_of(shlex.split(c.remainder), program=run)
        wanted = fleet.Wanted(commit=commit, push=push, open_pr=open_pr, dry_run=dry_run)
        place = Path(cache).absolute() if cache else fleet.default_cache()
        request = fleet.Request(command, wanted, place, branch, message, made_from or "", jobs, yes)
        report = fleet.run_each(fleet.select(repos, github, made_from), request)
    if json:
        console.result(report.as_json())
    elif markdown:
        console.result(report.as_markdown())
    else:
        if diffs := report.as_diffs():
            console.result(diffs)
        console.result(report.as_table() if console.columns() else report.as_lines())
        console.step(report.summary())
    if report.exit_code:
        raise Exit(code=report.exit_code)


@task(
    iterable=["repo"],
    auto_shortflags=False,
    help={
        **SOURCE,
        "repo": "a clone of a deployment repository, for the hubs that run the images; can be repeated",
        "hubs": "with --repo: a YAML file that lists the hubs, each with its values files in order",
        "offline": "ask no registry",
        "html": "write a page with a table to sort and filter to this file",
        "json": "print the result as one JSON object",
    },
)
@operator_errors
def image_repos(
    c: Context,
    *,
    repos: str | None = None,
    github: str | None = None,
    made_from: str | None = None,
    repo: list[str] | None = None,
    hubs: str | None = None,
    offline: bool = False,
    cache: str | None = None,
    jobs: int = 4,
    html: str | None = None,
    json: bool = False,
) -> None:
    """Show many image repositories at a glance.

    For each: the version of the template, the newest tag of its image and how old that is, the hubs that run its tags,
    open pull requests, and workflows that fail on the default branch. Changes nothing. What is not known is named. The
    exit code is not 0 if a repository could not be read.
    """
    from hubimages import fleet

    where = fleet.Where(
        Path(cache).absolute() if cache else fleet.default_cache(), tuple(map(Path, repo or [])),
        Path(hubs) if hubs else None, made_from or "", offline, jobs,
    )  # fmt: skip
    overview = fleet.look_at(fleet.select(repos, github, made_from), where)
    if html:
        fleet.write_overview(Path(html), overview)
        console.step(f"wrote {html}")
    text = overview.as_json() if json else overview.as_table() if console.columns() else overview.as_lines()
    console.result(text)
    if not json:
        console.step(overview.summary())
    if overview.exit_code:
        raise Exit(code=overview.exit_code)
