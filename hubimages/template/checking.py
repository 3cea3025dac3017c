"""Refuse answers that the template cannot use, before anything is made."""

import difflib
from collections.abc import Mapping, Sequence

from hubimages.errors import BadInputError
from hubimages.template.questions import Question, questions, template_context
from hubimages.template.rules import answer_rules, image_name

JINJA_OPENERS = ("<<", "<%", "<#")
OTHER_NAMES = {"docker hub": "docker.io", "dockerhub": "docker.io", "hub.docker.com": "docker.io"}


def check_answers(answers: Mapping[str, str]) -> None:
    """Raise BadInputError for an answer that must not be passed to cookiecutter.

    It ignores unknown keys, ends with a traceback at an unknown choice, evaluates template syntax, and cannot be given
    what is not UTF-8 or too long for a program's argument. A bad `repo` could lead out of the directory.
    """
    rules = answer_rules()
    asked = {question.key: question for question in questions()}
    for key, value in answers.items():
        if key not in asked:
            near = difflib.get_close_matches(key[:100], asked, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "docs/new-image-repository.md lists its questions"
            raise BadInputError(f"the template has no question {rules.shown(key)}. {hint}")
        found = (
            _syntax_problem(value)
            or (_choice_problem(value, asked[key]) if asked[key].choices else None)
            or (rules.repo_problem(value) if key == "repo" else None)
        )
        if found:
            raise BadInputError(f"{key}: {found}")
        # Here, because cookiecutter changes line ends before the template's own check sees them.
        if alone := rules.problem({key: value}, image_name(), key):
            raise BadInputError(str(alone))


def check_all_answers(answers: Mapping[str, str]) -> None:
    """Raise BadInputError if the template would refuse these answers, completed with its defaults."""
    check_answers(answers)
    found = answer_rules().problem(complete(answers), image_name())
    if found:
        raise BadInputError(str(found))


def complete(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers with the template's defaults for the others."""
    from cookiecutter.prompt import render_variable
    from cookiecutter.utils import create_env_with_context

    env = create_env_with_context({"cookiecutter": {**template_context(), "_extensions": []}})  # no default needs any
    done: dict[str, str] = {}
    for question in questions():
        if question.key in answers:
            done[question.key] = answers[question.key]
        else:
            choice = bool(question.choices)
            done[question.key] = question.default if choice else render_variable(env, question.default, done)
    return done


def _syntax_problem(value: str) -> str | None:
    rules = answer_rules()
    opener = next((each for each in JINJA_OPENERS if each in value), None)
    if opener:
        return f"{rules.shown(value)} contains {opener}, which is template syntax"
    if "\0" in value:
        return f"{rules.shown(value)} contains U+0000, a control character. Remove it"
    wrong = next((each for each in value if "\ud800" <= each <= "\udfff"), None)
    if wrong:
        return f"{rules.shown(value)} contains U+{ord(wrong):04X}, {rules.character_problem(wrong)}"
    if len(value) > rules.LONGEST:
        return f"is longer than {rules.LONGEST} characters"
    return None


def _choice_problem(value: str, question: Question) -> str | None:
    if value in question.choices:
        return None
    shown = answer_rules().shown(value)
    if question.key == "registry":
        name = OTHER_NAMES.get(value.lower(), value.lower())
        refused = image_name().host_problem(name)
        if refused:
            return f"{shown}{str(refused).removeprefix(repr(name))}"
    return f"{shown} is not a choice. {_choices(value, question.choices)}"


def _choices(value: str, choices: Sequence[str]) -> str:
    near = difflib.get_close_matches(value, choices, n=1)
    return f"{f'Did you mean {near[0]!r}? ' if near else ''}The choices are {', '.join(choices)}"
