"""Answers from the command line, from a file, and from a person."""

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError, RefusedError
from hubimages.template.questions import RECORD, check_answers, questions, template_context


def given_answers(settings: Sequence[str], file: str | None) -> dict[str, str]:
    """The answers in a file, and over them those set as `key=value`. Raises BadInputError."""
    answers = {} if file is None else read_answers(Path(file))
    chosen: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key or key != key.strip():
            raise BadInputError(f"--set {setting!r}: write it as --set KEY=VALUE, without spaces around the =")
        if key in chosen:
            raise BadInputError(f"--set {key}=... is given twice")
        chosen[key] = value
    answers.update(chosen)
    check_answers(answers)
    return answers


def read_answers(file: Path) -> dict[str, str]:
    """The answers in a YAML or JSON file: a mapping, or a repository's record of what it was made from.

    Every value is taken as it is written: `3.10` stays `3.10`. Raises BadInputError.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    if file.is_dir():
        file = file / RECORD
    try:
        text = file.read_text(encoding="utf-8-sig")
        # A mapping of plain strings: JSON's numbers are kept as they are written, too.
        loaded: Any = (
            json.loads(text, parse_int=str, parse_float=str)
            if file.suffix == ".json"
            else YAML(typ="base", pure=True).load(text)  # "base": every scalar is a string
        )
    except (OSError, ValueError, YAMLError) as error:
        raise BadInputError(f"{file} cannot be read as answers: {_one_line(error)}") from error
    if isinstance(loaded, dict) and isinstance(loaded.get("answers"), dict):
        loaded = loaded["answers"]
    if not isinstance(loaded, dict):
        raise BadInputError(f"{file} must hold a mapping, one `key: value` for each answer")
    for key, value in loaded.items():
        if not isinstance(key, str) or not isinstance(value, str):
            raise BadInputError(f"{file}: the answer to {str(key)!r} must be one text")
    return dict(loaded)


def ask(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers, completed by a person: one question for each that is missing, on stderr, the default in brackets."""
    from cookiecutter.prompt import prompt_choice_for_config, read_user_variable, render_variable
    from cookiecutter.utils import create_env_with_context

    context = {key: value for key, value in template_context().items() if key != "_extensions"}  # no question has any
    env = create_env_with_context({"cookiecutter": context})
    prompts = context["__prompts__"]
    missing = [question for question in questions() if question.key not in answers]
    complete: dict[str, Any] = {}
    with contextlib.redirect_stdout(sys.stderr):  # stdout is for the result
        for question in questions():
            key = question.key
            if key in answers:
                complete[key] = answers[key]
                continue
            prefix = f"  [dim][{missing.index(question) + 1}/{len(missing)}][/] "
            try:
                if question.choices:
                    choices = list(question.choices)
                    complete[key] = prompt_choice_for_config(complete, env, key, choices, False, prompts, prefix)
                else:
                    default = render_variable(env, question.default, complete)
                    complete[key] = read_user_variable(key, default, prompts, prefix)
            except EOFError as end:
                raise RefusedError(f"no answer to {question.prompt!r}; give it as --set {key}=...") from end
            check_answers({key: complete[key]})
    return complete


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
