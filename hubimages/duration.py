"""Read a length of time as people write it on a command line: `7d`, `12h`, `2w`, `6m`, `1y`."""

import re
from datetime import timedelta

from hubimages.console import count
from hubimages.errors import BadInputError

# A month is 30 days and a year 365: nobody waits by the calendar for an image to settle.
DAYS = {"h": 1 / 24, "d": 1, "w": 7, "m": 30, "y": 365}
NAMES = {"hour": "h", "day": "d", "week": "w", "month": "m", "year": "y"}
FORM = re.compile(r"(\d{1,4})[ \t]*([a-z]+)")


def duration(text: str) -> timedelta:
    """Return the length of time. Raises BadInputError for any other text."""
    matched = FORM.fullmatch(text.strip().lower())
    unit = matched[2] if matched else ""
    unit = NAMES.get(unit.removesuffix("s"), unit)
    if matched is None or unit not in DAYS:
        raise BadInputError(f"`{text}` is no length of time. Write for example 7d, 12h, 2w or 6m")
    return timedelta(days=int(matched[1]) * DAYS[unit])


def in_words(length: timedelta) -> str:
    """Return `3 days`, or `5 hours` for less than one day."""
    return count(length.days, "day") if length.days else count(length.seconds // 3600, "hour")
