"""Texts on which a regular expression may take more than linear time, made from the expression itself.

Each of its repeats gets a long run of what it repeats, after what comes before it, and behind it something on which the
match fails; so do the pairs of classes of characters, and what comes before a repeat, again and again.
"""

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

LONG = 64  # a repeat of at least as many is long
CANDIDATES = "aA0 -_./:\"'=\t\n\r<>(){}[],;#@$%&*+!?\\|^~`éx1\x00"
MOST = 14  # classes of characters that are tried in pairs
TAILS = ("", "\x00", "x", "\n")
REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)
CATEGORIES = {
    op.CATEGORY_DIGIT: str.isdigit, op.CATEGORY_SPACE: str.isspace,
    op.CATEGORY_WORD: lambda one: one.isalnum() or one == "_",
    op.CATEGORY_NOT_DIGIT: lambda one: not one.isdigit(), op.CATEGORY_NOT_SPACE: lambda one: not one.isspace(),
    op.CATEGORY_NOT_WORD: lambda one: not (one.isalnum() or one == "_"),
}  # fmt: skip


@dataclass
class Walk:
    """What one expression has: the leaves of its repeats, and each repeat with the text before it and its own."""

    flags: int
    leaves: list[tuple[Any, Any]] = field(default_factory=list)
    repeats: list[tuple[str, str]] = field(default_factory=list)

    def accepts(self, leaf: tuple[Any, Any], one: str) -> bool:
        """Whether the leaf takes this character."""
        both = {one, one.swapcase()} if self.flags & re.IGNORECASE else {one}
        return any(self._accepts(leaf, each) for each in both if len(each) == 1)

    def _accepts(self, leaf: tuple[Any, Any], one: str) -> bool:
        kind, given = leaf
        if kind is op.LITERAL:
            return ord(one) == given
        if kind is op.NOT_LITERAL:
            return ord(one) != given
        if kind is op.ANY:
            return bool(self.flags & re.DOTALL) or one != "\n"
        if kind is op.RANGE:
            return bool(given[0] <= ord(one) <= given[1])
        if kind is op.CATEGORY:
            return bool(CATEGORIES[given](one))
        assert kind is op.IN
        negated = given[0][0] is op.NEGATE
        return negated != any(self._accepts(each, one) for each in given[negated:])

    def character(self, leaf: tuple[Any, Any]) -> str:
        """Return a character that the leaf takes."""
        if leaf[0] is op.LITERAL:
            return chr(leaf[1])
        for one in CANDIDATES:
            if self.accepts(leaf, one):
                return one
        return next(one for one in map(chr, range(sys.maxunicode)) if self.accepts(leaf, one))

    def text(self, items: Any, before: str, *, long: bool = False) -> str:
        """Return a text that the items take, and note their repeats; `before` is what comes before it."""
        said = ""
        for item in items:
            said += self._item(item, before + said, long=long)
        return said

    def _item(self, item: tuple[Any, Any], before: str, *, long: bool) -> str:  # noqa: PLR0911 - one line a kind
        kind, given = item
        if kind in REPEATS:
            least, most, inner = given
            again = most is op.MAXREPEAT or most >= LONG
            said = self.text(inner, before, long=long or again)
            if again and said:
                self.repeats.append((before, said))
            return said * min(max(least, 1), 40)
        if kind is op.BRANCH:
            texts = [self.text(branch, before, long=long) for branch in given[1]]
            if long:
                self.repeats += [(before, each) for each in texts if each]
            return max(texts, key=len)
        if kind is op.SUBPATTERN:
            return self.text(given[3], before, long=long)
        if kind is op.ATOMIC_GROUP:
            return self.text(given, before, long=long)
        if kind is op.ASSERT:
            said = self.text(given[1], before, long=long)
            return said if given[0] < 0 and not before.endswith(said) else ""
        if kind is op.ASSERT_NOT:
            self.text(given[1], before, long=long)
            return ""
        if kind is op.GROUPREF_EXISTS:
            return self.text(given[1], before, long=long)
        if kind in (op.AT, op.GROUPREF, op.FAILURE):
            return ""
        if long:
            self.leaves.append(item)
        return self.character(item)


def attacks(pattern: re.Pattern[Any], size: int) -> Iterator[str]:
    """Yield texts of about `size` characters; none for an expression without a long repeat."""
    source = pattern.pattern.decode("latin-1") if isinstance(pattern.pattern, bytes) else pattern.pattern
    walk = Walk(pattern.flags)
    walk.text(parser.parse(source, pattern.flags & ~(re.UNICODE if isinstance(pattern.pattern, bytes) else 0)), "")
    if not walk.repeats:
        return
    classes = list(_classes(walk))[:MOST]
    befores = list(dict.fromkeys(("", *(before for before, _ in walk.repeats))))[:12]
    units = list(dict.fromkeys((*(unit for _, unit in walk.repeats), *classes)))[:30]
    pairs = [one + other for one in classes for other in classes if one != other]
    known = set()
    for shape in _shapes(walk, befores, units, pairs):
        for before, unit, tail in shape:
            text = before + unit * (max(1, (size - len(before)) // len(unit))) + tail
            if text not in known:
                known.add(text)
                yield text


def _shapes(
    walk: Walk, befores: list[str], units: list[str], pairs: list[str]
) -> Iterator[Iterator[tuple[str, str, str]]]:
    yield ((before, unit, tail) for before in befores for unit in units for tail in TAILS)
    yield (("", before + unit, tail) for before in befores for unit in units if before for tail in TAILS[:2])
    yield (("", before, tail) for before in befores if before for tail in TAILS[:2])
    yield (("", unit + "\n", "") for unit in units)
    yield (("", "\n" + before + unit, "") for before in befores for unit in units)
    yield ((before, pair, tail) for before in befores[:2] for pair in pairs for tail in TAILS[:2])
    yield (("", unit * 50 + other, "") for unit in units[:8] for other in units[:8] if unit != other)


def _classes(walk: Walk) -> Iterator[str]:
    """Yield one character for each set of leaves that take the same."""
    known = set()
    for one in CANDIDATES:
        kinds = tuple(walk.accepts(leaf, one) for leaf in walk.leaves)
        if kinds not in known:
            known.add(kinds)
            yield one


def seconds(pattern: re.Pattern[Any], way: str, text: str) -> float:
    """Return the time of the processor that one way takes on the text."""
    subject: Any = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
    start = time.process_time()
    if way == "finditer":
        for _ in pattern.finditer(subject):
            pass
    else:
        getattr(pattern, way)(subject)
    return time.process_time() - start
