"""postBuild and start: programs that the build and the server's start run."""

import re
from collections.abc import Iterator

from hubimages.environment.surroundings import Surroundings
from hubimages.findings import ERROR, WARNING, Finding

SHELL = re.compile(r"#!\s*(?:/usr/bin/env\s+(?:-S\s+)?|\S*/)?(?:ba|da|k|z)?sh\b")
HANDS_OVER = re.compile(r"""^[^#\n]*\bexec\b[^#\n]*(?:"?\$\{?[@*]\}?"?|jupyter)""", re.MULTILINE)
STARTS = re.compile(r"""^[ \t]*(?:"\$@"|\$@|"\$\{@\}"|\$\*)""", re.MULTILINE)


def scripts(here: Surroundings) -> Iterator[Finding]:
    """Line ends and first lines of both, and whether start starts the server."""
    for name in ("postBuild", "start"):
        text = here.text(name)
        if text is None or (here.choice.kind == "docker" and name == "start" and not text.strip()):
            continue
        path = here.path(name)
        if not text.strip():
            grade = ERROR if name == "start" else WARNING
            yield Finding("empty-script", f"{name} is empty", "remove it, or write the script", path, None, grade)
            continue
        first = text.splitlines()[0]
        if text.startswith("\ufeff"):
            yield Finding(
                "byte-order-mark",
                "a byte order mark stands before the first line",
                "save it as UTF-8 without one",
                path,
                1,
            )
        if "\r\n" in text:
            message = "its lines end as on Windows, so its interpreter is not found and its commands fail"
            yield Finding("windows-line-ends", message, "save it with LF line ends", path, 1)
        if not first.lstrip("\ufeff").startswith("#!"):
            if name == "start":
                message = "it has no first line such as #!/bin/bash, so the server does not start (Exec format error)"
                yield Finding("no-shebang", message, "begin it with #!/bin/bash", path, 1)
            else:
                message = "it has no first line such as #!/bin/bash, so sh runs it"
                yield Finding("no-shebang", message, "begin it with #!/bin/bash", path, 1, WARNING)
        elif not SHELL.match(first.lstrip("\ufeff")):
            continue
        if name == "start":
            yield from hands_over(path, text.replace("\r\n", "\n"))


def hands_over(path: str, text: str) -> Iterator[Finding]:
    """Whether a start script starts the server, and in its own place."""
    if HANDS_OVER.search(text):
        return
    if STARTS.search(text):
        message = "it starts the server below itself, so signals to stop do not reach the server"
        yield Finding("start-without-exec", message, 'start it with: exec "$@"', path, None, WARNING)
    else:
        yield Finding("start-without-exec", "it never starts the server", 'end it with: exec "$@"', path)
