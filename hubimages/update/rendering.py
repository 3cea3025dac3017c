"""Render a version of the template, old or new, with a repository's answers."""

from collections.abc import Mapping
from pathlib import Path

from hubimages import template
from hubimages.errors import BadInputError, ProgramFailedError
from hubimages.run import failure
from hubimages.signals import Threads
from hubimages.template import RECORD, Rendering, complete, read_rendering, run_cookiecutter
from hubimages.update.record import Record
from hubimages.update.released import questions_of
from hubimages.update.sources import Source, default_address


def new_answers(record: Record, changes: Mapping[str, str], source: Source) -> dict[str, str]:
    """Return the answers for a version of the template: the recorded ones with the changes.

    A recorded answer that is the default which follows from others, such as the registry's host, follows the changes.
    Raises BadInputError for a change of something that this version does not ask.
    """
    asked = questions_of(source.directory)
    for key in changes:
        if key not in asked:
            raise BadInputError(f"version {source.version} of the template has no question {key}")
    answers = {key: value for key, value in record.answers.items() if key in asked}
    if changes:
        computed = {each.key for each in template.questions() if not each.choices and "<<" in each.default}
        follow = {key for key in computed & answers.keys() - changes.keys() if _is_default(key, record.answers)}
        chosen = {key: value for key, value in {**answers, **changes}.items() if key not in follow}
        done = complete(chosen)
        answers.update({key: done[key] for key in follow})
    return {**answers, **changes}


def _is_default(key: str, answers: Mapping[str, str]) -> bool:
    """Return True if an answer is the default that follows from the others."""
    return complete({other: value for other, value in answers.items() if other != key})[key] == answers[key]


def render_both(
    old: Source, record: Record, new: Source, answers: Mapping[str, str], temporary: Path
) -> tuple[Rendering, Rendering]:
    """Return what the old template made of the recorded answers, and what the new one makes of these."""
    with Threads(2) as pool:
        before = pool.submit(render, old, record.answers, temporary / "rendering-old")
        after = pool.submit(render, new, answers, temporary / "rendering-new")
        try:
            rendered_old = before.result()
        except BadInputError as error:
            raise BadInputError(
                f"{RECORD} was edited by hand, it seems: version {old.version} of the template, which made this "
                f"repository, refuses {error}"
            ) from error
        try:
            return rendered_old, after.result()
        except BadInputError as error:
            key = str(error).partition(":")[0]
            raise BadInputError(
                f"version {new.version} of the template refuses an answer: {error}. Change it with --set {key}=VALUE"
            ) from error


def render(source: Source, answers: Mapping[str, str], temporary: Path) -> Rendering:
    """Render a template. Raises BadInputError for an answer that it refuses."""
    unknown = sorted(answers.keys() - questions_of(source.directory))
    if unknown:
        raise BadInputError(f"{unknown[0]}: it has no such question")
    values = {
        **answers,
        "__template": source.origin.address or default_address(),
        "__commit": source.origin.commit,
        "__problem": source.origin.problem,
    }
    done = run_cookiecutter(source.directory, values, temporary)
    if done.returncode:
        refused = _refused(answers, (done.stderr + b"\n" + done.stdout).decode(errors="replace"))
        if refused:
            raise BadInputError(refused)
        raise failure(["cookiecutter"], done.returncode, done.stderr or done.stdout)
    rendering = read_rendering(temporary / "output", source.origin)
    wrong = [key for key, value in answers.items() if rendering.answers.get(key) != value]
    if wrong:
        got = rendering.answers.get(wrong[0])
        raise ProgramFailedError(f"the template recorded {wrong[0]} as {got!r}, not as {answers[wrong[0]]!r}")
    return rendering


def _refused(answers: Mapping[str, str], output: str) -> str:
    """The template's line about an answer, among cookiecutter's own."""
    keys = tuple(f"{question.key}: " for question in template.questions()) + tuple(f"{key}: " for key in answers)
    return next((line for line in output.splitlines() if line.startswith(keys)), "")
