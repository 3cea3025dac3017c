"""Reword the messages of all kept commits, and check afterwards that nothing else of them changed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hubimages.extract.history.reading import Reading
from hubimages.extract.messages.old_host import old_host
from hubimages.extract.messages.order import in_order
from hubimages.extract.messages.translator import (
    OldCommit,
    Replacement,
    Translator,
    read_commits,
    replaced,
)
from hubimages.extract.rewrite import NewId
from hubimages.extract.sources.source import Source
from hubimages.repository.web_address import web_address

HEX = re.compile(rb"\b[0-9a-f]{7,40}\b")
NAMES_ANOTHER = re.compile(rb"(?:cherry picked from commit|This reverts commit) ([0-9a-f]{7,40})")


@dataclass
class Rewording:
    """The messages of the kept commits, and what is replaced in them."""

    olds: Mapping[str, OldCommit]
    translator: Translator | None  # None: git-filter-repo updates ids, and nothing else changes
    done: dict[str, list[Replacement]] = field(default_factory=dict)

    def __call__(self, old: str, message: bytes, encoding: bytes | None, new_id: NewId) -> bytes:
        """Return the new message of an old commit."""
        assert self.translator is not None
        self.done[old] = self.translator.replacements(message, encoding, new_id)
        return replaced(message, self.done[old])

    def order(self, reading: Reading) -> list[str]:
        """Return the kept commits in an order in which the ids that messages name are known."""
        if self.translator is None:
            return reading.commits
        mentions = {name: self.translator.mentioned(old.message, old.encoding) for name, old in self.olds.items()}
        return in_order(reading.commits, reading.parents, mentions)

    def problem(self, old: str, after: bytes) -> str:
        """Return what is wrong with the new message of a commit, "" for nothing."""
        before = self.olds[old].message.partition(b"\0")[0]  # git reads no further
        if self.translator is not None:
            return "" if replaced(before, self.done[old]) == after else "more of the message than was meant"
        if (encoding := self.olds[old].encoding) is not None:
            try:
                before = before.decode(encoding.decode()).encode()
            except (LookupError, UnicodeError):
                return ""  # git keeps what it cannot convert, too, but what it makes of it is its own matter
        return "" if HEX.sub(b"", before) == HEX.sub(b"", after) else "more of the message than commit ids"

    @property
    def cut(self) -> int:
        """How many messages have a NUL byte, after which git reads nothing."""
        return sum(b"\0" in old.message for old in self.olds.values())


def reword(
    source: Source, reading: Reading, origin: str | None, highest: int | None, *, keep: bool, keep_closing_words: bool
) -> Rewording:
    """Read the messages of the kept commits, and find the commits of other branches that they name."""
    olds = read_commits(source.scratch, reading.commits)
    if keep:
        return Rewording(olds, None)
    host = old_host(source.address, web_address(origin) if origin else None)
    translator = Translator(
        reading.history.sorted_ids, source.address, host, highest, keep_closing_words=keep_closing_words
    )
    named: list[str] = [name for old in olds.values() for name in translator.named(old.message, old.encoding)]
    if source.remote is not None and names_others(translator, list(olds.values())):
        source.load_other_branches()
    translator.look_elsewhere(source.scratch, named)
    return Rewording(olds, translator)


def names_others(translator: Translator, olds: Sequence[OldCommit]) -> bool:
    """Return True if a message says that it is of a commit that the history does not have."""
    names = (name.decode() for old in olds for name in NAMES_ANOTHER.findall(old.message))
    return any(translator.full_id(name) is None for name in names)
