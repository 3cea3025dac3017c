"""Make the mutants of modules, run the tests with each, and write what is left: `python -m tests.guards.making`."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mutmut import configuration
from mutmut.__main__ import _run
from mutmut.mutation.data import SourceFileMutationData
from mutmut.mutation.diff_apply import get_diff_for_mutant
from mutmut.stats import status_by_exit_code

from tests.guards import operators
from tests.memory import MEMORY, usable

FOLDER = "hubimages-mutants-"
PLACES = (Path(tempfile.gettempdir()), MEMORY)


def run(tests: Mapping[str, Sequence[str]], processes: int) -> dict[str, dict[str, list[str]]]:
    """Return the diffs of the mutants of each module by what became of them; `tests` are those of each module."""
    operators.install(tests)
    shutil.rmtree("mutants", ignore_errors=True)
    every = list(dict.fromkeys(test for those in tests.values() for test in those))
    configuration._config = replace(
        configuration._load_config(), only_mutate=list(tests), pytest_add_cli_args_test_selection=every
    )  # fmt: skip
    _run((), processes)
    return {module: found(module) for module in tests}


def found(module: str) -> dict[str, list[str]]:
    """Return the diffs of the mutants of a module by what has become of them so far."""
    data = SourceFileMutationData(path=Path(module))
    data.load()
    states: dict[str, list[str]] = {}
    for name, code in data.exit_code_by_key.items():
        states.setdefault(status_by_exit_code[code], []).append(get_diff_for_mutant(name, path=module))
    return states


def keep_apart() -> None:
    """Have each process that runs tests keep its files in a folder of its own, which goes when the process has ended.

    A mutant that never ends writes files until it is killed: hundreds of thousands, where memory takes three million.
    """
    os.register_at_fork(before=remove_ended, after_in_child=begin)


def begin() -> None:
    own = PLACES[usable()] / f"{FOLDER}{os.getpid()}"
    own.mkdir(exist_ok=True)
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(own)


def remove_ended() -> None:
    for each in (each for place in PLACES for each in place.glob(f"{FOLDER}*")):
        try:
            os.kill(int(each.name.removeprefix(FOLDER)), 0)
        except ProcessLookupError:
            shutil.rmtree(each, ignore_errors=True)
        except PermissionError:  # it runs, and is another user's
            pass


if __name__ == "__main__":
    target, processes, tests = sys.argv[1:]
    keep_apart()
    Path(target).write_text(json.dumps(run(json.loads(tests), int(processes))), encoding="utf-8")
    remove_ended()
