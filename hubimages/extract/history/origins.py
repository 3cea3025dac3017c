"""Where the files of a directory came from in the commit in which it appeared, asked of git's rename detection."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from hubimages.extract.history.log import History, Trees
from hubimages.repository.git import Repo
from hubimages.run import finish

MOST_COPIES_LOOKED_AT = 4
RENAME_LIMIT = "-l3000"  # a user's diff.renameLimit must not decide what is found

BlobLoader = Callable[[Iterable[str]], None]
"""Makes sure that these blobs are at hand, where the source was cloned without them."""


@dataclass(frozen=True)
class Origin:
    """Where the files of a directory came from in the commit in which it appeared."""

    path: str
    commit: int
    files: int  # that came from there
    of: int  # files in the directory when it appeared


def origin_of(
    repo: Repo,
    history: History,
    path: str,
    trees: Trees,
    commit: int,
    load_blobs: BlobLoader,
    copies_found: int,
) -> tuple[Origin | None, list[Origin]]:
    """Where the directory came from in the commit in which it appeared: a rename to follow, or copies to report."""
    for parent in history.parents[commit]:
        pair = (history.trees[parent], history.trees[commit])
        changes = raw_diff(repo, *pair, "--no-renames")
        appeared = {name: blob for status, blob, name, _ in changes if status == "A"}
        added = {name: blob for name, blob in appeared.items() if inside(name, path)}
        deleted = [(blob, name) for status, blob, name, _ in changes if status == "D"]
        if not added:
            continue
        total = len(added)
        votes = Counter[str]()
        if deleted:
            sources: dict[str, set[str]] = defaultdict(set)
            by_blob = defaultdict(list)
            for blob, name in deleted:
                by_blob[blob].append(name)
            for name, blob in added.items():
                for old in by_blob[blob]:
                    sources[old_directory(old, name, path)].add(name)
            if max((len(names) for names in sources.values()), default=0) * 2 < total:
                load_blobs([*appeared.values(), *(blob for blob, _ in deleted)])
                for status, _, old, new in raw_diff(repo, *pair, "-M50%", RENAME_LIMIT):
                    if status == "R" and inside(new, path):
                        sources[old_directory(old, new, path)].add(new)
            votes.update({directory: len(names) for directory, names in sources.items()})
        best = most_likely(votes, path)
        if best is not None and votes[best] * 2 >= total and is_whole_move(repo, pair[0], best, path, votes[best]):
            return Origin(best, commit, votes[best], total), []
        if copies_found < MOST_COPIES_LOOKED_AT:
            return None, copies_of(repo, history, path, commit, parent, total)
    return None, []


def copies_of(repo: Repo, history: History, path: str, commit: int, parent: int, total: int) -> list[Origin]:
    """The directory that this one was copied from, if half of its files or more were."""
    here = listing(repo, history.trees[commit], path)
    elsewhere = defaultdict(list)
    for blob, name in listing(repo, history.trees[parent], ""):
        elsewhere[blob].append(name)
    sources: dict[str, set[str]] = defaultdict(set)
    for blob, name in here:
        for old in elsewhere[blob]:
            sources[old_directory(old, name, path)].add(name)
    votes = Counter({directory: len(names) for directory, names in sources.items()})
    best = most_likely(votes, path)
    if best is None or votes[best] * 2 < total:
        return []
    return [Origin(best, commit, votes[best], total)]


def raw_diff(repo: Repo, old: str, new: str, *options: str) -> list[tuple[str, str, str, str]]:
    """(status letter, blob, path, new path of a rename) for every file in which two trees differ."""
    process = repo.start("diff-tree", "-r", "-z", "--raw", "--no-abbrev", *options, old, new)
    fields = finish(process).decode(errors="surrogateescape").split("\0")
    changes = []
    position = 0
    while position < len(fields) - 1:
        _, _, old_blob, new_blob, status = fields[position].lstrip(":").split(" ")
        is_pair = status[0] in "RC"
        other = fields[position + 2] if is_pair else ""
        changes.append((status[0], old_blob if status[0] == "D" else new_blob, fields[position + 1], other))
        position += 3 if is_pair else 2
    return changes


def listing(repo: Repo, tree: str, path: str) -> list[tuple[str, str]]:
    """(blob, path from the root) of every file under a path of a tree."""
    arguments = ["ls-tree", "-r", "-z", "--full-tree", tree, *(["--", path + "/"] if path else [])]
    rows = repo.read(*arguments).decode(errors="surrogateescape").split("\0")[:-1]
    return [(row.split("\t", 1)[0].split(" ")[2], row.split("\t", 1)[1]) for row in rows]


def inside(name: str, path: str) -> bool:
    """Whether a file is in the directory."""
    return name.startswith(path + "/") if path else True


def old_directory(old: str, new: str, path: str) -> str:
    """The directory that stood for `path` when the file `new` in it was `old`: what both have in common is cut off."""
    levels = new[len(path) + 1 :].count("/") + 1 if path else new.count("/") + 1
    parts = old.split("/")
    return "/".join(parts[:-levels]) if levels < len(parts) else ""


def most_likely(votes: Counter[str], path: str) -> str | None:
    """The directory with most files; where several have as many (identical images), the one most like in name."""
    if not votes:
        return None
    most = max(votes.values())
    return max(
        (directory for directory, count in votes.items() if count == most),
        key=lambda directory: (SequenceMatcher(None, directory, path).ratio(), directory),
    )


def is_whole_move(repo: Repo, tree_before: str, old: str, path: str, moved: int) -> bool:
    """Whether a directory that contains the new one was itself moved down, and is not only the place of many images."""
    if old and not path.startswith(old + "/"):
        return True
    return moved * 2 >= len(listing(repo, tree_before, old))
