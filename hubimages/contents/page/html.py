"""Write one self-contained page about an image, or about what is different between two."""

from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from hubimages.contents import report
from hubimages.contents.comparison import ImageComparison
from hubimages.contents.facts import Facts


def write_contents(path: Path, facts: Facts) -> None:
    """Write the page about one image. Raises OSError if it cannot be written."""
    path.write_text(render("contents.html", facts=facts), encoding="utf-8")


def write_comparison(path: Path, found: ImageComparison) -> None:
    """Write the page about two images. Raises OSError if it cannot be written."""
    path.write_text(
        render("comparison.html", found=found, changes=report.in_order(found.packages.changed)), encoding="utf-8"
    )


def render(name: str, **values: Any) -> str:
    """Return the HTML. It loads nothing, and every text from the images is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    folder = files("hubimages.contents.page")
    style = (folder / "page.css").read_text(encoding="utf-8")
    template = environment.from_string((folder / name).read_text(encoding="utf-8"))
    return template.render(style=style, report=report, **values)
