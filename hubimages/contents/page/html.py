"""Write one self-contained page about an image, or about what is different between two."""

from pathlib import Path

from hubimages import disk
from hubimages.contents import report
from hubimages.contents.comparison import ImageComparison
from hubimages.contents.facts import Facts
from hubimages.page import render

FOLDER = "hubimages.contents.page"


def write_contents(path: Path, facts: Facts) -> None:
    """Write the page about one image. Raises OSError if it cannot be written."""
    disk.write_whole(path, render(FOLDER, "contents", facts=facts, report=report))


def write_comparison(path: Path, found: ImageComparison) -> None:
    """Write the page about two images. Raises OSError if it cannot be written."""
    changes = report.in_order(found.packages.changed)
    disk.write_whole(path, render(FOLDER, "comparison", found=found, changes=changes, report=report))
