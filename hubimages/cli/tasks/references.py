"""The tasks about which hub runs which image."""

import functools
from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError

REPO = "a clone of the deployment repository, or a directory in it (default: .)"
HTML = "write a page with tables to sort and filter to this file"
WITH_CONTENTS = f"{HTML}, with what is in the images as their SBOMs say; asks the registries"
JSON = "print the result as one JSON object"
HUBS = "a YAML file that lists the hubs, each with its values files in order; overrides what the repository says"
WIDE = "on a terminal: show every text in full, with tag formats and values paths"


@task(
    auto_shortflags=False,
    help={
        "repo": REPO,
        "hubs": HUBS,
        "wide": WIDE,
        "with": "list the images that have this package, and their hubs: a name, or a PEP 508 specifier such as "
        "numpy==1.2.3; asks the registries for the images' SBOMs",
        "offline": "with --with and --html: ask no registry, but take what earlier runs have read of the images; "
        "--with says how old that is",
        "sboms_only": "with --with: leave out images without an SBOM, instead of reading their layers",
        "yes": "with --with: read layers without a question, however large they are",
        "html": WITH_CONTENTS,
        "json": JSON,
    },
)
@operator_errors
def images(
    c: Context,
    *,
    repo: str = ".",
    hubs: str | None = None,
    wide: bool = False,
    with_: str | None = None,
    offline: bool = False,
    sboms_only: bool = False,
    yes: bool = False,
    html: str | None = None,
    json: bool = False,
) -> None:
    """List every image reference in a deployment repository, and its hubs.

    Written to a file or a pipe, each line has the image, its tag format, file and line, values path, and hubs, with
    tabs between them. References are found by the keys of values files, through aliases and across the values files of
    a hub, in text inside of YAML, in Dockerfiles, programs and Terraform. The last lines, on stderr, say what was not
    read, and why.

    With --with, each line has an image, who installed the package, its name and version, and the hubs; the last lines
    say which images were not searched. Exit code 75 if a registry, or with --offline an earlier run, had no answer, and
    77 if a registry wants a login.
    """
    from hubimages import references

    if with_ is not None:
        search_packages(repo, hubs, with_, html, offline=offline, sboms_only=sboms_only, yes=yes, json=json)
        return
    inventory = references.some_references(Path(repo), Path(hubs) if hubs else None)
    if html:
        references.write_page(Path(html), inventory, contents=references.contents_of(inventory, offline=offline))
        console.step(f"wrote {html}")
    width = console.columns()
    if json:
        console.result(references.as_json(inventory))
    elif width is None:
        console.result(references.as_lines(inventory))
    else:
        console.result(references.as_table(inventory, width, wide=wide))
    if not json:
        console.step(references.summary(inventory))


def search_packages(
    repo: str,
    hubs: str | None,
    package: str,
    html: str | None,
    *,
    offline: bool,
    sboms_only: bool,
    yes: bool,
    json: bool,
) -> None:
    """Print which images have a package."""
    from hubimages import references
    from hubimages.contents import Wanted

    if html:
        raise BadInputError("--with and --html contradict each other: leave one out")
    wanted = Wanted.parse(package)
    inventory = references.some_references(Path(repo), Path(hubs) if hubs else None)
    agree = functools.partial(console.confirm, yes=yes, flags="--yes, or --sboms-only")
    found = references.search_packages(inventory, wanted, agree=agree, offline=offline, layers=not sboms_only)
    if json:
        console.result(found.as_json())
    else:
        if found.rows:
            console.result(found.as_lines())
        console.step(found.summary())
    if found.exit_code:
        raise Exit(code=found.exit_code)


@task(
    auto_shortflags=False,
    help={
        "repo": REPO,
        "hubs": HUBS,
        "offline": "ask no registry; check only the repository",
        "contents": "check also what is in the images: whether their JupyterHub goes with the hubs', and whether they "
        "have what serves the hubs' default URLs. Reads SBOMs, or else layers; with --offline what was read before",
        "yes": "read layers of 500 MB and more without a question",
        "changed_since": "check only what is new or changed since this branch, tag or commit, for pull requests",
        "strict": "fail on warnings, too",
        "html": HTML,
        "github": "print the findings as annotations for GitHub Actions",
        "json": JSON,
    },
)
@operator_errors
def check_images(
    c: Context,
    *,
    repo: str = ".",
    hubs: str | None = None,
    offline: bool = False,
    contents: bool = False,
    changed_since: str | None = None,
    strict: bool = False,
    html: str | None = None,
    github: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Check image references of a deployment repository, and ask registries.

    Finds invalid references, moving tags, tags that look unlike the image's other tags, one image at several tags, tags
    that Helm does not read as text, registries that are shut down, tags that do not exist, images that need a login,
    and newer tags; with --contents also images whose JupyterHub does not go with that of their hubs. An error does not
    work, a warning is a risk or advice. Exit code 1 for an error, 75 if there is none and a registry gave no answer.
    """
    from hubimages import references

    if json and github:
        raise BadInputError("--json and --github contradict each other: leave one out")
    # A commit need not have to do with images.
    find = references.find_references if changed_since is not None else references.some_references
    inventory = find(Path(repo), Path(hubs) if hubs else None)
    about = references.changed_since(Path(repo), changed_since, inventory) if changed_since is not None else None
    report = references.check_images(inventory, online=not offline, about=about, strict=strict)
    if contents:
        from hubimages import hub_image

        effort = hub_image.Effort.NOTHING if offline else hub_image.Effort.LAYERS
        ask = functools.partial(console.confirm, yes=yes, flags="--yes")
        checked = hub_image.check_jupyterhubs(Path(repo), inventory, hub_image.Asker(effort, console.step, ask), about)
        report = report.with_more(checked.findings, checked.not_checked, no_answer=checked.no_answer)
    if html:
        references.write_page(Path(html), inventory, report)
        console.step(f"wrote {html}")
    console.result(report.as_json() if json else report.as_annotations() if github else str(report))
    if not (json or github or about is not None):
        console.step(references.summary(inventory))
        if inventory.hubs and not (contents or offline):
            console.step("not checked: whether the images go with the JupyterHub of their hubs. Add --contents")
    if report.exit_code:
        raise Exit(code=report.exit_code)


@task(
    positional=["image"],
    auto_shortflags=False,
    help={
        "image": "image without a tag, for example quay.io/group/image",
        "repo": REPO,
        "hubs": HUBS,
        "since": "count a tag as used if a branch had it in this time, for example 90d or 6m",
        "keep_newest": "try a retention rule: it keeps so many of the newest images; asks for the date of every tag",
        "older": "try a retention rule: it removes images older than this, for example 180d",
        "json": JSON,
    },
)
@operator_errors
def registry_tags(
    c: Context,
    image: str,
    *,
    repo: str = ".",
    hubs: str | None = None,
    since: str = "6m",
    keep_newest: str | None = None,
    older: str | None = None,
    json: bool = False,
) -> None:
    """List the tags of an image in its registry, with the hubs that run them.

    Says which tags no hub runs, on any branch, or has run in the last months, and which running tag expires or would be
    removed by a retention rule. Deletes nothing. Written to a file or a pipe, each line has the tag, its state, where
    it is used, and when it is removed, with tabs between them.
    """
    from hubimages import references
    from hubimages.duration import duration
    from hubimages.image_ref import ImageRef
    from hubimages.registry import Registries

    rule = None
    if keep_newest is not None or older is not None:
        if keep_newest is not None and not keep_newest.isdecimal():
            raise BadInputError(f"--keep-newest={keep_newest}: give a number")
        newest = int(keep_newest) if keep_newest is not None else None
        rule = references.RetentionRule(newest, duration(older) if older is not None else None)
    with Registries() as registries:
        report = references.list_tags(
            Path(repo),
            ImageRef.parse(image),
            registries,
            since=duration(since),
            rule=rule,
            hubs_file=Path(hubs) if hubs else None,
        )
    console.result(report.as_json() if json else report.as_lines())
    if not json:
        console.step(report.summary())
