"""The run over forty repositories that docs/each.md shows."""

import re
from pathlib import Path

import pytest

from tests.fleet import forty
from tests.fleet.hosting import Hosting, answering

VERSION = re.compile(r"repo2docker [\d.]+")


def shown() -> str:
    return forty.BLOCK.findall(forty.PAGE.read_text(encoding="utf-8"))[0]


def test_the_page_has_forty_rows_and_five_failures_of_five_kinds() -> None:
    rows = [line for line in shown().splitlines() if line.startswith("org/")]
    assert [row.split()[0] for row in rows] == [f"org/{subject}" for subject in forty.SUBJECTS]
    failed = [re.split(r"\s{2,}", row) for row in rows if "  failed  " in row]
    assert len(rows) == 40
    assert len({reason[:12] for _, _, reason in failed}) == len(failed) == 5


@pytest.mark.deep
def test_the_page_is_what_the_run_prints(tmp_path: Path) -> None:
    hosting = Hosting(tmp_path / "served")
    hosting.served.mkdir()
    (tmp_path / "home").mkdir()
    with answering(hosting) as api:
        told = forty.block(*forty.run(tmp_path / "home", hosting, api))
    assert VERSION.sub("", told) == VERSION.sub("", shown())
