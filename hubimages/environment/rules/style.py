"""How files are written, where that changes nothing in the image."""

import re
from collections.abc import Iterator

from hubimages.environment.specs import EnvironmentFile
from hubimages.environment.surroundings import ENVIRONMENT, Surroundings
from hubimages.findings import WARNING, Finding


def style(here: Surroundings) -> Iterator[Finding]:
    """Line ends, blanks at the end of lines, a missing line end, and a name or prefix that nothing uses."""
    for name in (*ENVIRONMENT, "requirements.txt", "apt.txt", "runtime.txt", "install.R"):
        text = here.text(name)
        if text is None:
            continue
        path = here.path(name)
        if "\r\n" in text:
            message = "its lines end as on Windows"
            if name == "apt.txt":
                message += ", which repo2docker reads and a Dockerfile that gives it to apt-get does not"
            yield Finding(
                "windows-line-ends", message, "save it with LF line ends", path, 1, WARNING, style=name != "apt.txt"
            )
        if name in ENVIRONMENT:
            blanks = [number for number, line in enumerate(text.split("\n"), 1) if re.search(r"[ \t]\r?$", line)]
            if blanks:
                yield Finding(
                    "trailing-blanks",
                    f"{len(blanks)} lines end in blanks" if len(blanks) > 1 else "the line ends in blanks",
                    "remove them",
                    path,
                    blanks[0],
                    WARNING,
                    style=True,
                )
            if text and not text.endswith("\n"):
                yield Finding(
                    "no-line-end",
                    "the last line has no line end",
                    "add one",
                    path,
                    text.count("\n") + 1,
                    WARNING,
                    style=True,
                )
    if isinstance(here.environment, EnvironmentFile):
        found = re.search(r"^prefix:.*$", here.environment.text, re.MULTILINE)
        if found:
            line = here.environment.text.count("\n", 0, found.start()) + 1
            yield Finding(
                "prefix",
                "nothing reads `prefix`, which names a directory of one machine",
                "remove it",
                here.environment.path,
                line,
                WARNING,
                style=True,
            )
