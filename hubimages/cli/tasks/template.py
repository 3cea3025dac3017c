"""The task that makes an image repository from the template."""

from pathlib import Path

from invoke import Context, task

from hubimages import console
from hubimages.cli.task import operator_errors
from hubimages.errors import BadInputError


def check_push(push: bool, origin: str | None) -> None:
    """Raise BadInputError for a push that has nowhere to go."""
    if push and not origin:
        raise BadInputError("--push needs to know where to: add --origin=URL")


ANSWER_HELP = {
    "set_": "answer one of the template's questions, for example --set image=my-group/my-image; can be repeated",
    "answers": "a YAML or JSON file with answers, one `key: value` per line; --set goes before it",
    "origin": "address of the new repository on the git server, set as its remote `origin`",
    "push": "publish main to --origin at the end, only ever as a fast-forward",
    "dry_run": "show what would be done and change nothing; needs no network and no login",
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
    """Make a repository for a user image from the template.

    It holds what the image is built from, the workflows that build, test and push it, and a README with the steps
    for this repository and its registry, as the first commit. Questions of the template that are not answered by
    --set or --answers get their defaults.
    """
    from hubimages import template

    check_push(push, origin)
    chosen = template.given_answers(set_ or [], answers)
    if console.is_interactive() and not yes and not dry_run:
        chosen = template.ask({"repo": Path(dest).resolve().name, **chosen})
    plan = template.plan_new_repository(Path(dest), chosen, origin)
    console.result(plan.show(push=push) if dry_run else plan.apply(push=push))
