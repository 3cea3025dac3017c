"""Jinja extension of the template: cookiecutter imports it from the folder of cookiecutter.json."""

import importlib.util
import logging
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

HERE = Path(__file__).resolve().parent


def origin_module() -> ModuleType:
    """hubimages/template/origin.py: below here in a checkout, one up in a wheel. The package need not be installed."""
    below = HERE / "hubimages/template/origin.py"
    name = "_hubimages_template_origin"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, below if below.is_file() else HERE.parent / "origin.py")
        assert spec is not None and spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@cache
def module(file: Path) -> ModuleType:
    """Return a file of the template as a module. Unlike an import, this writes no bytecode beside it."""
    loaded = ModuleType(file.stem)
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), loaded.__dict__)
    return loaded


def check(answers: Mapping[str, str]) -> str:
    """Return nothing if the answers so far make a repository that works.

    Otherwise raise the error that cookiecutter prints as one line, wherever it is: between two questions, with the
    answers that it has, or before it writes the first file.
    """
    (names,) = HERE.glob("*cookiecutter.repo*/.github/image_build/image_name.py")
    found = module(HERE / "hooks/answer_rules.py").problem(answers, module(names))
    if found:
        raise FailedHookException(found)
    return ""


class Template(Extension):
    """Gives the template `directory()`, `origin()`, with `address`, `commit` and `problem`, and `check(answers)`."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["origin"] = lambda: origin_module().find_origin(HERE)
        environment.globals["check"] = check
        environment.globals["directory"] = lambda: HERE  # cookiecutter's own can be relative to where it was started
        # It logs a traceback for a hook that refuses, besides the error that it prints.
        logging.getLogger("cookiecutter.hooks").addFilter(lambda record: not record.exc_info)
