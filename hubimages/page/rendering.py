"""Fill a template with values, and put the common look, its style and its script into the page."""

from importlib.resources import files
from typing import Any


def render(folder: str, name: str, **values: Any) -> str:
    """Return the HTML of `NAME.html` in a package's folder, with its `page.css` and `page.js`.

    `look` in the template is the common style, for before `style`; `tables` the common script, for before `script`.
    """
    from jinja2 import DictLoader, Environment, StrictUndefined

    own = files(folder)
    texts = {entry.name: entry.read_text(encoding="utf-8") for entry in own.iterdir() if entry.name.endswith(".html")}
    environment = Environment(
        loader=DictLoader(texts),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(f"{name}.html").render(
        look=(files("hubimages.page") / "look.css").read_text(encoding="utf-8"),
        tables=(files("hubimages.page") / "tables.js").read_text(encoding="utf-8"),
        style=(own / "page.css").read_text(encoding="utf-8"),
        script=(own / "page.js").read_text(encoding="utf-8"),
        **values,
    )
