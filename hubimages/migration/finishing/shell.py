"""Take a shell script apart into its commands, as far as it takes to judge them."""

import re

HERE_DOCUMENT = re.compile(
    r"(<<-?[ \t]*(?P<quote>['\"]?)(?P<end>\w+)(?P=quote)[^\n]*)\n(?:.*\n)*?[ \t]*(?P=end)[ \t]*(?=\n|$)"
)
CONTINUED = re.compile(r"\\\n[ \t]*")
# What stands before a command: words of the shell, programs that run another one, and variables for it alone.
# Each is one piece for good (`?>`): tried as single characters, too, 20 of them would take hours.
VALUE = r"(?>(?:\$\{\{.*?\}\}|\$\([^()]*(?:\([^()]*\)[^()]*)*\)|`[^`]*`|\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\s\"'`])*)"
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
    waiting = [script]
    while waiting:
        outer, inner = _apart(waiting.pop(0))
        found += outer
        waiting += inner
    return found


def _apart(script: str) -> tuple[list[str], list[str]]:
    """Return the commands of a script, and the scripts in its `$(...)` and backquotes."""
    text = CONTINUED.sub(" ", HERE_DOCUMENT.sub(r"\1", script))
    found: list[str] = []
    inner: list[str] = []
    here, quote, place = "", "", 0

    def finish() -> None:
        nonlocal here
        if words := re.sub(r"\s+", " ", here).strip():
            found.append(words)
        here = ""

    while place < len(text):
        end = _whole(text, place, quote)
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
        elif character in "\n;&|" or (character == "(" and not here.strip()) or (character == ")" and "(" not in here):
            finish()
        else:
            here += character
    finish()
    return found, inner


def _whole(text: str, place: int, quote: str) -> int:
    """Return where a piece ends that is one word, its beginning for none: `${{ }}`, `$( )`, backquotes, an escape."""
    if text.startswith("${{", place):  # GitHub fills it in before the shell reads it
        end = text.find("}}", place)
        return end + 2 if end >= 0 else place
    if quote == "'":
        return place
    if text.startswith("\\", place):
        return min(place + 2, len(text))
    if text.startswith("`", place):
        return text.find("`", place + 1) + 1 or place
    if text.startswith("$(", place) and not text.startswith("$((", place):
        depth = 0
        for end in range(place + 1, len(text)):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            if not depth:
                return end + 1
    return place
