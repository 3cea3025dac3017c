"""A run's end counts the reasons for skipped tests, each once."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).parent.parent
TESTS = """
import pytest
from tests import needs

@pytest.mark.parametrize("number", range(30))
def test_many(number):
    needs.ENGINE.missing(f"detail {number}")

def test_one():
    needs.BROWSER.program("no-such-browser")

@pytest.mark.skipif(True, reason="only on another machine")
def test_mark():
    pass
"""


def run(folder: Path, *words: str, required: str = "") -> str:
    (folder / "test_it.py").write_text(TESTS)
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
    argv = [sys.executable, "-c", code, "-p", "tests.skips", "-c", "/dev/null", *words, str(folder)]
    env = {"PATH": "/nowhere", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", needs.VARIABLE: required}
    return subprocess.run(argv, capture_output=True, text=True, check=False, cwd=folder, env=env).stdout


@pytest.mark.parametrize("words", [(), ("-p", "xdist", "-n", "2")], ids=["one process", "two"])
def test_each_reason_is_one_line_with_its_number(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = run(tmp_path, *words).splitlines()
    assert said[-4:-1] == [
        f"   30 {needs.ENGINE.reason()}",
        f"    1 {needs.BROWSER.reason()}",
        "    1 only on another machine",
    ]
    assert " 32 skipped in " in said[-1]


def test_what_is_required_fails_with_what_was_missing(tmp_path: Path) -> None:
    said = run(tmp_path, "-rf", required="browser")
    assert f"{needs.BROWSER.reason()} (none of no-such-browser is on PATH)" in said
    assert "1 failed, 31 skipped" in said
    assert "31 failed, 1 skipped" in run(tmp_path, required="all")
