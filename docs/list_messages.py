"""Print every text that a user can see, with its place, to be read from top to bottom: `nox -s messages`.

A text is a string of the code that has two words or more: messages, help, findings, questions. Docstrings count where
the command line shows them, in `hubimages/cli/tasks`.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
TEMPLATE = CHECKOUT / "<<cookiecutter.repo>>"
PLACES = (CHECKOUT / "hubimages", CHECKOUT / "hooks", TEMPLATE)
# What makes Python of a file of the template: its first branches, and some word where an answer will be.
JINJA = ((r"<%[+-]? else [+-]?%>.*?<%[+-]? endif [+-]?%>", ""), (r"<%.*?%>|<#.*?#>", ""), (r"<<.*?>>", "answer"))
TASKS = CHECKOUT / "hubimages/cli/tasks"


def shown(node: ast.expr) -> str | None:
    """The text of a string or an f-string, with `{...}` for what is filled in; None for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (
            each.value if isinstance(each, ast.Constant) else "{" + ast.unparse(each.value) + "}"
            for each in node.values
        )
        return "".join(str(part) for part in parts)
    return None


def docstrings(tree: ast.Module) -> set[int]:
    """The lines on which docstrings begin."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return {
        node.body[0].lineno
        for node in ast.walk(tree)
        if isinstance(node, kinds) and node.body and isinstance(node.body[0], ast.Expr)
    }


def texts(file: Path) -> Iterator[tuple[int, str]]:
    """The texts of one file with their lines."""
    code = file.read_text(encoding="utf-8")
    for pattern, text in JINJA if TEMPLATE in file.parents else ():
        code = re.sub(pattern, text, code, flags=re.DOTALL)
    tree = ast.parse(code)
    skipped = set() if TASKS in file.parents else docstrings(tree)
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in inside and node.lineno not in skipped:
            text = shown(node)
            if text and " " in text.strip() and any(character.isalpha() for character in text):
                yield node.lineno, " ".join(text.split())


def main() -> None:
    for place in PLACES:
        for file in sorted(place.rglob("*.py")):
            for line, text in sorted(texts(file)):
                print(f"{file.relative_to(CHECKOUT)}:{line}: {text}")  # noqa: T201


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        sys.stderr.close()
