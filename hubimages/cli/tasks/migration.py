"""The tasks that move many images out of a deployment repository."""

from dataclasses import replace
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import command, operator_errors
from hubimages.errors import BadInputError

REMOVAL_HELP = {
    "drop_path": "remove this file or directory of the image from all commits; can be repeated",
    "replace_text": "replace in all file versions and messages what this file lists, a TEXT==>REPLACEMENT per line, as "
    "git filter-repo --replace-text takes it",
    "strip_blobs_bigger_than": "remove file versions that are larger than this, for example 50M",
}


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
    iterable=["accept", "drop_path"],
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
        **REMOVAL_HELP,
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
    drop_path: list[str] | None = None,
    replace_text: str | None = None,
    strip_blobs_bigger_than: str | None = None,
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
    from hubimages import extract, migration, scanning

    check_html(html, dry_run=dry_run, private_report=private_report)
    accepts = scanning.read_accepts(accept or [])
    removal = extract.read_removal(drop_path or [], replace_text, strip_blobs_bigger_than, everywhere=True)
    options = migration.Options(push=push, create=create, accepts=accepts, dry_run=dry_run)
    wanted = migration.read_manifest(Path(manifest), remote).without(removal)
    run = migration.extract_images(wanted, Path(dest), options)
    console.result(run.as_json() if json else str(run))
    if html is not None:
        console.step(f"wrote {migration.report_of_run(Path(html), run, private=private_report)}")
    if run.exit_code:
        raise Exit(code=run.exit_code)


@task(
    positional=["manifest"],
    iterable=["image"],
    auto_shortflags=False,
    help={
        "manifest": "the file that extract-images was given",
        "repo": "clone of the deployment repository, on the branch to change, or a directory in it",
        "image": "only the image with this repository in the manifest; repeatable",
        "remote": "address of the new repositories, with {repository} in it; overrides `remote` of the manifest",
        "branch": "commit on this new branch, made from HEAD",
        "commit": "commit the change, and none of your own changes",
        "open_pr": "commit, push the branch and open a pull request (with GH_TOKEN or GITHUB_TOKEN; otherwise print "
        "the address that opens it)",
        "each": "with --open-pr: a branch and a pull request for each image, not one for all",
        "also_automated": "also places whose tag a robot keeps up to date, such as an image policy of Flux",
        "dry_run": "with --commit, --branch or --open-pr: show the plan all the same, and change nothing",
        "json": "print the plan as one JSON object",
    },
)
@operator_errors
def finish_migration(
    c: Context,
    manifest: str,
    *,
    repo: str = ".",
    image: list[str] | None = None,
    remote: str | None = None,
    branch: str | None = None,
    commit: bool = False,
    open_pr: bool = False,
    each: bool = False,
    also_automated: bool = False,
    dry_run: bool = False,
    json: bool = False,
) -> None:
    """Take images that have moved out of the deployment repository.

    Removes their directories, each with a note where it went, and what builds them in workflows, chartpress.yaml and
    hubploy.yaml, and points the hubs at the new images. Prints the change, unless --commit, --branch or --open-pr says
    to make it. Refused until each new repository has every commit and the registry its first image: SOURCE, the new
    repositories and the registry are asked, also in a dry run.
    """
    from hubimages import migration
    from hubimages.registry import Registries
    from hubimages.repository.delivery import Delivery

    if each and (branch or not open_pr):
        raise BadInputError("--each goes with --open-pr and without --branch: each image gets a branch of its own")
    wanted = Delivery(branch or ("hubimages/finish-migration" if open_pr else None), commit, open_pr, command())
    first = Delivery() if each else wanted
    with Registries() as registries:
        one = migration.plan_finish(
            Path(repo),
            migration.read_manifest(Path(manifest), remote),
            first,
            registries,
            image or (),
            also_automated=also_automated,
        )
    plan = migration.finish_each(replace(one, delivery=wanted), also_automated=also_automated) if each else one
    makes = wanted.commits and not dry_run
    said = plan.apply() if makes else plan.show()
    console.result(plan.as_json() if json else said)
    if not makes and not dry_run:
        console.step("nothing was changed: add --commit, --branch=NAME or --open-pr to make this change")
