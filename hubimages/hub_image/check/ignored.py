"""Which files of a build context a .dockerignore keeps out, as Docker and Podman read it.

https://docs.docker.com/build/concepts/context/#dockerignore-files: patterns of Go's filepath.Match and `**`, the last
that matches a path, or one of its folders, decides, `!` takes a path in again.
"""

import posixpath
import re
from collections.abc import Callable

Ignored = Callable[[str], bool]


def ignored(text: str) -> Ignored:
    """Return the function that says whether the .dockerignore with this text keeps a path of the context out."""
    rules = [rule for line in text.splitlines() if (rule := parsed(line))]

    def is_ignored(path: str) -> bool:
        parts = path.split("/")
        folders = ["/".join(parts[: number + 1]) for number in range(len(parts))]
        out = False
        for takes_in, pattern in rules:
            if takes_in == out and any(pattern.fullmatch(folder) for folder in folders):
                out = not takes_in
        return out

    return is_ignored


def parsed(line: str) -> tuple[bool, re.Pattern[str]] | None:
    """Return whether a line takes paths in again, and its pattern; None for a comment or an empty line."""
    if line.startswith("#"):
        return None
    pattern = line.strip().removeprefix("\ufeff")
    takes_in = pattern.startswith("!")
    pattern = posixpath.normpath(pattern.removeprefix("!").strip() or ".").lstrip("/")
    if pattern in (".", ""):
        return None
    return takes_in, re.compile(as_regex(pattern), re.DOTALL)


def as_regex(pattern: str) -> str:
    """Return the regular expression of a pattern."""
    regex, at = "", 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**/"):
            regex, at = regex + "(?:.*/)?", at + 3
        elif rest.startswith("**"):  # whole folders, unless it ends the pattern
            regex, at = regex + (".*" if rest == "**" else "(?:.*/)?"), at + 2
        elif rest[0] == "*":
            regex, at = regex + "[^/]*", at + 1
        elif rest[0] == "?":
            regex, at = regex + "[^/]", at + 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2) + 1
            regex, at = regex + rest[:end], at + end
        elif rest[0] == "\\" and len(rest) > 1:
            regex, at = regex + re.escape(rest[1]), at + 2
        else:
            regex, at = regex + re.escape(rest[0]), at + 1
    return regex
