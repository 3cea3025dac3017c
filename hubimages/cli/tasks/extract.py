"""The task that extracts an image directory with its history."""

import functools
from pathlib import Path

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.cli.tasks.migration import REMOVAL_HELP, check_html
from hubimages.cli.tasks.template import ANSWER_HELP, check_push
from hubimages.errors import BadInputError


@task(
    positional=["source", "image_dir", "dest"],
    iterable=["former_path", "whole_former_path", "set_", "accept", "drop_path"],
    auto_shortflags=False,
    help={
        "source": "the deployment repository: a directory, or any address that git understands; never written to",
        "image_dir": "the image directory in SOURCE, for example deployments/shiny/image; also one that was deleted",
        "dest": "directory of the new repository; it must not exist yet, or be empty",
        "ref": "branch, tag or commit of SOURCE to extract from (default: its default branch)",
        "former_path": "a former path of the image directory, instead of those found; can be repeated",
        "no_former_paths": "keep only the history of IMAGE_DIR itself, not of its former paths",
        "only_moved_files": "of former paths, keep only the files that moved to IMAGE_DIR, and their earlier names",
        "whole_former_path": "a former path of which all files are kept, moved or not; can be repeated",
        "no_template": "make main the extracted history itself, without the template",
        "keep_messages": "keep commit messages; otherwise commit ids and #123 in them are rewritten to lead somewhere",
        "keep_closing_words": "keep words such as Fixes before issues, which close them at the first push",
        "keep_workflows": "keep the image's own .github and CODEOWNERS in place, where GitHub acts on them",
        **REMOVAL_HELP,
        "scan": "search all file versions and messages for secrets, lists of people and large files; on with --push",
        "accept": "ID=REASON: publish this finding of the scan; can be repeated",
        "html": "write a page about the result into this directory, and open index.html there",
        "private_report": "with --html: say where each finding of the scan is, not only kinds and how many",
        "json": "print the report as one JSON object",
        **ANSWER_HELP,
    },
)
@operator_errors
def extract_image(
    c: Context,
    source: str,
    image_dir: str,
    dest: str,
    *,
    ref: str | None = None,
    former_path: list[str] | None = None,
    no_former_paths: bool = False,
    only_moved_files: bool = False,
    whole_former_path: list[str] | None = None,
    no_template: bool = False,
    keep_messages: bool = False,
    keep_closing_words: bool = False,
    keep_workflows: bool = False,
    set_: list[str] | None = None,
    answers: str | None = None,
    origin: str | None = None,
    push: bool = False,
    drop_path: list[str] | None = None,
    replace_text: str | None = None,
    strip_blobs_bigger_than: str | None = None,
    scan: bool = False,
    accept: list[str] | None = None,
    html: str | None = None,
    private_report: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Extract an image directory, with its history, into its own repository.

    DEST becomes a repository made from the template, with the image's files and their whole history, including that
    from before the directory was moved. The task compares the result with SOURCE and prints the evidence. If it stops
    early, there is no DEST.
    """
    from hubimages import extract, migration, scanning, template

    check_push(push, origin)
    check_html(html, dry_run=dry_run, private_report=private_report)
    if former_path and no_former_paths:
        raise BadInputError("--former-path and --no-former-paths contradict each other: leave one out")
    request = extract.Request(
        source,
        image_dir,
        Path(dest),
        ref=ref,
        former_paths=former_path or [],
        follow=False if no_former_paths else None,
        only_moved_files=only_moved_files,
        whole_former_paths=whole_former_path or [],
        template=not no_template,
        keep_messages=keep_messages,
        keep_closing_words=keep_closing_words,
        keep_workflows=keep_workflows,
        answers=template.given_answers(set_ or [], answers),
        origin=origin,
        push=push,
        removal=extract.read_removal(drop_path or [], replace_text, strip_blobs_bigger_than),
        scan=scan,
        accepts=scanning.read_accepts(accept or []),
    )
    ask = functools.partial(console.confirm, yes=yes, flags="--yes or --no-former-paths")
    done: extract.ExtractionPlan | extract.Result | extract.Nothing
    done = extract.plan_extraction(request) if dry_run else extract.extract(request, ask)
    console.result(done.as_json() if json else str(done))
    if html is not None and isinstance(done, extract.Result):
        console.step(f"wrote {migration.report_of_one(Path(html), done, private=private_report)}")
