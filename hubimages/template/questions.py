"""Where the template is, and what it asks."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORD = ".hubimages.yaml"


@dataclass(frozen=True)
class Question:
    """One key of `cookiecutter.json`: its prompt, its default, which can be a Jinja expression, and its choices."""

    key: str
    prompt: str
    default: str
    choices: tuple[str, ...] = ()


def template_directory() -> Path:
    """Return the directory of `cookiecutter.json`: next to this module in a wheel, the top directory in a checkout."""
    packaged = Path(__file__).parent / "source"
    return packaged if packaged.is_dir() else Path(__file__).parents[2]


def template_context() -> dict[str, Any]:
    """Return the content of `cookiecutter.json`."""
    context: dict[str, Any] = json.loads((template_directory() / "cookiecutter.json").read_text(encoding="utf-8"))
    return context


def questions() -> tuple[Question, ...]:
    """Return the template's questions, in the order in which they are asked."""
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
