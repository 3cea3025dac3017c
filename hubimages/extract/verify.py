"""Check the finished repository against what was promised, from outside, with git alone."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hubimages.errors import ProgramFailedError
from hubimages.extract.history.arrivals import listing
from hubimages.extract.history.commits import EMPTY_TREE
from hubimages.extract.history.diffs import joined
from hubimages.extract.history.reading import Part
from hubimages.extract.messages.rewording import Rewording
from hubimages.extract.rewrite import LATEST
from hubimages.repository.git import Repo


@dataclass(frozen=True)
class Evidence:
    """The facts found in the finished repository."""

    authors: list[tuple[str, int]]  # "Name <address>", commits; most first
    first_date: str  # of the author, as git shows it
    last_date: str
    result_tree: str
    blobs: list[tuple[str, int]]  # id, bytes
    normalised: int  # commits whose author or committer line git could only keep in a mended form
    signed: int  # commits that were signed in the source
    nameless: int  # commits whose author has neither name nor address
    days: Mapping[str, str]  # new commit to the day of its author


def verify(
    source: Repo,
    result: Repo,
    new_ids: Mapping[str, str],
    parents: Mapping[str, Sequence[str]],
    parts: Mapping[str, Sequence[Part]],
    rewording: Rewording,
    tip: str,
    tree: str,
    filtered: Mapping[str, str] | None = None,
) -> Evidence:
    """Check the extracted history in `result` against the source.

    `new_ids`: old commit to new commit; `parents`: the old ids of the parents that each is to have; `parts`: old commit
    to the directories that the image was in; `rewording`: what was replaced in messages; `tip`: the extracted history's
    new tip; `tree`: the image's tree at the commit extracted; `filtered`: new id to the one after a removal, which
    `check_removed` has compared: then `source` has the extracted history, and `result` what is left of it.
    Raises ProgramFailedError for anything that is not as promised: that is a bug, and nothing is left behind.
    """
    olds, news = list(new_ids), list(new_ids.values())
    extracted = result if filtered is None else source
    _same_trees(source, extracted, olds, news, parts)
    wanted_parents = [[new_ids[parent] for parent in parents[old]] for old in olds]
    commits = dict(zip(news, extracted.contents(news), strict=True))
    normalised, signed = _same_people_and_dates(source, commits, olds, news, wanted_parents, rewording)
    ((found, _, _),) = extracted.batch_check([f"{tip}^{{tree}}"])
    _expect(found == tree, f"the extracted tree is {found}, in the source it is {tree}")
    if filtered is not None:
        tip, news = filtered[tip], [filtered[new] for new in news]
        commits = dict(zip(news, result.contents(news), strict=True))
    headers = {new: content.partition(b"\n\n")[0] for new, content in commits.items()}
    _expect(_reachable(tip, headers) == set(news), "the extracted history has other commits than those rewritten")
    rows = {new: _author(headers[new]) for new in reversed(news)}
    objects = _only_what_belongs(result)
    authors = Counter(author for author, _ in rows.values())
    dates = [day(when) for when in sorted((when for _, when in rows.values()), key=seconds)]
    return Evidence(
        authors=authors.most_common(),
        first_date=dates[0],
        last_date=dates[-1],
        result_tree=headers[tip][len("tree ") :].partition(b"\n")[0].decode(),
        blobs=[(name, size) for name, kind, size in result.batch_check(objects) if kind == "blob"],
        normalised=normalised,
        signed=signed,
        nameless=sum(author.strip() == "<>" for author, _ in rows.values()),
        days={new: day(when) for new, (_, when) in rows.items()},
    )


def _reachable(tip: str, headers: Mapping[str, bytes]) -> set[str]:
    """Return the commit and its ancestors; of one that is not among the headers, no ancestors are known."""
    found: set[str] = set()
    todo = [tip]
    while todo:
        commit = todo.pop()
        if commit not in found:
            found.add(commit)
            todo += [parent.decode() for parent in PARENT.findall(headers.get(commit, b""))]
    return found


def _author(header: bytes) -> tuple[str, str]:
    """Return the author of a commit as `Name <address>`, and the raw date, as `git log` shows them."""
    found = AUTHOR.search(header)
    if found is None:
        return " <>", ""
    encoding = ENCODING.search(header)
    author, when = b"%s <%s>" % (found[1].strip(), found[2]), found[3].decode(errors="replace")
    try:
        return author.decode(encoding[1].decode("ascii", "replace") if encoding else "utf-8", "replace"), when
    except LookupError:  # an encoding that Python does not know
        return author.decode(errors="replace"), when


AUTHOR = re.compile(rb"^author (.*?)<([^<>]*)> ?([^>]*)$", re.MULTILINE)
ENCODING = re.compile(rb"^encoding (.+)$", re.MULTILINE)


def seconds(raw: str) -> int:
    """Return the seconds of a raw date of git; 0 where there is none."""
    return int(raw.partition(" ")[0]) if raw else 0


def day(raw: str) -> str:
    """Return the day of a raw date of git in its own zone. git itself fails on one before 1970."""
    found = RAW_DATE.fullmatch(raw)
    if found is None:
        return raw
    minutes = int(found["hours"]) * 60 + int(found["minutes"])
    east = timedelta(minutes=-minutes if found["sign"] == "-" else minutes)
    try:
        return (datetime.min.replace(year=1970) + timedelta(seconds=seconds(raw)) + east).date().isoformat()
    except OverflowError:
        return raw


RAW_DATE = re.compile(r"-?\d+ (?P<sign>[+-])(?P<hours>\d+)(?P<minutes>\d\d)")


def _same_trees(
    source: Repo, result: Repo, olds: Sequence[str], news: Sequence[str], parts: Mapping[str, Sequence[Part]]
) -> None:
    """Every kept commit has the tree that the directory had in the old one, bit for bit."""
    new_of = dict(zip(olds, news, strict=True))
    simple = {old: parts[old][0].path for old in olds if len(parts[old]) == 1 and parts[old][0].is_whole}
    wanted = source.batch_check([f"{old}:{path}" for old, path in simple.items()])
    found = result.batch_check([f"{new_of[old]}^{{tree}}" for old in simple])
    for old, (old_tree, kind, _), (new_tree, _, _) in zip(simple, wanted, found, strict=True):
        expected = old_tree if kind == "tree" else EMPTY_TREE
        _expect(expected == new_tree, f"commit {new_of[old]} has tree {new_tree}, its original {old} has {expected}")
    for old in olds:
        if old not in simple:
            same = listing(result, new_of[old], "") == _composed(source, old, parts[old])
            _expect(same, f"commit {new_of[old]} has other files than its original {old}")


def _composed(source: Repo, old: str, parts: Sequence[Part]) -> dict[str, str]:
    """Return the files that a commit is to have whose image was in several directories, or in a part of one."""
    files: dict[str, str] = {}
    for part in reversed(parts):
        for name, blob in listing(source, old, part.path).items():
            if not part.has(name):
                continue
            path = joined(part.at, name)
            above = {path[:end] for end, character in enumerate(path) if character == "/"}
            files = {one: two for one, two in files.items() if one not in above and not one.startswith(path + "/")}
            files[path] = blob
    return files


HEADER = re.compile(rb"^(author|committer) (.*)$", re.MULTILINE)
SIGNATURE = re.compile(rb"^gpgsig(-sha256)? ", re.MULTILINE)
PARENT = re.compile(rb"^parent ([0-9a-f]+)$", re.MULTILINE)


def _same_people_and_dates(
    source: Repo,
    commits: Mapping[str, bytes],
    olds: Sequence[str],
    news: Sequence[str],
    parents: Sequence[Sequence[str]],
    rewording: Rewording,
) -> tuple[int, int]:
    """Check parents, people, dates and messages; return how many commits had malformed lines, and were signed.

    A malformed line may differ, the other line of the commit may not.
    """
    mended = signed = 0
    for old, new, above, before in zip(olds, news, parents, source.contents(olds), strict=True):
        header, _, message = commits[new].partition(b"\n\n")
        problem = rewording.problem(old, message)
        _expect(not problem, f"commit {new} changes {problem} of its original {old}")
        _expect(
            [parent.decode() for parent in PARENT.findall(header)] == list(above), f"commit {new} has other parents"
        )
        original = before.partition(b"\n\n")[0]
        signed += SIGNATURE.search(original) is not None
        one, two = (dict(reversed(HEADER.findall(each))) for each in (original, header))  # the first line counts
        if one == two:
            continue
        other = [role for role, line in one.items() if line != two.get(role) and is_well_formed(line)]
        _expect(not other, f"commit {new} has other people or dates than its original {old}")
        mended += 1
    return mended, signed


# What git itself writes; older tools wrote addresses without <>, doubled brackets, years before 1970.
WELL_FORMED = re.compile(rb"([^<>]+ )<[^<>]*> (\d{1,20}) [+-]\d{4}")


def is_well_formed(line: bytes) -> bool:
    """Return True for the person and date of a commit that git can keep as they are."""
    found = WELL_FORMED.fullmatch(line)
    return found is not None and int(found[2]) < LATEST


def _only_what_belongs(result: Repo) -> list[str]:
    """No other branches, tags or remotes' leftovers, and every object is in the repository itself: return their ids."""
    refs = result.text("for-each-ref", "--format=%(refname)").split()
    others = [ref for ref in refs if ref not in ("refs/heads/main", "refs/remotes/origin/main")]
    _expect(not others, f"unexpected refs: {', '.join(others)}")
    _expect(not (result.git_dir / "objects/info/alternates").exists(), "objects are borrowed from another repository")
    # It fails on the first object that is not there.
    return result.text("rev-list", "--objects", "--no-object-names", "--all").split("\n")


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ProgramFailedError(f"the result differs from the source, so nothing was kept: {otherwise}")
