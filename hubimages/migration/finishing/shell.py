"""Take a shell script apart into its commands, as far as it takes to judge them."""

import re
from bisect import bisect_right
from collections.abc import Mapping

HERE_DOCUMENT = re.compile(r"<<-?[ \t]*+(?P<quote>['\"]?)(?P<end>\w++)(?P=quote)")
CONTINUED = re.compile(r"\\\n[ \t]*")
LONGEST = 21_000  # characters of an expression of GitHub Actions, which takes no longer ones
MOST = 50_000_000  # characters that are read, scripts inside of scripts once for each level
# What stands before a command: words of the shell, programs that run another one, and variables for it alone.
# Each is one piece for good (`?>`): tried as single characters, too, 20 of them would take hours.
VALUE = (
    r"(?>(?:\$\{\{(?:(?!\$\{\{).)*?\}\}|\$\([^()]*(?:\([^()]*\)[^()]*)*\)"
    r"|`[^`]*`|\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\s\"'`])*)"
)
BEFORE = re.compile(
    r"(?:(?:if|then|else|elif|do|while|until|!|\{|time|command|exec|nohup|env)(?= |$)"
    rf"|sudo(?: -[A-Za-z]+)*(?= |$)|[A-Za-z_]\w*\+?={VALUE}(?= |$)) ?"
)


def bare(command: str) -> str:
    """Return a command without what stands before it, "" for variables alone."""
    while found := BEFORE.match(command):
        command = command[found.end() :]
    return command


def commands(script: str) -> list[str]:
    """Return the commands of a script, those in `$(...)` and backquotes, too; comments and here-documents left out."""
    found: list[str] = []
    scripts, left = [script], MOST
    while scripts and (left := left - sum(map(len, scripts))) >= 0:
        apart = [_apart(each) for each in scripts]
        found += [command for outer, _ in apart for command in outer]
        scripts = [each for _, inner in apart for each in inner]
    return found + scripts


def _apart(script: str) -> tuple[list[str], list[str]]:
    """Return the commands of a script, and the scripts in its `$(...)` and backquotes."""
    text = CONTINUED.sub(" ", _without_here_documents(script))
    ends = _ends(text)
    found: list[str] = []
    inner: list[str] = []
    here, quote, place = "", "", 0

    def finish() -> None:
        nonlocal here
        if words := re.sub(r"\s+", " ", here).strip():
            found.append(words)
        here = ""

    while place < len(text):
        end = _whole(text, place, quote, ends)
        if end > place:  # one piece, whatever is in it
            piece = text[place:end]
            inner += [piece[2:-1]] if piece.startswith("$(") else [piece[1:-1]] if piece.startswith("`") else []
            here, place = here + piece, end
            continue
        character = text[place]
        place += 1
        if quote:
            quote = "" if character == quote else quote
            here += character
        elif character in "\"'":
            quote = character
            here += character
        elif character == "#" and (not here or here[-1].isspace()):
            place = (text.find("\n", place) + 1 or len(text) + 1) - 1
        elif character == "&" and (here.endswith(">") or text.startswith(">", place)):  # 2>&1, &>file
            here += character
        elif (
            character in "\n;&|"
            or (character == "(" and (not here or here.isspace()))
            or (character == ")" and "(" not in here)
        ):
            finish()
        else:
            here += character
    finish()
    return found, inner


def _without_here_documents(script: str) -> str:
    """Return the script with the lines that begin here-documents, and without what is in them."""
    lines = script.split("\n")
    ends: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        ends.setdefault(line.strip(" \t"), []).append(number)
    kept, number = [], 0
    while number < len(lines):
        kept.append(lines[number])
        after = number
        for found in HERE_DOCUMENT.finditer(lines[number]):
            closing = ends.get(found["end"], [])
            if (next_one := bisect_right(closing, number)) < len(closing):
                after = closing[next_one]
                break
        number = after + 1
    return "\n".join(kept)


def _ends(text: str) -> dict[int, int]:
    """Return where each `(` of the text has its `)`, whatever is quoted, in one pass."""
    ends: dict[int, int] = {}
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")" and opened:
            ends[opened.pop()] = place
    return ends


def _whole(text: str, place: int, quote: str, ends: Mapping[int, int]) -> int:
    """Return where a piece ends that is one word, its beginning for none: `${{ }}`, `$( )`, backquotes, an escape."""
    if text.startswith("${{", place):  # GitHub fills it in before the shell reads it
        end = text.find("}}", place, place + LONGEST)
        return end + 2 if end >= 0 else place
    if quote == "'":
        return place
    if text.startswith("\\", place):
        return min(place + 2, len(text))
    if text.startswith("`", place):
        return text.find("`", place + 1) + 1 or place
    if text.startswith("$(", place) and not text.startswith("$((", place):
        return ends.get(place + 1, place - 1) + 1
    return place
