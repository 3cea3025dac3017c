"""The meaning of a scalar to Helm: YAML 1.1 as in go-yaml 2, converted to JSON by sigs.k8s.io/yaml.

The rules are those of go-yaml's resolve.go; the tests compare them with Helm. PyYAML and ruamel read other values: to
Helm `1e3`, `y` and `0o17` are not text, but `12:30` and dates are.
"""

import re

Plain = str | int | float | bool | None

INTEGER_LIMITS = (-(2**63), 2**64 - 1)
LONGEST = 4000  # digits: Python reads no more than 4300, and so many are above the limit in any case
WORDS: dict[str, Plain] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
INTEGER = re.compile(r"[-+]?(?:(0[xX][0-9a-fA-F]+)|(0[oO]?[0-7]+)|(0[bB][01]+)|(0|[1-9][0-9]*))", re.ASCII)
FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
DOTTED_FLOAT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?", re.ASCII)  # as Go writes numbers


def read_plain(text: str) -> Plain:
    """Return the value of a plain scalar without a tag."""
    if text in WORDS:
        return WORDS[text]
    first = text[0]
    if first == ".":
        return _float(text) if DOTTED_FLOAT.fullmatch(text) else text
    if first not in "+-0123456789":
        return text
    plain = text.replace("_", "")
    matched = INTEGER.fullmatch(plain)
    if matched:
        number = _integer(plain, matched)
        if INTEGER_LIMITS[0] <= number <= INTEGER_LIMITS[1]:
            return number
    number_or_text = _float(plain) if FLOAT.fullmatch(plain) else text
    return text if isinstance(number_or_text, str) else number_or_text


def _integer(plain: str, matched: re.Match[str]) -> int:
    sign = -1 if plain[0] == "-" else 1
    hexadecimal, octal, binary, decimal = matched.groups()
    if hexadecimal:
        return sign * int(hexadecimal, 16)
    if octal:
        return sign * int(octal.lower().replace("o", ""), 8)
    if binary:
        return sign * int(binary, 2)
    return sign * int(decimal[:LONGEST])


def _float(text: str) -> float | str:
    """Return the number; None if it is too large for 64 bits, where Go's ParseFloat fails and the value stays text."""
    number = float(text)
    return text if number in (float("inf"), float("-inf")) else number
