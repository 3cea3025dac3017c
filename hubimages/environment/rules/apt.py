"""apt.txt: Debian packages, one on each line."""

import re
from collections.abc import Iterator

from hubimages.environment.surroundings import Surroundings
from hubimages.findings import ERROR, WARNING, Finding

PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]*(?::[a-z0-9-]+)?(?:[=/][\w.+~:*-]+)?")


def lines(here: Surroundings) -> Iterator[Finding]:
    """Options, commands and names that are no package; repo2docker checks only how a line begins."""
    text = here.text("apt.txt")
    if text is None:
        return
    path = here.path("apt.txt")
    first: dict[str, int] = {}
    for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if words[0] in ("apt", "apt-get", "RUN") or (words[0] == "sudo" and len(words) > 1):
            message = f"{' '.join(words[:3])!r} is a command; the file lists packages"
            yield Finding("apt-command", message, "write the packages alone, one on each line", path, number, ERROR)
            continue
        for word in words:
            if word.startswith("-"):
                message = f"{word!r} is an option for apt-get, which repo2docker sorts to another place of its command"
                yield Finding("apt-option", message, "remove it", path, number, WARNING)
            elif not PACKAGE.fullmatch(word):
                message = f"{word!r} is no name of a Debian package"
                yield Finding("apt-name", message, "write one package on each line, in lower case", path, number, ERROR)
            elif word in first:
                yield Finding(
                    "duplicate", f"{word} stands in line {first[word]} already", "remove it", path, number, WARNING
                )
            else:
                first[word] = number
