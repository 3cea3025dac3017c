"""Refuse answers that would make a repository that cannot work, with one line that says which and why.

cookiecutter renders this file and runs it before it writes any other. Standard library only.
"""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

ANSWERS = json.loads(r"""<< cookiecutter | jsonify >>""")
TEMPLATE = Path(ANSWERS["_repo_dir"])


def load(path: Path) -> ModuleType:
    """Return a file of the template as a module; nothing is written beside it."""
    sys.dont_write_bytecode = True
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    (names,) = TEMPLATE.glob("*cookiecutter.repo*/.github/image_build/image_name.py")
    found = load(TEMPLATE / "hooks/answer_rules.py").problem(ANSWERS, load(names))
    if found:
        sys.exit(found)
