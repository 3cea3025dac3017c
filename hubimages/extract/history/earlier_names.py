"""Follow the files that moved through renames inside their former path."""

from collections.abc import Mapping, Sequence

from hubimages.extract.history.arrivals import BlobLoader, blobs_of
from hubimages.extract.history.commits import History
from hubimages.extract.history.diffs import RENAMES, Pair, diffs
from hubimages.repository.git import Repo


def earlier_names(
    repo: Repo,
    history: History,
    moved: frozenset[str],
    present: Sequence[str],
    in_range: Sequence[int],
    load_blobs: BlobLoader,
) -> dict[int, frozenset[str]]:
    """Return the names that the moved files had in the commits in which some had others."""
    seen = {
        (parent, commit): (present[parent], present[commit])
        for commit, above in enumerate(history.parents)
        if in_range[commit]
        for parent in above
        if in_range[parent] and present[parent] != present[commit]
    }
    unique = list(dict.fromkeys(seen.values()))
    unclear = []
    blobs: list[str] = []
    for pair, changes in diffs(repo, unique).items():
        if {"A", "D"} <= {change.status for change in changes}:
            unclear.append(pair)
            blobs += blobs_of(changes, "AD")
    load_blobs(blobs)
    renames: Mapping[Pair, dict[str, str]] = {
        pair: {change.to: change.path for change in changes if change.status == "R"}
        for pair, changes in diffs(repo, unclear, *RENAMES).items()
    }
    names: dict[int, set[str]] = {}
    for commit in range(len(history) - 1, -1, -1):
        if not in_range[commit]:
            continue
        here = names.get(commit) or set(moved)
        for parent in history.parents[commit]:
            renamed = renames.get(seen.get((parent, commit), ("", "")), {})
            if commit in names or any(name in renamed for name in here):
                names.setdefault(parent, set()).update(renamed.get(name, name) for name in here)
    return {commit: frozenset(found) for commit, found in names.items() if in_range[commit]}
