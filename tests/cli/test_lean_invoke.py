"""invoke is imported without parts that no task uses, and nothing else notices."""

import subprocess
import sys

IMPORT = (
    "from hubimages.cli.lean_invoke import lean_invoke\nwith lean_invoke():\n    from hubimages.cli import program\n"
)


def output(code: str) -> str:
    ran = subprocess.run([sys.executable, "-c", IMPORT + code], capture_output=True, text=True, check=True)
    return ran.stdout.strip()


def test_asyncio_email_and_a_second_pyyaml_are_not_imported() -> None:
    names = "('asyncio', 'unittest', 'email.message', 'zipfile', 'importlib.metadata', 'invoke.vendor.yaml.cyaml')"
    code = f"import sys; print([each for each in {names} if each in sys.modules])"

    assert output(code) == "[]"


# What takes a task's time, and what no overview or help may wait for.
HEAVY = (
    "asyncio", "concurrent.futures.thread", "cookiecutter", "cyclonedx", "detect_secrets", "git_filter_repo",
    "github", "http.client", "jinja2", "jsonschema_rs", "jupyterhub", "kubernetes_validate", "kubespawner", "nox",
    "pytest", "rattler", "repo2docker", "requests", "rich.console", "ruamel.yaml", "ssl", "traitlets",
    "unittest.mock", "urllib3",
)  # fmt: skip


def test_neither_the_overview_nor_a_help_waits_for_what_tasks_import() -> None:
    code = f"""
import contextlib, io, sys
for words in ["--list"], ["help", "commits"], ["--complete", "words", "hubimages", ""], *(
    [name, "--help"] for name in program.contexts()
):
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        program.HubImages().run(["hubimages", *words])
print([name for name in {HEAVY!r} if name in sys.modules and hasattr(sys.modules[name], "__file__")])
print([name for name in sys.modules if name.startswith("hubimages.") and name.count(".") > 1
       and not name.startswith("hubimages.cli.")])
"""

    assert output(code) == "[]\n[]"


def test_mock_is_the_standard_library_s_for_whoever_imports_it_later() -> None:
    assert output("from unittest.mock import Mock; print(Mock(return_value=3)())") == "3"


def test_versions_of_packages_are_the_installed_ones_for_whoever_asks_later() -> None:
    code = "import importlib, importlib.metadata\n"
    code += "print(importlib.metadata.version('invoke') == importlib.metadata.distribution('invoke').version)"

    assert output(code) == "True"


def test_mock_that_was_imported_before_stays() -> None:
    code = "import unittest.mock, sys; before = unittest.mock.Mock\n" + IMPORT
    code += "print(sys.modules['unittest.mock'].Mock is before)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout.strip() == "True"


def test_the_garbage_collector_runs_again() -> None:
    assert output("import gc; print(gc.isenabled())") == "True"
