"""Check that the rewritten history differs from the extracted one in what was to be removed, and in nothing else."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hubimages.console import count
from hubimages.errors import ProgramFailedError
from hubimages.extract.messages.rewording import HEX
from hubimages.extract.removal.wanted import Removal
from hubimages.repository.git import Repo

BINARY = 8192  # bytes in which git-filter-repo looks for a NUL
PARENT = re.compile(rb"^(tree|parent) [0-9a-f]+$", re.MULTILINE)


@dataclass(frozen=True)
class Removed:
    """What was removed, in how many file versions and messages."""

    paths: Mapping[str, int]  # of each path that was to be dropped: file versions
    large: int
    replaced: int
    messages: int
    named: int  # messages that name a commit by an id that no longer exists

    def lines(self) -> list[str]:
        """Return what differs from SOURCE and why, a line each."""
        lines = [f"{count(number, 'file version')} of {path} dropped" for path, number in self.paths.items()]
        if self.large:
            lines.append(f"{count(self.large, 'file version')} dropped for the size; an earlier version stays instead")
        if self.replaced or self.messages:
            lines.append(
                f"text replaced in {count(self.replaced, 'file version')} and {count(self.messages, 'message')}"
            )
        return lines or ["nothing had to be removed"]

    def as_facts(self) -> dict[str, object]:
        """Return the same for JSON."""
        return {
            "paths": dict(self.paths),
            "large_file_versions": self.large,
            "file_versions_with_text_replaced": self.replaced,
            "messages_with_text_replaced": self.messages,
            "summary": self.lines(),
        }


def check_removed(repo: Repo, new_ids: Mapping[str, str], removal: Removal) -> Removed:
    """Compare every commit of the extracted history with its rewritten one, and return what was removed.

    Raises ProgramFailedError for any difference that was not asked for, and for anything that is still there: then
    nothing is kept.
    """
    texts = Texts(removal)
    messages, named = _same_commits(repo, new_ids, texts)
    olds, news = list(new_ids), list(new_ids.values())
    trees = {
        side: [name for name, _, _ in repo.batch_check([f"{commit}^{{tree}}" for commit in commits])]
        for side, commits in (("old", olds), ("new", news))
    }
    by_pair: dict[tuple[str, str], list[int]] = {}
    for number, pair in enumerate(zip(trees["old"], trees["new"], strict=True)):
        by_pair.setdefault(pair, []).append(number)
    found = list(_differences(repo, [pair for pair in by_pair if pair[0] != pair[1]]))
    sizes = _sizes(repo, [one.old for one in found])
    dropped: dict[str, set[tuple[str, str]]] = {path: set() for path in removal.paths}
    large: dict[tuple[int, str], str] = {}  # commit and path to the blob that is gone
    changed: dict[tuple[str, str], str] = {}
    for one in found:
        why = next((each for each in removal.paths if one.path == each or one.path.startswith(f"{each}/")), None)
        if why is not None:
            _expect(not one.new, f"{one.path} is still there")
            dropped[why].add((one.path, one.old))
        elif one.old and removal.largest is not None and sizes[one.old] > removal.largest:
            large |= {(number, one.path): one.old for number in by_pair[one.trees]}
        else:
            _expect(bool(one.new), f"{one.path} (blob {one.old}) is gone")
            _expect(bool(one.old), f"{one.path} is new")
            _expect(one.same_mode, f"{one.path} has another mode")
            changed[one.old, one.new] = one.path
    for (old, new), content in zip(changed, repo.contents([old for old, _ in changed]), strict=True):
        wanted = texts.replaced(content)
        name = hashlib.sha1(b"blob %d\0" % len(wanted) + wanted, usedforsecurity=False).hexdigest()
        _expect(name == new, f"{changed[old, new]} (blob {old}) is changed in another way than asked for")
    _former_version_stays(repo, news, list(large))
    _nothing_left(repo, news, removal, texts)
    return Removed(
        {path: len(versions) for path, versions in dropped.items()},
        len({(path, blob) for (_, path), blob in large.items()}),
        len(changed),
        messages,
        named,
    )


class Texts:
    """git-filter-repo's expressions, applied here to see what should have become of a text."""

    def __init__(self, removal: Removal) -> None:
        import git_filter_repo  # late: it takes memory in each process

        file = removal.replace_text
        rules = git_filter_repo.FilteringOptions.get_replace_text(str(file)) if file else {}
        self.literals = rules.get("literals", [])
        self.regexes = rules.get("regexes", [])

    def in_message(self, text: bytes) -> bytes:
        """Return a message with the texts replaced."""
        for literal, replacement in self.literals:
            text = text.replace(literal, replacement)
        for regex, replacement in self.regexes:
            text = regex.sub(replacement, text)
        return text

    def replaced(self, content: bytes) -> bytes:
        """Return a file's content with the texts replaced; a binary file stays as it is."""
        return content if b"\0" in content[:BINARY] else self.in_message(content)


def _same_commits(repo: Repo, new_ids: Mapping[str, str], texts: Texts) -> tuple[int, int]:
    """Check parents, people, dates and messages; return how many messages differ, and how many name a dead commit."""
    differing = named = 0
    dead = {old[:7].encode() for old in new_ids} - {new[:7].encode() for new in new_ids.values()}
    pairs = zip(repo.contents(list(new_ids)), repo.contents(list(new_ids.values())), strict=True)
    for (old, new), (before, after) in zip(new_ids.items(), pairs, strict=True):
        (one, _, message), (two, _, now) = before.partition(b"\n\n"), after.partition(b"\n\n")
        parents = [line.split()[1].decode() for line in one.split(b"\n") if line.startswith(b"parent ")]
        found = [line.split()[1].decode() for line in two.split(b"\n") if line.startswith(b"parent ")]
        _expect([new_ids[parent] for parent in parents] == found, f"commit {new} has other parents")
        _expect(PARENT.sub(b"", one) == PARENT.sub(b"", two), f"commit {new} has other people or dates than {old}")
        wanted = texts.in_message(message)
        _expect(HEX.sub(b"", wanted) == HEX.sub(b"", now), f"commit {new} changes more of the message than asked for")
        differing += wanted != message
        named += any(name[:7] in dead for name in HEX.findall(now))
    return differing, named


@dataclass(frozen=True)
class Difference:
    """What two trees have different at a path: blobs, "" where one has nothing."""

    trees: tuple[str, str]
    path: str
    old: str
    new: str
    same_mode: bool


def _differences(repo: Repo, pairs: list[tuple[str, str]]) -> Iterator[Difference]:
    """Yield every difference of every pair of trees."""
    asked = "".join(f"{old} {new}\n" for old, new in pairs).encode()
    output = repo.read("diff-tree", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--stdin", stdin=asked)
    fields = iter(output.decode(errors="surrogateescape").split("\0")[:-1])
    trees = ("", "")
    for field in fields:
        above, _, facts = field.partition(":")
        if above.strip():  # the pair comes before its first difference, on a line of its own
            one, two = above.split()
            trees = (one, two)
        before, after, old, new, status = facts.split(" ")
        path = next(fields)
        yield Difference(trees, path, "" if status == "A" else old, "" if status == "D" else new, before == after)


def _sizes(repo: Repo, blobs: list[str]) -> dict[str, int]:
    names = [blob for blob in dict.fromkeys(blobs) if blob]
    return {name: size for name, (_, _, size) in zip(names, repo.batch_check(names), strict=True)}


def _former_version_stays(repo: Repo, news: list[str], places: list[tuple[int, str]]) -> None:
    """Check what is in the place of a large file version: what the first parent has there, since
    git-filter-repo leaves the change of the file out.
    """
    here = repo.batch_check([f"{news[number]}:{path}" for number, path in places])
    above = repo.batch_check([f"{news[number]}^:{path}" for number, path in places])
    for (_, path), (one, kind, _), (two, _, _) in zip(places, here, above, strict=True):
        _expect(kind == "missing" or one == two, f"{path} is changed in another way than asked for")


def _nothing_left(repo: Repo, news: list[str], removal: Removal, texts: Texts) -> None:
    """Check that nothing of what was to be removed is in the rewritten commits, which are in no order."""
    stdin = "\n".join(news).encode()
    for path in removal.paths:
        left = repo.text("rev-list", "--full-history", "-1", "--stdin", "--", path, stdin=stdin)
        _expect(not left, f"commit {left} still has {path}")
    listed = repo.text("rev-list", "--objects", "--no-object-names", "--stdin", stdin=stdin).split()
    blobs = [(name, size) for name, kind, size in repo.batch_check(listed) if kind == "blob"]
    for name, size in blobs:
        _expect(removal.largest is None or size <= removal.largest, f"blob {name} of {size} bytes is still there")
    literals = [literal for literal, replacement in texts.literals if literal not in replacement]
    if literals:
        for (name, _), content in zip(blobs, repo.contents([name for name, _ in blobs]), strict=True):
            is_left = b"\0" not in content[:BINARY] and any(literal in content for literal in literals)
            _expect(not is_left, f"blob {name} still has a text that was to be replaced")


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProgramFailedError(f"the history was not rewritten as asked, so nothing was kept: {otherwise}")
