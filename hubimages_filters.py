"""Filters that write an answer into a file of a given kind, so that a reader of the file gets the answer back.

cookiecutter imports this module, which cookiecutter.json names under `_extensions`. Standard library and Jinja only.
"""

import hashlib
import json
import re
import shlex
from collections.abc import Mapping

from jinja2 import Environment
from jinja2.ext import Extension

# A double quote, a backslash, and what YAML or an editor would take for a line break or drop.
IN_QUOTES = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]')
# Constructs of GitHub Flavored Markdown (https://github.github.com/gfm/) that can start anywhere in a line. An
# underscore inside a word and a single tilde or dollar sign mean nothing.
ANYWHERE = re.compile(r"[\\`*\[\]<]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
# Those that only start a line: headings, quotes, lists, rules, code and numbered lists.
AT_START = re.compile(r"#{1,6}(?:\s|$)|>|[-+](?:\s|$)|-\s*-\s*-|=+$|~~~")
NUMBERED = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
CLOSING = re.compile(r"(^|\s)(#+)$")  # `# Title #` is the title "Title"
UNLINK = "\0"  # in no answer; becomes a backslash
ADDRESS = re.compile(r"(?:https?|ftp):(?=//)|www(?=\.)", re.IGNORECASE)


def quoted(text: str) -> str:
    r"""Return a double-quoted string that is the same text in YAML, TOML and Python."""

    def escape(found: re.Match[str]) -> str:
        character = found[0]
        return f"\\{character}" if character in '"\\' else f"\\u{ord(character):04x}"

    return f'"{IN_QUOTES.sub(escape, text)}"'


def markdown(text: str) -> str:
    """Return Markdown that shows one line of text as it is, in a paragraph, in a heading or after other words."""
    paired = "".join(each for each in "~$" if text.count(each) > 1)
    special = re.compile(f"{ANYWHERE.pattern}|[{re.escape(paired)}]") if paired else ANYWHERE
    # GitHub links addresses and reads no backslash inside one: an address that needs any is not linked.
    plain = ADDRESS.sub(lambda found: found[0] if not special.search(_word(text, found)) else _unlinked(found[0]), text)
    escaped = special.sub(r"\\\g<0>", plain).replace(UNLINK, "\\")
    numbered = NUMBERED.match(escaped)
    if numbered:
        escaped = f"{numbered[1]}\\{escaped[numbered.end(1) :]}"
    elif AT_START.match(escaped):
        escaped = f"\\{escaped}"
    return CLOSING.sub(r"\1\\\2", escaped)


def _word(text: str, found: re.Match[str]) -> str:
    return re.split(r"\s", text[found.start() :], maxsplit=1)[0]


def _unlinked(start: str) -> str:
    return f"{start[:-1]}{UNLINK}:" if start.endswith(":") else f"{start}{UNLINK}"


def code(text: str) -> str:
    """Return a Markdown code span."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def checksum(context: Mapping[str, object]) -> str:
    """Return the checksum of a record: of its template, version, commit and answers, as `hubimages` computes it."""
    answers = {key: value for key, value in context.items() if not key.startswith("_")}
    facts = [context[f"__{name}"] for name in ("template", "version", "commit", "template_version")]
    text = json.dumps([*facts, answers], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Filters(Extension):
    """Adds one filter for each kind of file."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters.update(
            fromjson=json.loads,
            yaml=quoted,
            toml=quoted,
            python=quoted,
            markdown=markdown,
            code=code,
            shell=shlex.quote,
        )
        environment.filters["checksum"] = checksum
