"""The tasks that move many images out of a deployment repository."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError


def check_html(html: str | None, *, dry_run: bool, private_report: bool) -> None:
    """Refuse options about pages that are not written."""
    if private_report and html is None:
        raise BadInputError("--private-report goes with --html DIR")
    if html is not None and dry_run:
        raise BadInputError("--html shows what was made: leave out --dry-run")
    if html is not None and Path(html).exists() and not Path(html).is_dir():
        raise BadInputError(f"--html {html} is not a directory. Name one; it is made if it does not exist")


@task(
    positional=["source"],
    auto_shortflags=False,
    help={
        "source": "the deployment repository: a directory, or any address that git understands; never written to",
        "ref": "branch, tag or commit of SOURCE to look at (default: its default branch)",
        "update": "add the images that are new to this manifest, and keep everything else in it",
        "dry_run": "with --update: print the change to the manifest, and do not write it",
        "json": "print what was found as one JSON object",
    },
)
@operator_errors
def find_images(
    c: Context,
    source: str,
    *,
    ref: str | None = None,
    update: str | None = None,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Find the image directories of a deployment repository, present and past.

    Prints a manifest: a YAML file with an entry for each image, which says how many commits, authors and former paths
    come along, what builds it, which hubs run it, and whether it is still there. Save it, and edit it. The lines on
    stderr say which directories only look like an image's.
    """
    from hubimages import migration
    from hubimages.repository import file_edit

    if dry_run and update is None:
        raise BadInputError("--dry-run goes with --update MANIFEST: otherwise nothing is written")
    found = migration.find_images(source, ref)
    if update is None:
        console.result(found.as_json() if json else migration.new_manifest(found).rstrip("\n"))
    else:
        manifest = Path(update)
        text = file_edit.read_text(manifest.parent, manifest.name)
        changed, said = migration.updated_manifest(text, update, found)
        edit = file_edit.FileEdit(manifest.name, text, changed)
        if dry_run:
            console.result(edit.diff())
        elif changed != text:
            file_edit.apply(manifest.parent, [edit])
        console.result(found.as_json() if json else "\n".join(said) or f"nothing to do: {update} has every image")
    console.step(found.summary())


@task(
    positional=["manifest", "dest"],
    iterable=["accept"],
    auto_shortflags=False,
    help={
        "manifest": "the file that find-images wrote, edited",
        "dest": "directory of the new repositories: each image gets DEST/REPOSITORY",
        "remote": "address to push to, with {repository} in it; overrides `remote` of the manifest",
        "push": "push main of each to its remote, never by force",
        "create": "with --push: create the GitHub repositories that are not there, private, with GH_TOKEN or "
        "GITHUB_TOKEN",
        "html": "write a page about the result into this directory, and open index.html there",
        "private_report": "with --html: say where each finding of the scan is, not only kinds and how many",
        "accept": "ID=REASON: publish this finding of the scan that comes before a push; can be repeated",
        "dry_run": "show what would be made, and change nothing; a remote SOURCE is cloned into a temporary directory",
        "json": "print the result as one JSON object",
    },
)
@operator_errors
def extract_images(
    c: Context,
    manifest: str,
    dest: str,
    *,
    remote: str | None = None,
    push: bool = False,
    create: bool = False,
    accept: list[str] | None = None,
    html: str | None = None,
    private_report: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Extract all images of a manifest, each into its own repository.

    The deployment repository is read once, and each image becomes what extract-image makes of it. One that fails does
    not stop the others. Run again, the task makes what is missing, and brings new commits of the deployment repository
    onto the repositories that are there.
    """
    from hubimages import migration, scanning

    check_html(html, dry_run=dry_run, private_report=private_report)
    accepts = scanning.read_accepts(accept or [])
    options = migration.Options(push=push, create=create, accepts=accepts, dry_run=dry_run)
    run = migration.extract_images(migration.read_manifest(Path(manifest), remote), Path(dest), options)
    console.result(run.as_json() if json else str(run))
    if html is not None:
        console.step(f"wrote {migration.report_of_run(Path(html), run, private=private_report)}")
    if run.exit_code:
        raise Exit(code=run.exit_code)
