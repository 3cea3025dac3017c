"""Make the mutants of one module, run its tests with each, and write what is left: `python -m tests.guards.one`."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from mutmut import configuration
from mutmut.__main__ import _run
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

from tests.guards import operators


def run(module: str, tests: list[str], processes: int) -> dict[str, list[str]]:
    """Return the diffs of the mutants by what became of them."""
    operators.install()
    shutil.rmtree("mutants", ignore_errors=True)
    configuration._config = replace(
        configuration._load_config(), only_mutate=[module], pytest_add_cli_args_test_selection=tests
    )  # fmt: skip
    _run((), processes)
    data = SourceFileMutationData(path=Path(module))
    data.load()
    found: dict[str, list[str]] = {}
    for name, code in data.exit_code_by_key.items():
        found.setdefault(status_by_exit_code[code], []).append(get_diff_for_mutant(name, path=module))
    return found


if __name__ == "__main__":
    module, target, processes, *tests = sys.argv[1:]
    Path(target).write_text(json.dumps(run(module, tests, int(processes))), encoding="utf-8")
