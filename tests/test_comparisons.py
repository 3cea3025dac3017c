"""Each row of the comparisons names a test or a benchmark that exists, or says that it was read."""

import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
PAGE = (CHECKOUT / "docs/comparisons.md").read_text(encoding="utf-8")
# The tables whose last column is `shown by`; the others are a benchmark's, which the text above them names.
TABLES = re.findall(r"^\|.*\| shown by \|\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
BENCHMARK = re.compile(r"(?i)\bbenchmark `(\w+)`")


def test_every_row_is_shown_by_a_test_or_a_benchmark_that_exists_or_was_read() -> None:
    rows = [row for table in TABLES for row in table.splitlines()]
    assert len(rows) > 35
    for row in rows:
        shown = row.split(" | ")[-1]
        tests = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", shown)
        assert tests or BENCHMARK.search(shown) or "read" in shown, row
        for file, test in tests:
            assert (f"def {test}(" if test else "def test_") in (CHECKOUT / file).read_text(encoding="utf-8"), row


def test_every_benchmark_that_is_named_is_one_that_runs() -> None:
    named = set(BENCHMARK.findall(PAGE))
    assert {"extract", "references", "proposals", "update"} <= named
    # In a process of its own: the modules there have names that libraries have, too, such as `build`.
    asks = [sys.executable, "-c", "import every; print(*every.benchmarks())"]
    told = subprocess.run(asks, cwd=CHECKOUT / "benchmarks", check=True, capture_output=True, text=True).stdout
    assert named <= {*told.split()}


def test_every_table_has_its_proof() -> None:
    sections = re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]
    for section in sections:
        assert "| shown by |" in section or BENCHMARK.search(section), section.splitlines()[0]


def test_the_figures_are_those_of_the_benchmarks() -> None:
    results = (CHECKOUT / "docs/benchmarks.md").read_text(encoding="utf-8")
    clean = dict(
        re.findall(
            r"^\| `references` \| clean edits, ([\w.]+).*? \| (\d+ of 60, \d+) other lines", results, re.MULTILINE
        )
    )
    told = re.findall(r"^\| `?([\w.]+)`?.*? \| (\d+) \| (\d+) \| \d+ \| \d+ \| \d+ \| \d+ ms \|$", PAGE, re.MULTILINE)
    assert {name: f"{edits} of 60, {lines}" for name, edits, lines in told} == {"hubimages": "60 of 60, 0", **clean}
    (built,) = re.findall(r"one pip package changed, beside cold .*? \| ([\d.]+)% \|", results)
    assert f"{round(float(built))} % of a cold build" in PAGE
