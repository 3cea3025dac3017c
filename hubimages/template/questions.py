"""Where the template is, what it asks, and which answers it cannot take."""

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubimages.errors import BadInputError

JINJA_OPENERS = ("<<", "<%", "<#")
RECORD = ".hubimages.yaml"
REPO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # as in hooks/pre_gen_project.py
REFUSED_REGISTRIES = {  # as in the template's image_name.py
    "docker.io": "Docker Hub limits how often an image may be pulled, which stops servers from starting. Use quay.io "
    "instead, and copy the images that hubs run with: docker buildx imagetools create --tag NEW:TAG OLD:TAG",
    "gcr.io": "Google has shut down Container Registry. Use google-artifact-registry instead, and see "
    "https://cloud.google.com/artifact-registry/docs/transition/transition-from-gcr",
}
OTHER_NAMES = {"docker hub": "docker.io", "dockerhub": "docker.io", "hub.docker.com": "docker.io"}


@dataclass(frozen=True)
class Question:
    """One key of `cookiecutter.json`: its prompt, the default (a Jinja expression, it may be), and the choices."""

    key: str
    prompt: str
    default: str
    choices: tuple[str, ...] = ()


def template_directory() -> Path:
    """The directory that holds `cookiecutter.json`: in the wheel beside this module, in a checkout at its top."""
    packaged = Path(__file__).parent / "source"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]


def template_context() -> dict[str, Any]:
    """`cookiecutter.json` as it is."""
    context: dict[str, Any] = json.loads((template_directory() / "cookiecutter.json").read_text(encoding="utf-8"))
    return context


def questions() -> tuple[Question, ...]:
    """The template's questions, in the order in which they are asked."""
    context = template_context()
    asked = []
    for key, raw in context.items():
        if key.startswith("_"):
            continue
        prompt = context["__prompts__"][key]
        if isinstance(raw, list):
            asked.append(Question(key, prompt["__prompt__"], raw[0], tuple(raw)))
        else:
            asked.append(Question(key, prompt, raw))
    return tuple(asked)


def check_answers(answers: Mapping[str, str]) -> None:
    """Raise BadInputError for an answer that the template must not even be given.

    Unknown keys, because cookiecutter ignores them; choices that are none, because it ends in a traceback; template
    syntax, because it would be evaluated; and a name of the repository that leads out of the directory.
    """
    asked = {question.key: question for question in questions()}
    for key, value in answers.items():
        if key not in asked:
            near = difflib.get_close_matches(key, asked, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(asked)}"
            raise BadInputError(f"{key!r} is no question of the template: {hint}")
        if any(opener in value for opener in JINJA_OPENERS):
            raise BadInputError(f"{key}: {value!r} has {' or '.join(JINJA_OPENERS)} in it, which is template syntax")
        if "\0" in value:
            raise BadInputError(f"{key}: a NUL character cannot be part of an answer")
        choices = asked[key].choices
        if choices and value not in choices:
            raise BadInputError(f"{key}: {_choice_problem(key, value, choices)}")
    repo = answers.get("repo")
    if repo is not None and not REPO.fullmatch(repo):
        raise BadInputError(
            f"repo: {repo!r} cannot be the name of a repository: letters, digits, '.', '_' and '-', "
            "not first '.' or '-'"
        )


def _choice_problem(key: str, value: str, choices: tuple[str, ...]) -> str:
    name = OTHER_NAMES.get(value.lower(), value.lower())
    if key == "registry":
        for host, reason in REFUSED_REGISTRIES.items():
            if name == host or name.endswith("." + host):
                return f"{value!r} is not supported: {reason}"
    near = difflib.get_close_matches(value, choices, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{value!r} is no choice. {hint}There are {', '.join(choices)}"
