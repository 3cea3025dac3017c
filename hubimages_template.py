"""Jinja extension of the template: cookiecutter imports it from the folder of cookiecutter.json."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

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


class Template(Extension):
    """Gives the template `origin()`: `address`, `commit` and `problem` of this copy."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["origin"] = lambda: origin_module().find_origin(HERE)
