"""Tell which texts name an image directory, and where the files of a repository still do."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from hubimages.repository.git import Repo

HUBPLOY_DIRECTORY = re.compile(r"deployments/([^/]+)/image")  # hubploy's own layout: `hubploy build NAME`


def naming(directory: str) -> re.Pattern[str]:
    """Return the pattern of a path to the directory, or into it, as files of a repository write it."""
    return re.compile(rf"(?<![\w./-])(?:\./|\$\{{\{{[^}}]*\}}\}}/|\$\w+/)?{re.escape(directory)}(?![\w-])")


def hubploy_name(directory: str) -> str:
    """Return the name that hubploy builds the directory by, "" if it is none of hubploy's."""
    found = HUBPLOY_DIRECTORY.fullmatch(directory)
    return found[1] if found else ""


def texts(value: Any) -> Iterator[str]:
    """Yield every text in a value of a YAML file, keys left out."""
    if isinstance(value, dict):
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


def still_naming(repo: Repo, directory: str, text_of: Callable[[str], str | None]) -> list[str]:
    """Return `file:line` of every line outside of the directory that names it; `text_of` gives a file after the edits.

    Documentation and programs count, too, and so do addresses of a branch: a person decides what becomes of these
    lines. An address of a commit keeps leading to the files.
    """
    found = repo.answer("grep", "-l", "-z", "-I", "-F", "-e", directory, "HEAD", "--")
    files = [name.partition(":")[2] for name in found.split("\0") if name]
    longer = r"|(?<=/)(?<![0-9a-f]{40}/)" + re.escape(directory) + r"(?![\w-])" if "/" in directory else ""
    pattern = re.compile(naming(directory).pattern + longer)
    lines = []
    for file in files:
        if file.startswith(f"{directory}/"):
            continue
        for number, line in enumerate((text_of(file) or "").split("\n"), 1):
            if pattern.search(line):
                lines.append(f"{file}:{number}")
    return lines
