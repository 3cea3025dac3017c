"""Every finding has a line on the page and a test; here are those that no other test asks for."""

import ast
from pathlib import Path

import pytest

from tests.environment.test_check_environment import check

ROOT = Path(__file__).parents[2]
PYTHON = "- python=3.12\n"


def codes() -> set[str]:
    """The codes of all findings of the check, as the code yields them."""
    calls = (
        node
        for file in (ROOT / "hubimages/environment").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Finding"
    )
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}


def test_every_code_is_on_the_page_and_has_a_test() -> None:
    page = (ROOT / "docs/environment.md").read_text()
    tests = "\n".join(file.read_text() for file in (ROOT / "tests").rglob("*.py"))
    assert len(codes()) > 35
    assert [code for code in sorted(codes()) if f"`{code}`" not in page] == []
    assert [code for code in sorted(codes()) if f'"{code}"' not in tests and code not in ASKED_ELSEWHERE] == []


ASKED_ELSEWHERE = {
    "lock-not-read",  # where py-rattler is not installed
    "unreadable",  # tests/environment/test_check_environment.py, in a longer text
    "unreadable-package",  # of --solve
}


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"postBuild": "#!/bin/sh\n"}, "nothing-read"),
        ({"environment.yml": f"dependencies:\n{PYTHON}- pip\n- pip:\n  - a==1\n- pip:\n  - b==1\n"}, "pip-twice"),
        ({"environment.yml": f"dependencies:\n{PYTHON}- pip:\n  - a==1\n", "Dockerfile": "FROM a/b:1\n"}, "no-pip"),
        ({"environment.yml": f"dependencies:\n{PYTHON}- numpy=2.3  \n"}, "trailing-blanks"),
        ({"environment.yml": f"dependencies:\n{PYTHON}- numpy=2.3"}, "no-line-end"),
        ({"environment.yml": f"dependencies:\n{PYTHON}", "start": '\ufeff#!/bin/sh\nexec "$@"\n'}, "byte-order-mark"),
    ],
)
def test_a_mistake_is_found_with_its_code(files: dict[str, str], code: str, tmp_path: Path) -> None:
    assert code in {finding.code for finding in check(tmp_path, files).findings}
