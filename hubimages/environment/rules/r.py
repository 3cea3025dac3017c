"""runtime.txt and install.R."""

import re
from collections.abc import Iterator

from hubimages.environment.surroundings import Surroundings
from hubimages.findings import ERROR, WARNING, Finding, Grade

REPOS = re.compile(
    r"^[^#\n]*\b(?:install\.packages|options)\s*\([^#\n]*\brepos\s*=[^#\n]*(?:https?:|CRAN)", re.MULTILINE
)


def runtime(here: Surroundings) -> Iterator[Finding]:
    """A runtime.txt whose version does not choose anything."""
    text = here.text("runtime.txt")
    if text is None or here.choice.kind in ("docker", "none"):
        return
    path, value = here.path("runtime.txt"), text.strip()
    name = value.partition("-")[0]
    if name not in ("python", "r"):
        message = f"{value[:40]!r} names neither python nor r, so it chooses nothing"
        yield Finding("runtime", message, "write python-3.12 or r-4.4-2025-06-01, for example", path, 1)
    elif name == "r" and not re.search(r"\d{4}-\d{2}-\d{2}$", value):
        grade: Grade = ERROR if here.choice.kind != "r" else WARNING
        message = (
            f"{value[:40]!r} has no date, so it does not choose R"
            if grade == ERROR
            else f"{value[:40]!r} has no date, so R packages are those of the day of the build"
        )
        yield Finding("runtime", message, f"add the day of the CRAN snapshot: {value}-2025-06-01", path, 1, grade)


def install(here: Surroundings) -> Iterator[Finding]:
    """An install.R that leaves the snapshot of runtime.txt."""
    text = here.text("install.R")
    if text is None or here.choice.kind != "r":
        return
    for found in REPOS.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        message = (
            "it sets `repos`, so packages do not come from the snapshot of runtime.txt, and are compiled from source"
        )
        yield Finding("install-r-repos", message, "leave `repos` out", here.path("install.R"), line, WARNING)
    for found in re.finditer(r"^[^#\n]*\bbiocLite\s*\(", text, re.MULTILINE):
        line = text.count("\n", 0, found.start()) + 1
        message = "biocLite() was removed from Bioconductor"
        yield Finding("install-r-bioclite", message, "call BiocManager::install()", here.path("install.R"), line)
