"""The repositories that a task runs over: their addresses, and the names to show them by."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubimages import console, disk
from hubimages.errors import BadInputError, message_of
from hubimages.repository.web_address import WebAddress, web_address

SHORT = re.compile(r"[A-Za-z0-9][\w-]*/[\w.-]+")  # OWNER/REPO on GitHub
UNSAFE = re.compile(r"[^\w.-]+")
LONGEST_SLUG = 80


@dataclass(frozen=True)
class Target:
    """One repository: its address for git, and the name that tables show."""

    address: str
    name: str

    @property
    def web(self) -> WebAddress | None:
        """The repository's page; None for a directory of this machine."""
        return web_address(self.address)

    @property
    def slug(self) -> str:
        """A file name for the repository, which no other address has."""
        readable = UNSAFE.sub("-", console.censor(self.address).rpartition("://")[2]).strip("-.")[-LONGEST_SLUG:]
        return f"{readable}-{hashlib.sha256(self.address.encode(errors='surrogateescape')).hexdigest()[:10]}"


def read_addresses(file: Path) -> tuple[Target, ...]:
    """Return the repositories that a file names, an address a line; `#` begins a comment.

    Raises BadInputError for a file that cannot be read, names nothing, or has a line that is no address.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"cannot read {file}: {message_of(error)}") from error
    addresses = []
    for number, line in enumerate(text.splitlines(), 1):
        word = re.sub(r"(^|\s)#.*", "", line).strip()
        if word:
            addresses.append(full_address(word, f"{file}, line {number}"))
    if not addresses:
        raise BadInputError(f"{file} names no repository. Write one address a line")
    return targets(addresses)


def full_address(word: str, place: str) -> str:
    """Return the address as git can use it from any directory; OWNER/REPO is a repository on GitHub.

    Raises BadInputError for what git would read as an option or as a program to run.
    """
    if word.startswith("-") or "::" in word or re.search(r"\s", word):
        raise BadInputError(f"{place}: {word!r} is no address of a repository. Write one address a line")
    if (there := disk.written(word)).exists():
        return str(there.resolve())
    if SHORT.fullmatch(word):
        return f"https://github.com/{word}"
    if "://" not in word and web_address(word) is None:
        raise BadInputError(f"{place}: no directory {word}, and it is no address of a repository")
    return word


def targets(addresses: Iterable[str]) -> tuple[Target, ...]:
    """Return each repository once, with the shortest name that is unlike the others'."""
    once: dict[str, str] = {}
    for address in addresses:
        once.setdefault(_same(address), address)
    kept = list(once.values())
    for names in (map(_short, kept), map(_longer, kept)):
        shown = list(names)
        if max(Counter(shown).values(), default=0) <= 1:
            break
    else:
        shown = [console.censor(address) for address in kept]
    return tuple(Target(address, name) for address, name in zip(kept, shown, strict=True))


def shards(repositories: Sequence[Target], number: int) -> list[list[Target]]:
    """Return the repositories in at most `number` parts of about the same size."""
    return [part for first in range(number) if (part := list(repositories[first::number]))]


def _same(address: str) -> str:
    """What two spellings of one repository have in common: GitHub takes names in any case, `.git` or not."""
    web = web_address(address)
    return f"{web.host}/{web.name}".lower() if web else address.removesuffix("/")


def _short(address: str) -> str:
    web = web_address(address)
    return web.name if web else Path(address.rstrip("/")).name.removesuffix(".git")


def _longer(address: str) -> str:
    web = web_address(address)
    return f"{web.host}/{web.name}" if web else console.censor(address)
