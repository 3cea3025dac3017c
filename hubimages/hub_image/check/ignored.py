"""Which files of a build context a .dockerignore keeps out, as Docker and Podman read it.

https://docs.docker.com/build/concepts/context/#dockerignore-files: patterns of Go's filepath.Match and `**`, the last
that matches a path, or one of its folders, decides, `!` takes a path in again.
"""

import posixpath
import re
from collections.abc import Callable, Sequence

from hubimages.errors import BadInputError

Ignored = Callable[[str], bool]
# Pieces of a pattern: `*`; `**/` between folders; `**` inside of a name; `**` at the end.
STAR, TOP, FOLDERS, REST = "[^/]*", "(?:.*/)?", "(?:.*/){0,1}", ".*"
MOST_INSIDE = 3


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
    """Return the regular expression of a pattern, whose time does not grow with the number of `*`.

    What stands between two `*` of a name, or between two `**/`, is taken where it comes first, and for good (`?>`): if
    the rest does not match behind that, it does not match behind a later place either.
    """
    pieces = _pieces(pattern)
    if sum(piece == FOLDERS for piece in pieces) > MOST_INSIDE:
        raise BadInputError(
            f".dockerignore: {pattern[:60]} has more than {MOST_INSIDE} `**` inside of names. Write `*` there"
        )
    at = _next(pieces, 0, TOP)
    regex = _names(pieces[:at])
    while at < len(pieces):
        end = _next(pieces, at + 1, TOP)
        inside = _names(pieces[at + 1 : end])
        regex += f"(?>(?:.*?/)??{inside})" if end < len(pieces) else f"(?:.*/)?{inside}"
        at = end
    return regex


def _names(pieces: Sequence[str]) -> str:
    """Return the regular expression of pieces without `**/`."""
    regex, at = "", 0
    while at < len(pieces):
        if pieces[at] != STAR:
            regex, at = regex + pieces[at], at + 1
            continue
        end = min(_next(pieces, at + 1, each) for each in (STAR, "/", FOLDERS, REST))
        again = end < len(pieces) and pieces[end] == STAR
        fixed = "".join(pieces[at + 1 : end])
        regex, at = regex + (f"(?>[^/]*?{fixed})" if again else f"[^/]*{fixed}"), end
    return regex


def _next(pieces: Sequence[str], at: int, wanted: str) -> int:
    """Return the place of the next such piece, the end if there is none."""
    return next((place for place in range(at, len(pieces)) if pieces[place] == wanted), len(pieces))


def _pieces(pattern: str) -> list[str]:
    """Return the pattern's parts, each as a regular expression."""
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**"):  # whole folders, unless it ends the pattern
            alone = rest.startswith("**/") and (not at or pattern[at - 1] == "/")
            piece, at = (TOP if alone else REST if rest == "**" else FOLDERS), at + (3 if rest.startswith("**/") else 2)
        elif rest[0] == "*":
            piece, at = STAR, at + 1
        elif rest[0] == "?":
            piece, at = "[^/]", at + 1
        elif rest[0] == "[" and "]" in rest[2:]:
            end = rest.index("]", 2) + 1
            piece, at = rest[:end], at + end
        elif rest[0] == "\\" and len(rest) > 1:
            piece, at = re.escape(rest[1]), at + 2
        else:
            piece, at = re.escape(rest[0]), at + 1
        pieces.append(piece)
    return pieces
