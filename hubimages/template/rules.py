"""The template's own rules for answers, which its hook and the generated repository apply as well."""

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


def _load(file: Path) -> ModuleType:
    """Run a file as a module. Unlike an import, this writes no bytecode into the template."""
    module = ModuleType(file.stem)
    module.__file__ = str(file)
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), module.__dict__)
    return module
