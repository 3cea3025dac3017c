"""Find lists of people: e-mail addresses in a row, and tables of students."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO

from hubimages.scanning.engines.text import Hit, Text, keyed

FEWEST = 8  # people
ADDRESS = re.compile(
    r"(?<![\w.+/@:-])[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}"
    r"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,12}\b(?![:/])"
)
# No people: addresses of programs, and those that documents use as examples (RFC 2606).
NOBODY = re.compile(
    r"noreply|no-reply|donotreply|^git@|^you@|@example\.|\.example$|\.iam\.gserviceaccount\.com$|\.local$|\.internal$|"
    r"^(?:info|support|help|security|admin|root|contact)@",
    re.IGNORECASE,
)
# Files whose purpose is to name people in public: licences, credits, metadata of packages.
CREDITS = re.compile(
    r"(?:^|/)(?:AUTHORS|CONTRIBUTORS|CODEOWNERS|MAINTAINERS|OWNERS|THANKS|CREDITS|CHANGE(?:LOG|S)|NEWS|HISTORY|"
    r"LICEN[CS]E|NOTICE|COPYING|\.mailmap|CITATION|DESCRIPTION|\.all-contributorsrc|\.zenodo)[^/]*$|"
    r"\.(?:gpg|asc|bib|po|pot|patch|diff|ics|html?|tex|md|rst|js|lock)$",
    re.IGNORECASE,
)
TABLE = re.compile(r"\.(?:csv|tsv|txt|tab|psv)$", re.IGNORECASE)
# The first line of a table that a learning management system exports.
PERSON = re.compile(
    r"\b(?:(?:first|last|full|preferred)?[ _]?name|student|e-?mail|user(?:name)?|login)\b", re.IGNORECASE
)
RECORD = re.compile(
    r"\b(?:s(?:tudent)?[ _]?id|sis[ _](?:user|login)[ _]id|uid|section|enrol?lment|grade|score|lms[ _]?id)\b",
    re.IGNORECASE,
)
SHARED_STRINGS = "xl/sharedStrings.xml"
MOST_STRINGS = 16 * 1024 * 1024  # bytes


def rosters(text: Text) -> Iterator[Hit]:
    """Yield at most one hit: the first line of a list of people."""
    if CREDITS.search(text.name):
        return
    first, people = 0, set[str]()
    for found in ADDRESS.finditer(text.text) if text.text.count("@") >= FEWEST else ():
        if not NOBODY.search(found[0]):
            first = first or text.line_at(found.start())
            people.add(found[0].lower())
    if len(people) >= FEWEST:
        yield Hit("people", first, keyed(text.salt, "\0".join(sorted(people))))
    elif TABLE.search(text.name):
        head, _, rows = text.text.partition("\n")
        separators = max(head.count(each) for each in ",\t;|")
        if separators and PERSON.search(head) and RECORD.search(head) and rows.count("\n") >= FEWEST:
            yield Hit("people", 1, keyed(text.salt, rows))


def workbook(content: bytes) -> str:
    """Return the strings in the cells of an Excel workbook, one a line; "" if it has none or is no workbook."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive, archive.open(SHARED_STRINGS) as file:
            xml = file.read(MOST_STRINGS).decode(errors="replace")
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, RuntimeError, zlib.error, EOFError):
        return ""
    return "\n".join(re.findall(r"<t(?: [^<>]*)?>([^<]*)</t>", xml))
