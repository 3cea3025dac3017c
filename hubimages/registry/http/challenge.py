"""What a registry asks for with a 401: the `WWW-Authenticate` header, taken apart.

https://distribution.github.io/distribution/spec/auth/token/
"""

import re
from dataclasses import dataclass, field
from urllib.request import parse_http_list

FIRST = re.compile(r"([A-Za-z][\w-]*)(?:\s+(.*))?", re.DOTALL)
PAIR = re.compile(r'([\w-]+)\s*=\s*(?:"(.*)"|(.*))', re.DOTALL)  # parse_http_list has taken escapes out


@dataclass(frozen=True)
class Challenge:
    """One way to log in: its scheme in lower case (`bearer`, `basic`) and its parameters."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def challenges(header: str) -> list[Challenge]:
    """Return all challenges of a header in order, without those that cannot be parsed."""
    found: list[Challenge] = []
    for item in parse_http_list(header):
        pair = PAIR.fullmatch(item)
        if pair is None:
            first = FIRST.fullmatch(item)
            if first is None:
                continue
            found.append(Challenge(first[1].lower()))
            pair = PAIR.fullmatch(first[2] or "")
        if pair is not None and found:
            found[-1].parameters[pair[1].lower()] = pair[3] if pair[2] is None else pair[2]
    return found
