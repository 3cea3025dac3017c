"""`nox -s bench` runs each benchmark and writes one page, in which missed goals and what was not run stand, too."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

CHECKOUT = Path(__file__).parent.parent
FOLDER = CHECKOUT / "benchmarks"

SCRIPTS = {
    "good": "show(['machine', 'medians of 3'], [Row('one | tag', '2.0 s', '1.0 s', '2.00x', 'at least 3x', 'NOT MET'),"
            "Row('  CPU', '', '1 s', '', '', ''), Row('memory', '', '9 MB', '', 'at most 20', 'met')]); sys.exit(1)",
    "lacking": "cannot_run('no container engine answers: start Docker')",
    "broken": "raise ValueError('boom')",
}  # fmt: skip


@pytest.fixture
def every(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The runner, in a folder of benchmarks that end in each way."""
    monkeypatch.syspath_prepend(str(FOLDER))
    import every

    for name, body in SCRIPTS.items():
        text = f"import sys\nsys.path.insert(0, {str(FOLDER)!r})\nfrom table import Row, cannot_run, show\n"
        (tmp_path / f"{name}.py").write_text(
            f"{text}def main():\n    {body}\n\nif __name__ == '__main__':\n    main()\n"
        )
    monkeypatch.setattr(every, "HERE", tmp_path)
    monkeypatch.setattr(every, "RESULTS", tmp_path / "results.json")
    monkeypatch.setattr(every, "PAGE", tmp_path / "page.md")
    return every


def ran(every: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, dict[str, Any], str]:
    """Run it; return the exit code, the results and the page."""
    monkeypatch.setattr(sys, "argv", ["every.py", *words])
    code = every.main()
    return code, json.loads(every.RESULTS.read_text()), every.PAGE.read_text()


def test_missed_goals_and_what_was_not_run_stand_on_the_page(
    every: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, results, page = ran(every, monkeypatch)
    assert code == 1  # one is broken
    assert results["lacking"] == {"not_run": "no container engine answers: start Docker"}
    assert results["broken"] == {"failed": "exit code 1: ValueError: boom"}
    load = "–".join(map(str, results["good"]["load"]))
    assert "Of 2 goals, 1 are met and 1 are missed." in page
    assert f"| `good` | one \\| tag | 2.0\u00a0s | 1.0\u00a0s | 2.00x | at least 3x | **missed** | {load} |" in page
    assert f"| `good` | one \\| tag: CPU |  | 1\u00a0s |  |  |  | {load} |" in page
    assert "- `lacking`: no container engine answers: start Docker\n" in page
    assert "- `broken`: failed with exit code 1: ValueError: boom\n" in page
    assert "medians of 3 |" in page


def test_only_replaces_the_figures_of_what_it_names_and_a_failure_keeps_them(
    every: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran(every, monkeypatch)
    before = {**json.loads(every.RESULTS.read_text()), "broken": {"tables": [], "load": [0, 0], "arguments": [],
              "date": "2026-01-01", "seconds": 1, "machine": "one"}}  # fmt: skip
    every.RESULTS.write_text(json.dumps({**before, "gone": {"not_run": "an earlier benchmark"}}))
    code, results, _ = ran(every, monkeypatch, "--only=broken")
    assert (code, results) == (1, before)
    code, results, _ = ran(every, monkeypatch, "--only=lacking")
    assert (code, results) == (0, before)
    assert "lacking: not run: no container engine answers: start Docker\n" in capsys.readouterr().err


def test_the_page_of_this_tree_is_made_from_its_results(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(FOLDER))  # no longer: there are names that libraries have, too
    from results_page import page

    assert (CHECKOUT / "docs/benchmarks.md").read_text() == page(json.loads((FOLDER / "results.json").read_text()))


def test_every_benchmark_is_listed_and_has_help() -> None:
    argv = [sys.executable, str(FOLDER / "every.py"), "--list"]
    listed = subprocess.check_output(argv, text=True).splitlines()
    assert {line.split()[0] for line in listed} > {"build", "extract", "migration", "proposals", "references", "update"}
    for line in listed:
        name, *words = line.split()
        assert all(word in (FOLDER / f"{name}.py").read_text() for word in
                   (option.partition("=")[0] for option in words if option.startswith("--"))), line  # fmt: skip
    assert "HUBIMAGES_BENCHMARK_JSON" not in os.environ
