"""The template's own rules for answers, which its hook and the generated repository apply as well."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from hubimages.template.questions import template_directory

IMAGE_NAME = "<<cookiecutter.repo>>/.github/image_build/image_name.py"


@cache
def answer_rules() -> ModuleType:
    """Return the module that says which answers make a repository that works."""
    return _load(template_directory() / "hooks/answer_rules.py")


@cache
def image_name() -> ModuleType:
    """Return the module that says which image names each registry accepts."""
    return _load(template_directory() / IMAGE_NAME)


def answer_problem(answers: Mapping[str, str], key: str) -> str | None:
    """Return why an answer cannot be used beside the others, as `key: reason`; None if it can."""
    found = answer_rules().problem(answers, image_name(), key)
    return str(found) if found else None


def refused_host(host: str) -> str | None:
    """Return why no image should be pushed to a host; None for a host that is as good as another."""
    found = image_name().host_problem(host)
    return str(found) if found else None


def _load(file: Path) -> ModuleType:
    """Run a file as a module. Unlike an import, this writes no bytecode into the template."""
    module = ModuleType(file.stem)
    module.__file__ = str(file)
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module.__dict__)
    return module
