"""Find the newest tag of an image whose repository is at hand: the history orders tags with commits in them."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from hubimages.references import Formats, Kind, is_moving
from hubimages.repository.git import Repo

COMMIT = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{7,40}(?![0-9A-Za-z])")
SHORTEST = 7
MOST_DATES = 40  # images whose dates are asked for, a few requests each

Dates = Callable[[Sequence[str]], Mapping[str, datetime]]


def newest_tag(tags: Sequence[str], repo: Repo, dates: Dates) -> tuple[str, str]:
    """Return the newest tag, or "" and why it is not known. Tags that move do not count.

    Tags with a commit of the default branch are ordered by its history. Otherwise the format that most tags have
    decides, and if that has no order, the creation dates of the images.
    """
    pinned = [tag for tag in tags if not is_moving(tag)]
    if not pinned:
        return "", "no tag that does not move"
    if found := _by_history(pinned, repo):
        return found, ""
    formats = Formats(pinned)
    usual = formats.usual()
    if usual is not None and usual.kind is not Kind.COMMIT:
        alike = {tag: each for tag, each in formats.alike(usual).items() if not each.is_prerelease}
        if alike:
            return max(alike, key=lambda tag: alike[tag].key), ""
    if len(pinned) > MOST_DATES:
        return "", f"{len(pinned)} tags without an order"
    known = dates(pinned)
    return (max(known, key=lambda tag: (known[tag], tag)), "") if known else ("", "tags without an order or dates")


def _by_history(tags: Sequence[str], repo: Repo) -> str:
    """Return the tag of the latest commit of the default branch; of several, the last day at the end."""
    if not any(COMMIT.search(tag) for tag in tags):
        return ""
    order: dict[str, list[tuple[int, str]]] = {}
    for position, commit in enumerate(repo.text("rev-list", "--topo-order", "HEAD").splitlines()):
        order.setdefault(commit[:SHORTEST], []).append((position, commit))
    placed = [
        (-position, tag)
        for tag in tags
        for found in COMMIT.findall(tag)
        for position, commit in order.get(found[:SHORTEST], ())
        if commit.startswith(found)
    ]
    return max(placed)[1] if placed else ""
