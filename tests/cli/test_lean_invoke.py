"""invoke is imported without parts that no task uses, and nothing else notices."""

import subprocess
import sys

IMPORT = (
    "from hubimages.cli.lean_invoke import lean_invoke\nwith lean_invoke():\n    from hubimages.cli import program\n"
)


def output(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", IMPORT + code], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_asyncio_and_a_second_pyyaml_are_not_imported() -> None:
    names = "('asyncio', 'unittest', 'invoke.vendor.yaml.cyaml')"
    code = f"import sys; print([each for each in {names} if each in sys.modules])"

    assert output(code) == "[]"


def test_mock_is_the_standard_library_s_for_whoever_imports_it_later() -> None:
    assert output("from unittest.mock import Mock; print(Mock(return_value=3)())") == "3"


def test_mock_that_was_imported_before_stays() -> None:
    code = "import unittest.mock, sys; before = unittest.mock.Mock\n" + IMPORT
    code += "print(sys.modules['unittest.mock'].Mock is before)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "True"


def test_the_garbage_collector_runs_again() -> None:
    assert output("import gc; print(gc.isenabled())") == "True"
