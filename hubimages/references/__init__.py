"""Which hubs run which image: find the references, check them, point hubs at another tag."""

from typing import TYPE_CHECKING, Any

from hubimages.user_image.listing import as_json, as_lines, summary
from hubimages.user_image.reference import Form, Inventory, NotRead, Place, Reference, is_hub
from hubimages.user_image.scan import find_references

if TYPE_CHECKING:
    from pathlib import Path

    from hubimages.user_image.check import Report

__all__ = [
    "Form", "Inventory", "NotRead", "Place", "Reference",
    "as_json", "as_lines", "check_images", "find_references", "is_hub", "summary", "write_page",
]  # fmt: skip


def check_images(inventory: Inventory, *, online: bool = True, limits: Any = None) -> "Report":
    """See `check_online`; imported late, with all that speaks HTTP."""
    from hubimages.user_image.check_online import check_images

    return check_images(inventory, online=online, limits=limits)


def write_page(path: "Path", inventory: Inventory, report: "Report | None" = None) -> None:
    """See `page`; imported late, with the templates' engine."""
    from hubimages.user_image.page import write_page

    write_page(path, inventory, report)
