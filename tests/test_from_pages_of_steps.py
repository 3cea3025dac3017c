"""The tables that lead from pages of steps to commands name tests and tasks that exist, a test in each row."""

import re
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
PAGE = (CHECKOUT / "docs/from-pages-of-steps.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| step or note")]


def test_every_row_names_a_test_that_exists_or_is_done_by_hand() -> None:
    assert len(ROWS) > 50
    for row in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", row)
        assert named or "**by hand**" in row, row
        for file, test in named:
            assert f"def {test}(" in (CHECKOUT / file).read_text(), f"{file}::{test}"


def test_every_task_that_a_row_names_exists() -> None:
    tasks = set(re.findall(r"^### ([\w-]+)$", (CHECKOUT / "docs/reference.md").read_text(), re.MULTILINE))
    cells = " ".join(row.split("|")[2] for row in ROWS)
    named = set(re.findall(r"`([a-z]+-[a-z-]+)(?: [^`]*)?`", cells))
    assert len(named) > 10
    assert named - tasks == {"binderhub-service"} & named
