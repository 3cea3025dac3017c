"""A validation_regex as its two readers take it: Python's re in KubeSpawner, JavaScript's RegExp in the form."""

import functools
import json
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from hubimages.errors import NotInstalledError
from hubimages.run import attempt

LIMIT = 1  # seconds for one match; a good one takes microseconds
# A repeated group with a repetition or a choice in it may try exponentially many ways to match.
SUSPECT = re.compile(r"\((?:[^()\\]|\\.|\([^()]*\))*(?:[+*}]|\|)(?:[^()\\]|\\.|\([^()]*\))*\)\s*[+*{]")
LONGEST = 1000  # characters that SUSPECT looks through; a longer one is suspect
UNITS = ("a", "a/", "a-", "a.", "a_", "0", "ab", "aa/", "a:", "A", "/", "-", ".")
PYTHON = """\
import json, re, signal, sys
regex, texts, limit = json.load(sys.stdin)
signal.alarm(limit)  # without a handler, so that it ends the process even within a match
for text in texts:
    re.match(regex, text)
"""
NODE = """\
const [regex, texts, limit] = JSON.parse(require("fs").readFileSync(0, "utf8"));
const vm = require("vm");
let said = "";
try { new RegExp(regex, "g"); } catch (error) { said = error.message; }
let refused = [], slow = false;
for (const text of said ? [] : texts) {
  try {
    const ok = vm.runInNewContext("new RegExp(regex, 'g').test(text)", {regex, text}, {timeout: limit * 1000});
    if (!ok) refused.push(text);
  } catch (error) { slow = true; break; }
}
process.stdout.write(JSON.stringify({said, refused, slow}));
"""
# What Python's re has and JavaScript's RegExp does not.
ONLY_PYTHON = (
    (re.compile(r"\(\?P<"), "JavaScript writes named groups (?<name>...)"),
    (re.compile(r"\(\?P="), "JavaScript writes \\k<name> for a named group"),
    (re.compile(r"\(\?[aiLmsux]+\)"), "JavaScript has no flags within an expression"),
    (re.compile(r"\(\?#"), "JavaScript has no comments in expressions"),
    (re.compile(r"\(\?\(\w+\)"), "JavaScript has no conditions in expressions"),
    (re.compile(r"\(\?>"), "JavaScript has no atomic groups"),
    (re.compile(r"(?<!\\)[*+?}]\+"), "JavaScript has no possessive quantifiers"),
)
# What both take, with another meaning.
OTHER_MEANING = ((re.compile(r"(?<!\\)\\[AZ]"), "\\A and \\Z are the letters A and Z in JavaScript; write ^ and $"),)


def python_error(regex: str) -> str:
    """Return what Python's re says against an expression; empty if it is valid."""
    try:
        re.compile(regex)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return ""


@functools.lru_cache(maxsize=256)
def javascript_error(regex: str, samples: tuple[str, ...] = ()) -> str:
    """Return what JavaScript says against an expression, or which sample it refuses; empty if all is well.

    Asks node; without node, looks for what only Python has.
    """
    for pattern, said in OTHER_MEANING:
        if pattern.search(regex):
            return said
    node = shutil.which("node")
    if node is None:
        return next((said for pattern, said in ONLY_PYTHON if pattern.search(regex)), "")
    done = attempt(node, "-e", NODE, cwd=Path("/"), stdin=json.dumps([regex, samples, LIMIT]).encode())
    if done.returncode:
        return next((said for pattern, said in ONLY_PYTHON if pattern.search(regex)), "")
    found = json.loads(done.stdout)
    if found["said"]:
        return str(found["said"])
    return f"it does not match {found['refused'][0]}" if found["refused"] else ""


@functools.lru_cache(maxsize=256)
def is_slow(regex: str) -> bool:
    """Return True if a text of a hundred characters keeps the expression busy for a second."""
    if len(regex) <= LONGEST and not SUSPECT.search(regex):
        return False
    texts: Sequence[str] = [
        prefix + unit * 40 + end for prefix in ("", "quay.io/") for unit in UNITS for end in ("!", "\n")
    ]
    try:
        done = attempt(
            sys.executable, "-I", "-S", "-c", PYTHON, cwd=Path("/"), stdin=json.dumps([regex, texts, LIMIT]).encode()
        )
    except NotInstalledError:
        return False
    return done.returncode < 0
