"""Fill a template with values, and put the common look, its style and its script into the page."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from hubimages.console import visible

COMMON = "common.html"  # macros of every page: {% import "common.html" as common %}


def render(folder: str, name: str, **values: Any) -> str:
    """Return the HTML of `NAME.html` in a package's folder, with its `page.css` and `page.js` if it has them.

    `look` in the template is the common style, for before `style`; `tables` the common script, for before `script`.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    own, shared = files(folder), files("hubimages.page")
    texts = {entry.name: _text(entry) for entry in own.iterdir() if entry.name.endswith(".html")}
    environment = Environment(
        loader=DictLoader({**texts, COMMON: _text(shared / COMMON)}),
        autoescape=True,
        finalize=_shown,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{name}.html").render(
        look=_text(shared / "look.css"),
        tables=_text(shared / "tables.js"),
        style=_text(own / "page.css"),
        script=_text(own / "page.js"),
        **values,
    )


def _shown(value: object) -> object:
    """Return a text as a terminal shows it, too: characters that nobody sees or that reorder a line are escapes."""
    return visible(value) if type(value) is str else value


def _text(entry: Traversable) -> str:
    return entry.read_text(encoding="utf-8") if entry.is_file() else ""
