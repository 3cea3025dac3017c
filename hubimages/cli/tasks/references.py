"""The tasks about which hub runs which image."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors

REPO = "the deployment repository, or a directory in it; this one otherwise"
HTML = "write one page with tables to sort and filter into this file"
JSON = "print the result as one JSON object"


@task(auto_shortflags=False, help={"repo": REPO, "html": HTML, "json": JSON})
@operator_errors
def images(c: Context, *, repo: str = ".", html: str | None = None, json: bool = False) -> None:
    """List every image reference in a deployment repository, and its hubs.

    One line for each: the image, the shape of its tag, file and line, values path, hubs. References are found by the
    keys of values files, over aliases and over the files that make up a hub's configuration, and in Dockerfiles. At
    the end it says what was not read, and why.
    """
    from hubimages import references

    inventory = references.find_references(Path(repo))
    if html:
        references.write_page(Path(html), inventory)
        console.step(f"wrote {html}")
    console.result(references.as_json(inventory) if json else references.as_lines(inventory))
    if not json:
        console.step(references.summary(inventory))


@task(
    auto_shortflags=False,
    help={"repo": REPO, "offline": "ask no registry; only look at the repository", "html": HTML, "json": JSON},
)
@operator_errors
def check_images(
    c: Context, *, repo: str = ".", offline: bool = False, html: str | None = None, json: bool = False
) -> None:
    """Check a deployment repository's image references and ask registries.

    Finds tags that float or are of another shape than their siblings', one image at several tags, tags that Helm does
    not read as text, registries that are shut down, tags that are not there, images that need a login, and newer
    tags. Exit code 1 for a finding, 75 without one when a registry gave no answer.
    """
    from hubimages import references

    inventory = references.find_references(Path(repo))
    report = references.check_images(inventory, online=not offline)
    if html:
        references.write_page(Path(html), inventory, report)
        console.step(f"wrote {html}")
    console.result(report.as_json() if json else str(report))
    if not json:
        console.step(references.summary(inventory))
    if report.exit_code:
        raise Exit(code=report.exit_code)
