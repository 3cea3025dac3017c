"""Put commits into an order in which the ids that messages name are known."""

from collections.abc import Mapping, Sequence


def in_order(
    commits: Sequence[str], parents: Mapping[str, Sequence[str]], mentions: Mapping[str, Sequence[str]]
) -> list[str]:
    """Return the commits with parents first and, where possible, commits before those whose messages name them.

    A commit's new id is known only once it has been written. A circle of mentions (two ids made up to match, or a
    word that looks like one) is cut at an arbitrary place.
    """
    kept = set(commits)
    placed: dict[str, None] = {}
    for start in commits:
        todo = [(start, False)]
        entered: set[str] = set()
        while todo:
            commit, is_ready = todo.pop()
            if commit in placed:
                continue
            if is_ready:
                placed[commit] = None
                continue
            if commit in entered:
                continue
            entered.add(commit)
            todo.append((commit, True))
            before = [*mentions.get(commit, ()), *parents[commit]]
            todo += [(other, False) for other in before if other in kept and other not in placed]
    return sorted_parents_first(list(placed), parents)


def sorted_parents_first(order: Sequence[str], parents: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the same order, corrected where cutting a circle of mentions put a commit before its parent."""
    placed: dict[str, None] = {}
    for start in order:
        todo = [start]
        while todo:
            missing = [parent for parent in parents[todo[-1]] if parent not in placed]
            if missing:
                todo += missing
            else:
                placed[todo.pop()] = None
    return list(placed)
