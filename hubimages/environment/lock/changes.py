"""What changes from one lock to another, as a table in Markdown."""

from hubimages.environment.lock.model import Lock, Locked
from hubimages.markdown import cell

Row = tuple[str, str, str, str]  # package, before, after, platforms


def changes(before: Lock, after: Lock) -> list[Row]:
    """Return a row for each package that is new, gone or has another version or build, by name.

    Platforms on which a package changes in the same way share a row.
    """
    old, new = _by_key(before), _by_key(after)
    rows: dict[tuple[str, str, str], list[str]] = {}
    for key in sorted(old.keys() | new.keys()):
        name, platform = key
        one, other = old.get(key), new.get(key)
        was, now = _shown(one, other), _shown(other, one)
        if was != now:
            rows.setdefault((name, was, now), []).append(platform)
    return [(*row, ", ".join(platforms)) for row, platforms in rows.items()]


def _by_key(lock: Lock) -> dict[tuple[str, str], Locked]:
    suffix = {"conda": "", "pip": " (pip)"}
    return {(each.name + suffix[each.manager], each.platform): each for each in lock.packages}


def _shown(one: Locked | None, other: Locked | None) -> str:
    """Return a version, with its build where that alone differs."""
    if one is None:
        return ""
    same = other is not None and one.version == other.version
    if same and one.build:
        return f"{one.version} {one.build}"
    return one.version if not same or not one.sha256 else f"{one.version} {one.sha256[:12]}"


def as_table(rows: list[Row], longest: int | None = None) -> str:
    """Return the rows as a Markdown table, with a line that counts them.

    With `longest`, at most so many characters in the table, and a line on what was left out.
    """
    if not rows:
        return "No package changes."
    number = f"{len(rows)} package{'s change' if len(rows) != 1 else ' changes'}."
    lines = ["| package | before | after | platforms |", "|---|---|---|---|"]
    lines += ["| " + " | ".join(cell(each) if each else "—" for each in row) + " |" for row in rows]
    shown = 0
    room = longest if longest is not None else sum(len(line) + 1 for line in lines)
    while shown < len(lines) and (room := room - len(lines[shown]) - 1) >= 0:
        shown += 1
    more = [] if shown == len(lines) else ["", f"The message of the commit has the other {len(lines) - shown} rows."]
    return "\n".join([number, "", *lines[:shown], *more])
