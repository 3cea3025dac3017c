"""Write a text as a scalar that Helm and every other YAML reader reads as this text."""

import re

from hubimages.errors import BadInputError
from hubimages.yaml_text.meaning import read_plain

INDICATORS = "-?:,[]{}#&*!|>'\"%@`"
# Everything that a reader of YAML 1.1 or 1.2 may take for a number, a date, a base-60 number, a merge or a default,
# since other programs than Helm read the file. Too wide only costs a pair of quotes.
AMBIGUOUS = re.compile(
    r"""[-+]?[0-9.][0-9_,]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9_]*)?   # 1_000  1.10  5115e56  .5
    |[-+]?0[xobXOB][0-9a-fA-F_]+
    |[-+]?[0-9][0-9_]*(?::[0-9]+)+(?:\.[0-9_]*)?                 # 12:30:45
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt\ \t].*)?               # 2024-01-31
    |[-+]?\.(?:inf|nan)
    |~|null|y|n|yes|no|on|off|true|false
    |=|<<
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
BARE = re.compile(r"[A-Za-z0-9_/.][A-Za-z0-9_/.+@-]*", re.ASCII)  # most tags and names of images need no closer look
ESCAPED = {"\0": "\\0", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
UNPRINTABLE = re.compile(r"[\x00-\x08\n-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def as_text(value: str, *, style: str = "plain", flow: bool = False, key: bool = False) -> str:
    """Return `value` as a scalar of one line, in `style` ("plain", "single", "double") if that keeps the text.

    `flow`: inside `[]` or `{}`. `key`: as a key. Raises BadInputError for a lone surrogate, which no file can store.
    """
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise BadInputError(f"{value!r} has half a character, which no YAML file can store")
    if style == "plain" and plain_reads_as_text(value, flow=flow, key=key):
        return value
    if style == "single" and not UNPRINTABLE.search(value):
        return "'" + value.replace("'", "''") + "'"
    return '"' + "".join(_escaped(char) for char in value) + '"'


def plain_reads_as_text(value: str, *, flow: bool = False, key: bool = False) -> bool:
    """Return True if every reader takes `value` without quotes as this text."""
    if AMBIGUOUS.fullmatch(value) or not isinstance(read_plain(value), str):
        return False
    if BARE.fullmatch(value):
        return not value.startswith("...")
    if value != value.strip() or UNPRINTABLE.search(value) or "\t" in value:
        return False
    if value[0] in INDICATORS or value.startswith("...") or value.endswith(":"):
        return False
    if ": " in value or " #" in value:
        return False
    return not ((flow or key) and any(char in ",[]{}?:" for char in value))


def _escaped(char: str) -> str:
    if char in ESCAPED:
        return ESCAPED[char]
    if not UNPRINTABLE.match(char):
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
