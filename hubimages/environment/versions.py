"""Whether a package's version, as conda and pip write it, admits a release."""

import re

PART = re.compile(r"\s*+(===|==|=|~=|!=|>=|<=|>|<)?+\s*+([\d][\w.*+!-]*+)\s*+")
Release = tuple[int, ...]


def admits(version: str, release: Release) -> bool | None:
    """Return whether the version admits a release such as 3.12, of which only the given parts count.

    `=3.12`, `==3.12`, `3.12.*` and `~=3.12.1` admit 3.12; `>=3.11,<3.13` as well; `|` is "or". None if it cannot be
    told, for example for a version with letters.
    """
    results = [_all_admit(part, release) for part in version.split("|")]
    if any(result is True for result in results):
        return True
    return None if None in results else False


def _all_admit(version: str, release: Release) -> bool | None:
    results: list[bool | None] = []
    for part in version.split(","):
        if not part.strip() or part.strip() in ("*", "=", "==", "=*", "==*"):
            results.append(True)
            continue
        found = PART.fullmatch(part)
        results.append(_admits(found[1] or "=", found[2], release) if found else None)
    return False if False in results else None if None in results else True


def _admits(operator: str, number: str, release: Release) -> bool | None:  # noqa: PLR0911 - one line an operator
    numbers = re.match(r"\d{1,18}(?:\.\d{1,18})*", number)
    if not numbers:
        return None
    wanted = tuple(int(each) for each in numbers[0].split("."))
    size = min(len(wanted), len(release))
    ours, theirs = release[:size], wanted[:size]
    if operator == "~=" and len(wanted) <= len(release):
        return ours[: len(wanted) - 1] == theirs[: len(wanted) - 1] and ours >= theirs
    if operator in ("=", "==", "===", "~="):
        return ours == theirs
    if operator == "!=":
        return not (len(wanted) <= len(release) and ours == theirs)
    if operator == ">=":
        return ours >= theirs
    if operator == "<=":
        return ours <= theirs
    if operator == ">":  # 3.12.5 > 3.12, but no 3.12.x is in >3.12 for conda's `>3.12.*` alone
        return ours > theirs or (ours == theirs and (len(release) < len(wanted) or len(wanted) == len(release)))
    return ours < theirs or (ours == theirs and any(wanted[size:]))


def release_of(version: str) -> Release:
    """Return the numbers at the start of a version; empty without any."""
    found = re.match(r"\s*+[=<>~!]*+\s*+v?(\d{1,18}(?:\.\d{1,18})*)", version)
    return tuple(int(each) for each in found[1].split(".")) if found else ()
