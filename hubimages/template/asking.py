"""Ask a person the template's questions, and check each answer when it is given."""

from collections.abc import Mapping
from typing import Any

from hubimages import console
from hubimages.errors import BadInputError, RefusedError
from hubimages.template.checking import check_answers
from hubimages.template.questions import Question, questions, template_context
from hubimages.template.rules import answer_rules, image_name

YES_OR_NO = {"y": "yes", "yes": "yes", "n": "no", "no": "no"}


def ask(answers: Mapping[str, str]) -> dict[str, str]:
    """Return the answers, completed by a person. Asks each missing question on stderr, with the default in brackets.

    An answer that the template would refuse is named, and its question is asked again. A question whose answer follows
    from the others is not asked. Raises BadInputError for a given answer that the template would refuse, RefusedError
    when the input ends.
    """
    from cookiecutter.prompt import render_variable
    from cookiecutter.utils import create_env_with_context

    context = {key: value for key, value in template_context().items() if key != "_extensions"}  # no question has any
    env = create_env_with_context({"cookiecutter": context})
    refused = answer_rules().problem(answers, image_name())
    if refused:
        raise BadInputError(refused)
    complete: dict[str, str] = {}
    number = 0
    for question in questions():
        key = question.key
        default = question.default if question.choices else render_variable(env, question.default, complete)
        if key in answers:
            complete[key] = answers[key]
            refused = answer_rules().problem(complete, image_name(), key)
            if refused:
                raise BadInputError(refused)
        elif answer_rules().follows(key, complete):
            complete[key] = default
        else:
            number += 1
            complete[key] = _ask_until_it_is_good(question, default, complete, context, number)
    return complete


def _ask_until_it_is_good(
    question: Question, default: str, before: Mapping[str, str], context: Mapping[str, Any], number: int
) -> str:
    console.prompt(_shown(question, default, context["__prompts__"][question.key], number))
    while True:
        line = console.answer()
        if not line:
            raise RefusedError(f"there is no answer to {question.prompt!r}. Give it as --set {question.key}=...")
        answer = _chosen(question, line.strip() or default)
        try:
            check_answers({question.key: answer})
            found = answer_rules().problem({**before, question.key: answer}, image_name(), question.key)
        except BadInputError as error:
            found = str(error)
        if not found:
            return answer
        console.prompt(f"      {found}\n      Again: ")


def _shown(question: Question, default: str, prompt: Mapping[str, str] | str, number: int) -> str:
    """Return a question as a person reads it: its choices numbered, the default in brackets."""
    start = f"  {number}. {question.prompt}"
    if set(question.choices) == {"yes", "no"}:
        return f"{start} (yes or no) [{default}]: "
    if not question.choices or isinstance(prompt, str):
        return f"{start} [{default}]: " if default else f"{start}: "
    lines = [f"       {place} - {prompt.get(choice, choice)}" for place, choice in enumerate(question.choices, 1)]
    return "\n".join([start, *lines, f"     Number or name [{question.choices.index(default) + 1}]: "])


def _chosen(question: Question, line: str) -> str:
    """Return the choice that a person typed as its number, its name or, for yes and no, its first letter."""
    if set(question.choices) == {"yes", "no"} and line.lower() in YES_OR_NO:
        return YES_OR_NO[line.lower()]
    if line in question.choices:
        return line
    return dict(zip(map(str, range(1, 100)), question.choices, strict=False)).get(line, line)
