"""The tasks that bring an image repository up to date with the template, or link one to it."""

from pathlib import Path

from invoke import Context, Exit, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError


@task(
    positional=["path"],
    iterable=["set_"],
    auto_shortflags=False,
    help={
        "path": "image repository that was made from the template",
        "to": "version of the template, a number (default: the one of this hubimages)",
        "check": "only say whether the template has something newer, and what; exit code 1 if it has",
        "set_": "change an answer, for example --set image=my-group/my-image; can be repeated",
        "branch": "name of the branch (default: update-to-template-VERSION, or change-answers)",
        "open_pr": "push the branch and open a pull request, or update the one that is open; your own files stay",
        "dry_run": "show the diff and the commands and change nothing; fetches the old template if it must",
        "json": "print the result as one JSON object",
        "yes": "take the defaults for new questions, and trust the address of the template that is recorded",
    },
)
@operator_errors
def update_image_repo(
    c: Context,
    path: str,
    *,
    to: str | None = None,
    check: bool = False,
    set_: list[str] | None = None,
    branch: str | None = None,
    open_pr: bool = False,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Bring an image repository up to date with the template.

    Merges what the template changed into what the owner has made of it, on a new branch, and keeps every change of the
    owner. Exit code 1 if there are conflicts: the branch is checked out then, and has them for you to resolve. With
    --open-pr nothing is proposed then, and otherwise your branches and files stay as they are.
    """
    from hubimages import update

    if check and (set_ or dry_run or open_pr):
        raise BadInputError("--check changes nothing. Leave out --set, --open-pr and --dry-run")
    asking = console.is_interactive() and not (yes or dry_run or check)
    plan = update.plan_update(
        Path(path), to=to, settings=set_ or [], check=check, ask_new=asking, trusted=yes, branch=branch
    )
    if check:
        text = update.show_newer(plan)
    elif dry_run:
        text = update.show_plan(plan, open_pr=open_pr)
    elif open_pr:
        plan, text = update.propose_update(plan)
    else:
        plan, text = update.apply_update(plan)
    console.result(plan.as_json() if json else text)
    if (check and plan.is_newer) or plan.conflicts:
        raise Exit(code=1)


@task(
    positional=["path"],
    iterable=["set_"],
    auto_shortflags=False,
    help={
        "path": "image repository that was not made from the template",
        "set_": "give an answer instead of the guess, for example --set registry=quay.io; can be repeated",
        "answers": "file with answers, YAML or JSON",
        "dry_run": "show the diff and what differs from the template, and change nothing",
        "json": "print the result as one JSON object",
        "yes": "take the recommended answers to questions that have one",
    },
)
@operator_errors
def adopt_image_repo(
    c: Context,
    path: str,
    *,
    set_: list[str] | None = None,
    answers: str | None = None,
    dry_run: bool = False,
    json: bool = False,
    yes: bool = False,
) -> None:
    """Link an image repository to the template, to update it from then on.

    Guesses each answer from the workflows and files, and shows where it was read. The branch has the template's
    workflows and sessions in place of those that they supersede; all other files stay yours.
    """
    from hubimages import update

    asking = console.is_interactive() and not (yes or dry_run)
    plan = update.plan_adoption(Path(path), set_ or [], answers, ask=asking, recommended=yes, open_questions=dry_run)
    if dry_run:
        text = update.show_adoption(plan)
    else:
        plan, text = update.apply_adoption(plan)
    console.result(plan.as_json() if json else text)
    update.check_answered(plan)
