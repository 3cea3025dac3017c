"""Make hostile input from good: bytes are changed, and so are the values of JSON."""

import copy
import json
import random
from collections.abc import Sequence
from typing import Any

# What parsers stumble over: each goes anywhere into a text, and some many times.
TOKENS: tuple[bytes, ...] = (
    b"\0", b"\xff", b"\xef\xbb\xbf", b"\xfe\xff", b"\xed\xa0\x80", b"\r", b"\r\n", b"\n", b"\t", b" ", b"\x1b[31m", b"\x85",
    "\u2028".encode(), "\u202e".encode(), b"\\ud800", b"[", b"{", b"}", b"]", b"- ", b"? ", b": ", b"&a ", b"*a", b"<<: *a",
    b"!!int ", b"!!bool ", b"!!timestamp ", b"!!float ", b"!!binary ", b"!!python/object:os.system ", b"|+9", b">-", b"'",
    b'"', b"`", b"#", b"%", b"---\n", b"...\n", b"2001-99-99", b"9" * 5000, b"1e999", b"-1", b"NaN", b"Infinity", b"0x",
    b"0o8", b".inf", b"null", b"true", b"{}", b"[]", b"../", b"/etc/passwd", b"$", b"${", b"${A:-", b"{{ ", b" }}", b"<<EOF",
    b"\\", b"@sha256:", b":", b"/", b"::", b"=", b"==", b">=", b",", b";", b"<script>", b"%s", b"%(a)s", b"--", b"-r ",
    b"FROM ", b"ARG A=$A$A\n", b"image: ", b"tag: ", b"name: ", b"http://[", b"https://a:b@c/",
)  # fmt: skip
HOSTILE_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 10**400, 1.5, "", "\0", "\x1b[31m", "\u202e", "../../x", "a" * 5000, "sha256:" + "0" * 64,
    [], {}, [[]], [None], [{}], {"": None}, {"a": []}, [1, "a"], "2001-99-99", "::", "http://[", "9" * 5000,
)  # fmt: skip


def mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """Return a seed with a few changes, or none."""
    content = chance.choice(seeds)
    if content[:1] in (b"{", b"[") and chance.random() < 0.7:
        content = mutated_json(chance, content)
        if chance.random() < 0.7:
            return content
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        content = _changed(chance, content, seeds)
    return content[: 1 << 20]


def _changed(chance: random.Random, content: bytes, seeds: Sequence[bytes]) -> bytes:
    at = chance.randrange(len(content) + 1)
    end = min(len(content), at + chance.choice((1, 1, 4, 20, 200)))
    kind = chance.randrange(8)
    if kind == 0:
        return content[:at] + content[end:]
    if kind == 1:
        return content[:at] + content[at:end] * chance.choice((2, 3, 50)) + content[end:]
    if kind == 2:
        other = chance.choice(seeds)
        start = chance.randrange(len(other) + 1)
        return content[:at] + other[start : start + 300] + content[at:]
    if kind == 3 and content:
        at = min(at, len(content) - 1)
        return content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
    if kind == 4:
        return content[:at]
    times = chance.choice((1, 1, 1, 1, 3, 400)) if kind > 5 else 1
    return content[:at] + chance.choice(TOKENS) * times + content[at if kind == 5 else end :]


def mutated_json(chance: random.Random, content: bytes) -> bytes:
    """Return JSON with some of its values exchanged for others, of any type."""
    try:
        top = json.loads(content)
    except (ValueError, RecursionError):
        return content
    for _ in range(chance.choice((1, 1, 2, 4))):
        places = list(_places(top))
        if not places:
            return json.dumps(chance.choice(HOSTILE_VALUES)).encode()
        holder, key = chance.choice(places)
        if isinstance(holder, dict) and chance.random() < 0.2:
            del holder[key]
        else:
            holder[key] = copy.deepcopy(chance.choice(HOSTILE_VALUES))
    return json.dumps(top, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)
