"""The task that makes an image repository from the template."""

from pathlib import Path

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError


def check_push(push: bool, origin: str | None) -> None:
    """Raise BadInputError for a push without an address."""
    if push and not origin:
        raise BadInputError("--push needs an address to push to. Add --origin=URL")


ANSWER_HELP = {
    "set_": "answer a question of the template, for example --set image=my-group/my-image; can be repeated",
    "answers": "a YAML or JSON file with answers, one `key: value` per line; --set overrides it",
    "origin": "address of the new repository on the git server, set as its remote `origin`",
    "push": "push main to --origin at the end, never by force",
    "dry_run": "show the plan and change nothing; needs no network and no login",
    "yes": "take the recommended answer to every question, as shown with the question",
}


@task(
    positional=["dest"],
    iterable=["set_"],
    auto_shortflags=False,
    help={"dest": "directory of the new repository; it must not exist yet, or be empty", **ANSWER_HELP},
)
@operator_errors
def new_image_repo(
    c: Context,
    dest: str,
    *,
    set_: list[str] | None = None,
    answers: str | None = None,
    origin: str | None = None,
    push: bool = False,
    dry_run: bool = False,
    yes: bool = False,
) -> None:
    """Make an image repository from the template.

    It has the files that the image is built from, workflows that build, test and push it, and a README with the steps
    for this repository and its registry, in one commit. Questions without an answer from --set or --answers get their
    defaults.
    """
    from hubimages import template

    check_push(push, origin)
    chosen = template.given_answers(set_ or [], answers)
    if console.is_interactive() and not yes and not dry_run:
        chosen = template.ask({"repo": Path(dest).resolve().name, **chosen})
    plan = template.plan_new_repository(Path(dest), chosen, origin)
    console.result(plan.show(push=push) if dry_run else plan.apply(push=push))
