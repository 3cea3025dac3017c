"""Write the pages about what extract-image and extract-images did."""

import json
from pathlib import Path

from hubimages.extract import Result
from hubimages.migration.outcome import FAILED, Run
from hubimages.migration.page.facts import read_image
from hubimages.migration.page.html import write_pages


def report_of_one(folder: Path, result: Result, *, private: bool = False) -> Path:
    """Write the pages about one extraction, and return the one to open. Raises StorageError."""
    facts = json.loads(result.as_json())
    image = read_image(
        result.dest, facts, state="pushed" if result.pushed_to else "made", origin=result.pushed_to or ""
    )
    return write_pages(folder, [image], private=private)[-1]


def report_of_run(folder: Path, run: Run, *, private: bool = False) -> Path:
    """Write the pages about a run of many, and return the one to open. Raises StorageError."""
    images = [
        read_image(
            Path(one.dest), one.report, state=one.state, remarks=one.remarks,
            problem=one.problem if one.state == FAILED else "", origin=one.pushed_to,
        )
        for one in run.outcomes
    ]  # fmt: skip
    return write_pages(folder, images, private=private)[0]
