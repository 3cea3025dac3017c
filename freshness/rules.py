"""Rules of registries that our messages and defaults rest on: does their source still say so?"""

import html
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from freshness.findings import Behind, Unknown
from freshness.sources import Sources, get, why
from hubimages.errors import HubImagesError

RULES = Path(__file__).with_name("rules.json")
STALE = timedelta(days=365)


def check(root: Path, sources: Sources, today: date | None = None) -> Iterator[Behind | Unknown | None]:
    """Look for each rule's words on the page that it was read on; a rule that was read a year ago is read again."""
    for rule in json.loads(RULES.read_text(encoding="utf-8")):
        address = rule["source"]
        asked = f"{sources.rules}{urlsplit(address).path}" if sources.rules else address
        try:
            text = words(get(asked).text)
        except HubImagesError as error:
            yield Unknown(rule["rule"], why(error))
            continue
        remedy = (
            f"Read it, mend {', '.join(rule['places'])}, and write the new words and date into freshness/rules.json"
        )
        if words(rule["words"]) not in text:
            yield Behind(rule["rule"], f"{rule['words']!r}", "the page says something else", address, remedy=remedy)
        elif (today or date.today()) - date.fromisoformat(rule["read"]) > STALE:
            yield Behind(rule["rule"], f"read on {rule['read']}", "more than a year ago", address, remedy=remedy)
        else:
            yield None


def words(page: str) -> str:
    """Return a page's text without tags, in lower case, with one space between words."""
    return " ".join(html.unescape(re.sub(r"<[^<>]*>", " ", page)).lower().split())
