"""Write the project's address, `_address` in cookiecutter.json, into every document that names the one before it.

`nox -s docs` runs it; tests/test_address.py fails where a document differs.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent
INSTALL = re.compile(r"pipx install git\+(\S+)")  # of the README: the address that the documents have now


def documents() -> Iterator[Path]:
    """Everything for people that may name the address."""
    yield from (CHECKOUT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "mkdocs.yml"))
    yield from sorted((CHECKOUT / "docs").glob("*.md"))


def rewritten(text: str, before: str, after: str) -> str:
    """The text with another address, and its short form of an action, OWNER/NAME/..., too."""
    short_before, short_after = (address.removeprefix("https://github.com/") for address in (before, after))
    text = re.sub(rf"{re.escape(before)}(?![\w-])", after, text)
    return re.sub(rf"(?<=uses: ){re.escape(short_before)}(?=/)", short_after, text)


def main() -> None:
    """Rewrite what differs."""
    after = json.loads((CHECKOUT / "cookiecutter.json").read_text(encoding="utf-8"))["_address"]
    found = INSTALL.search((CHECKOUT / "README.md").read_text(encoding="utf-8"))
    before = found[1] if found else after
    for document in documents():
        text = document.read_text(encoding="utf-8")
        if rewritten(text, before, after) != text:
            document.write_text(rewritten(text, before, after), encoding="utf-8")


if __name__ == "__main__":
    main()
