"""What repo2docker refuses to build, in its own words."""

import re
from collections.abc import Iterator

from hubimages.environment.rules.python import is_about_python
from hubimages.environment.surroundings import Surroundings
from hubimages.findings import Finding
from hubimages.yaml_text import UnreadableYamlError

REMEDIES = {
    "snapshot date": "write a newer date in runtime.txt",
    "runtime.txt": "write python-3.12, r-4.4-2025-06-01 or another form of its documentation",
    "apt.txt": "write one Debian package on each line",
    "exclusive": "keep one of the two directories",
}


def refused(here: Surroundings) -> Iterator[Finding]:
    """What repo2docker fails on, apart from the Python version (see python.py)."""
    unreadable = isinstance(here.environment, UnreadableYamlError)
    if isinstance(here.environment, UnreadableYamlError) and here.choice.kind != "r":
        path = here.path("environment.yml" if here.has("environment.yml") else "environment.yaml")
        why = here.environment.problem
        line, remedy = _typed(here.texts.get(path, "")) or (here.environment.line, "correct it")
        yield Finding("unreadable-yaml", f"it is no valid YAML: {why}", remedy, path, line)
    told = set()
    for problem in here.choice.problems:
        first = problem.message.strip().splitlines()[0]
        if is_about_python(problem) or (unreadable and problem.at in ("python", "r", "installing")) or first in told:
            continue
        told.add(first)
        file = _file(here, first, problem.at)
        remedy = next((text for word, text in REMEDIES.items() if word in first), "correct it as repo2docker asks")
        yield Finding("repo2docker-refuses", f"repo2docker does not build this: {first}", remedy, file, problem.line)


def _typed(text: str) -> tuple[int, str] | None:
    """Return the line and the remedy for what an editor or a document puts in place of blanks and hyphens."""
    for line, written in enumerate(text.splitlines(), 1):
        if re.match(r" *\t", written):
            return line, "write blanks in place of the tab, which YAML does not take"
        if found := re.match(r"\s*([–—•‣*])\s", written):
            return line, f"write a hyphen (-) in place of {found[1]}"
    return None


def _file(here: Surroundings, message: str, at: str) -> str | None:
    for name in ("runtime.txt", "apt.txt", "pyproject.toml", "Dockerfile"):
        if name in message:
            return here.path(name) if name != "pyproject.toml" else name
    if at in ("python", "r") and here.choice.environment_file:
        return here.choice.environment_file
    return None
