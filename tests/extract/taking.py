"""How the tests of this folder extract: without the template, unless they are about it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hubimages import extract
from hubimages.extract import Result

IMAGE = "images/hub"


def take(
    source: Path | str, dest: Path, image: str = IMAGE, *, ask: Callable[[str], bool] = pytest.fail, **more: Any
) -> Result:
    """Extract `image` into DEST. A question that the test does not expect is a failure."""
    return extract.extract(extract.Request(str(source), image, dest, **{"template": False, **more}), ask)


def yes(question: str) -> bool:
    """The answer of a person who lets former paths be followed."""
    return bool(question)


def image(text: str, place: str = IMAGE, **more: str) -> dict[str, str]:
    """The files of a small image: a Dockerfile and two more, enough for a move to be recognised."""
    files = {"Dockerfile": f"FROM hub\nLABEL {text}\n", "start": "exec hub\n", "apt.txt": "git\n", **more}
    return {f"{place}/{name}": content for name, content in files.items()}


def at(text: str, **more: str) -> dict[str, str]:
    """The same files as `image` has, as the extracted repository shows them (git's stdout, stripped)."""
    return {name.removeprefix(f"{IMAGE}/"): content.strip() for name, content in image(text, **more).items()}
