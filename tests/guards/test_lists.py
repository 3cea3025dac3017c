"""The lists that `nox -s mutants` reads name what is there: modules, tests, and the code of mutants that survive."""

import re

import pytest

from tests.command import ROOT
from tests.guards.__main__ import ARROW, read, short

MODULES, SURVIVORS = read("modules.toml"), read("survivors.toml")["survivors"]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_and_its_tests_are_there(module: str) -> None:
    names = [test.partition("[")[0].partition("::") for test in MODULES[module]["tests"]]
    assert names
    for file, _, name in [(module, "", ""), *names]:
        assert f"def {name}" in (ROOT / file).read_text(encoding="utf-8"), file


@pytest.mark.parametrize("number", range(len(SURVIVORS)))
def test_a_mutant_that_survives_is_of_code_that_is_there_and_has_a_reason(number: int) -> None:
    entry = SURVIVORS[number]
    assert entry["module"] in MODULES
    assert entry["reason"].endswith(".")
    lines = (ROOT / entry["module"]).read_text(encoding="utf-8").splitlines()
    code = " ".join(line.strip() for line in lines)
    for mutant in entry["mutants"]:
        old, arrow, new = mutant.partition(ARROW)
        assert (bool(arrow), old in code) == (True, True), mutant
        assert old != new


def test_a_diff_is_shown_as_what_is_old_and_new() -> None:
    removed, added = "-    if a:\n-        g()\n", "+    if (a) and False:\n+        g()\n"
    diff = f"--- a\n+++ a\n@@ -1,4 +1,4 @@\n def f():\n{removed}{added}     h()"
    assert short(diff) == f"if a: g(){ARROW}if (a) and False: g()"


def test_the_design_counts_the_mutants_of_each_module() -> None:
    design = (ROOT / "docs/design.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+\.py)` \| (\d+) \| (\d+) \| (\d+) \|$", design, re.MULTILINE)
    assert [f"hubimages/{module}" for module, *_ in rows] == [*MODULES]
    for module, made, killed, listed in rows:
        texts = sum(len(each["mutants"]) for each in SURVIVORS if each["module"] == f"hubimages/{module}")
        # Two functions may have a line that is the same.
        assert int(made) - int(killed) == int(listed) >= texts >= (int(listed) > 0), module
