"""Files of a former path that did not move, and may never have been the image's."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from hubimages.extract.history.arrivals import Arrival, listing
from hubimages.extract.history.commits import History
from hubimages.extract.history.diffs import Pair, diffs, inside, joined
from hubimages.extract.history.lanes import Era
from hubimages.repository.git import Repo

SECRET = re.compile(
    r"(?:^|[/._-])(?:secrets?|credentials?|passwords?|passwd|tokens?|api-?keys?|private|id_(?:rsa|dsa|ecdsa|ed25519)"
    r"|kubeconfig|service-?account|vault|enc)(?:[/._-]|$)|\.(?:pem|key|p12|pfx|jks|kdbx|gpg|age|env)$|(?:^|/)\.env",
    re.IGNORECASE,
)
SHOWN = 5


@dataclass(frozen=True)
class Choice:
    """What a person decided about files that did not move."""

    only_moved: bool = False  # of every former path
    whole: Collection[str] = ()  # but these come along whole


def looks_secret(name: str) -> bool:
    """Return True for a file whose name says that it may hold a secret."""
    return SECRET.search(name) is not None


def settle(repo: Repo, history: History, era: Era, choice: Choice) -> None:
    """Find which files of a former path moved, and decide whether the others come along.

    They do when they are fewer and none looks like a secret, or when a person says so.
    """
    moved: set[str] = set()
    left: dict[str, None] = {}
    for arrival in era.arrivals:
        moved.update(arrival.names)
    last = max(arrival.commit for arrival in era.arrivals)
    for arrival in era.arrivals:
        stayed, came = remaining(repo, history, era, arrival)
        moved.update(came)
        if arrival.commit == last or len(history.parents[arrival.commit]) > 1:
            left.update(dict.fromkeys(stayed))
    era.moved = frozenset(moved)
    era.left = tuple(sorted((name for name in left if name not in moved), key=lambda name: not looks_secret(name)))
    is_risky = len(era.left) > len(era.moved) or any(map(looks_secret, era.left))
    era.only_moved = bool(era.moved and era.left) and (choice.only_moved or is_risky) and era.name not in choice.whole


def remaining(repo: Repo, history: History, era: Era, arrival: Arrival) -> tuple[list[str], list[str]]:
    """Return the files of a former path that were not moved to the image, and those that are there under their name."""
    before = listing(repo, history.trees[arrival.parent], era.path)
    after = listing(repo, history.trees[arrival.commit], era.path)
    new = joined(era.into.path, arrival.at)
    there = listing(repo, history.trees[arrival.commit], new)
    earlier = listing(repo, history.trees[arrival.parent], new)
    stayed, came = [], []
    gone = {blob for name, blob in before.items() if name not in after}
    added = added_elsewhere(repo, (history.trees[arrival.parent], history.trees[arrival.commit]), era, gone)
    for name, blob in before.items():
        if inside(joined(era.path, name), era.into.path):
            continue
        if name in there and earlier.get(name) != there[name]:
            came.append(name)
        elif name in after or (blob in added and name not in arrival.names):
            stayed.append(name)
    return stayed, came


def added_elsewhere(repo: Repo, pair: Pair, era: Era, blobs: set[str]) -> set[str]:
    """Return those of the blobs that the commit put somewhere else than into the image."""
    if not blobs:
        return set()
    changes = diffs(repo, [pair])[pair]
    return {
        change.new
        for change in changes
        if change.status == "A" and change.new in blobs and not inside(change.path, era.into.path)
    }


def shown(names: Iterable[str]) -> str:
    """Return the first few names as text, each that looks like a secret marked."""
    names = list(names)
    first = [f"{name} (looks like a secret)" if looks_secret(name) else name for name in names[:SHOWN]]
    return ", ".join(first) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
