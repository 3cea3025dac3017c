"""Find the references in a commit message that a git host would have linked.

The rules are those of GitHub's autolinks for issues, pull requests and commits
(https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls),
with markdown's for what is code or a link already.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

COMMIT_ID = rb"[0-9a-f]{7,40}"
REFERENCE = re.compile(
    # Links that lead somewhere already: an address, <a ...>...</a>, a tag, [text](address), [text]: address.
    rb"(?P<link>://[^\s<>\"'`()\[\]]++"
    rb"|<a\s[^<>]{0,500}+>.{0,500}?</a>|<[a-z/!][^<>]{0,500}+>"
    rb"|\[[^\[\]]{0,300}+(?:\[[^\[\]]{0,100}+\][^\[\]]{0,100}+)?\](?:\([^()\s]{1,500}+(?:\s+\"[^\"]{0,200}+\")?\)"
    rb"|\[[^\[\]]{1,100}+\]|:[ \t]+\S++))"
    # A word with which GitHub closes an issue, before what names one.
    rb"|(?P<closing>(?<![\w-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?[ \t]+)"
    rb"(?=(?:[\w.-]+/[\w.-]+)?#[1-9]\d*\b|GH-[1-9]\d*\b|https?://[^\s/]+/[^\s/]+/[^\s/]+/(?:-/)?issues/\d)"
    # After a name and a colon it is an image's tag, which the registry knows by the old id. `A..B` is a range.
    rb"|(?:(?<![\w/@.#=-])(?<!\w:)|(?<=\w\.\.)|(?<=\w\.\.\.))(?P<commit>" + COMMIT_ID + rb")(?![\w@-])"
    rb"|(?<![\w/.-])(?P<path>[\w.-]+(?:/[\w.-]+)+)(?P<sign>[#!])(?P<there>[1-9]\d*)\b"
    rb"|(?<![\w/&#$@=.-])(?<!\$\{)#(?P<number>[1-9]\d*)\b"
    rb"|(?<![\w/-])(?-i:GH)-(?P<gh>[1-9]\d*)\b"
    rb"|(?<![\w/&!])!(?P<request>[1-9]\d*)\b",
    re.IGNORECASE | re.DOTALL,
)
# Every reference has one of these. Most messages do not, and this finds that out 200 times faster.
IN_A_REFERENCE = re.compile(rb"[#!/-]\d|[0-9a-fA-F]{7}")
FENCE = re.compile(rb"[ ]{0,3}(`{3,}|~{3,})")
INLINE_CODE = re.compile(rb"(?<!`)(`+)(?!`)([^`]|(?!\1(?!`))`)*?\1(?!`)")


@dataclass(frozen=True)
class Reference:
    """A reference in a message."""

    start: int
    end: int
    kind: str  # the group of REFERENCE: commit, number, gh, request, path, closing
    text: bytes  # the id or number; the word with its space
    path: bytes = b""  # the repository, and # or !, where the reference names them
    in_code: bool = False


def references(message: bytes) -> Iterator[Reference]:
    """Yield the references of a message, in order; none in links."""
    if not IN_A_REFERENCE.search(message):
        return
    code: list[tuple[int, int]] | None = None  # most messages have no reference
    for found in REFERENCE.finditer(message):
        kind = found.lastgroup or "link"
        if found["link"]:
            continue
        if code is None:
            code = list(code_spans(message))
        in_code = any(start <= found.start() < end for start, end in code)
        if found["path"]:
            path = found["path"] + found["sign"]
            yield Reference(found.start(), found.end(), "path", found["there"], path, in_code)
        elif found["commit"]:
            if found["commit"].islower() or found["commit"].isdigit():
                yield Reference(found.start(), found.end(), "commit", found["commit"], b"", in_code)
        else:
            yield Reference(found.start(), found.end(), kind, found[kind], b"", in_code)


def code_spans(message: bytes) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the code in a message: fenced, indented, and between backticks."""
    position = 0
    fence = b""
    after_blank = False  # the subject is never code
    in_block = False
    for line in message.splitlines(keepends=True):
        found = FENCE.match(line)
        is_indented = line.startswith((b"    ", b"\t")) and line.strip() != b""
        if fence:
            yield position, position + len(line)
            if found and found[1].startswith(fence) and not line.strip(b" \r\n" + fence[:1]):
                fence = b""
        elif found:
            yield position, position + len(line)
            fence = found[1]
        elif is_indented and (after_blank or in_block):
            yield position, position + len(line)
            in_block = True
        else:
            in_block = False
            yield from ((position + one.start(), position + one.end()) for one in INLINE_CODE.finditer(line))
        after_blank = not line.strip()
        position += len(line)
