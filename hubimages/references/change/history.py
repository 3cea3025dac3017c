"""Read the earlier versions of a file with references, and find a place in them again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hubimages.references.find.scan import references_in
from hubimages.references.reference import Reference
from hubimages.repository.git import Repo
from hubimages.repository.history import checked_out, fetch_missing, is_partial

FAR = 400  # commits of a file to read
LANDED = ("--first-parent", "--diff-merges=first-parent")


@dataclass(frozen=True)
class Since:
    """When a place got what it has now: the commit, empty before the first; `at_least` if the history is cut there."""

    commit: str
    when: datetime
    at_least: bool = False


def since(repo: Repo, references: Sequence[Reference], now: datetime) -> dict[Reference, Since]:
    """Return since when each place has its image and tag, as it landed on the branch that is checked out.

    What is not committed is so since `now`. The time of a merge counts, not that of the commits it brought.
    """
    by_file: dict[str, list[Reference]] = {}
    for each in references:
        place = each.tag_place or each.name_place
        if place is not None:
            by_file.setdefault(place.file, []).append(each)
    found: dict[Reference, Since] = {}
    for file, here in by_file.items():
        left = {place_key(each): each for each in here}
        found.update(dict.fromkeys(here, Since("", now)))
        number = 0
        for commit, when, _, text in versions(repo, file):
            number += 1
            then = {place_key(each): each for each in references_in(file, text)}
            for key, reference in list(left.items()):
                old = then.get(key)
                if old is None or _version(old) != _version(reference):
                    del left[key]
                else:
                    found[reference] = Since(commit, datetime.fromtimestamp(when, UTC))
            if not left:
                break
        if left and number and (number >= FAR or _is_shallow(repo)):
            for reference in left.values():
                found[reference] = Since(found[reference].commit, found[reference].when, at_least=True)
    return found


def _version(reference: Reference) -> tuple[str, str]:
    return reference.tag, reference.digest


def _is_shallow(repo: Repo) -> bool:
    return repo.text("rev-parse", "--is-shallow-repository") == "true"


def is_longer(repo: Repo, file: str) -> bool:
    """Return True if the file has more commits than `all_before` reads."""
    follow = () if is_partial(repo) else ("--follow",)
    return repo.text("log", f"-{FAR + 1}", *follow, *LANDED, "--format=%H", "--", file).count("\n") >= FAR


def versions(repo: Repo, file: str) -> Iterator[tuple[str, int, str, str]]:
    """Yield the versions of a file as a checkout has them, newest first: commit, its time in seconds, subject, text.

    Only what landed on the branch, at the time of the merge: what a branch had before its merge never ran, and git
    shows it between what did. Follows renames, but not in a partial clone, where git would fetch one file after the
    other to see them. What such a clone lacks is fetched at once; raises NoAnswerError or LoginError if that fails.
    """
    follow = () if is_partial(repo) else ("--follow",)
    asked = (
        "log",
        f"-{FAR}",
        *follow,
        *LANDED,
        "--raw",
        "--no-abbrev",
        "-z",
        "--format=%x01%H%x02%ct%x02%s%x02",
        "--",
        file,
    )
    log = repo.read(*asked).decode("utf-8", "surrogateescape")
    commits: list[tuple[str, int, str, str]] = []
    for entry in log.split("\x01")[1:]:
        commit, when, subject, rest = entry.split("\x02", 3)
        facts, *names = rest.strip("\0\n").split("\0")
        if facts and names and int(facts.split()[3], 16):  # else the file is gone
            commits.append((commit, int(when), subject, names[-1]))
    if not follow:
        fetch_missing(repo, [commit for commit, *_ in commits], file)
    names = [f"{commit}:{name}" for commit, _, _, name in commits]
    there = [kind == "blob" for _, kind, _ in repo.batch_check(names)]
    contents = checked_out(repo, file, [name for name, exists in zip(names, there, strict=True) if exists])
    for (commit, seconds, subject, name), exists in zip(commits, there, strict=True):
        if exists:
            yield commit, seconds, subject, contents[f"{commit}:{name}"].decode("utf-8", "replace")


def place_key(reference: Reference) -> tuple[object, ...]:
    """Return what identifies a place in other versions of the file, where lines and list indexes differ."""
    steps = tuple(part for part in reference.path if isinstance(part, str))
    where = (reference.profile, reference.choice) if reference.profile else tuple(map(str, reference.path))
    name = reference.repository if reference.name_place is None or reference.name_place.file == reference.file else ""
    document = reference.tag_place.document if reference.tag_place else 0
    return document, steps, where, name
