"""Read which packages an image contains, from their metadata. Nothing of the image is run or written to disk."""

from typing import TYPE_CHECKING

import lazy_loader

if TYPE_CHECKING:
    from hubimages.contents.comparison import Change, Comparison, compare
    from hubimages.contents.engine import read_local_image
    from hubimages.contents.image import Contents, read_saved_image
    from hubimages.contents.package import Package
    from hubimages.contents.report import (
        comparison_as_json,
        comparison_as_text,
        contents_as_json,
        contents_as_lines,
        contents_summary,
    )

__all__ = [
    "Change", "Comparison", "Contents", "Package", "compare", "comparison_as_json", "comparison_as_text",
    "contents_as_json", "contents_as_lines", "contents_summary", "read_local_image", "read_saved_image",
]  # fmt: skip

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "comparison": ["Change", "Comparison", "compare"],
        "engine": ["read_local_image"],
        "image": ["Contents", "read_saved_image"],
        "package": ["Package"],
        "report": [
            "comparison_as_json",
            "comparison_as_text",
            "contents_as_json",
            "contents_as_lines",
            "contents_summary",
        ],
    },
)
