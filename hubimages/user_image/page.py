"""x"""

from pathlib import Path

from hubimages.user_image.check import Report
from hubimages.user_image.reference import Inventory


def write_page(path: Path, inventory: Inventory, report: Report | None = None) -> None:
    """x"""
