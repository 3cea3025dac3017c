"""What came out of an edit: judged by Helm's parser, and by the lines that changed."""

import copy
import difflib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import helm_python
from references_edits import Edit
from references_sides import Side

Path = tuple[str | int, ...]


@dataclass
class Score:
    """How a side did over all edits."""

    side: Side
    seconds: list[float] = field(default_factory=list)
    clean: int = 0  # the value that was meant, nothing else, one line
    noise: int = 0  # lines that changed without need
    missed: int = 0  # Helm does not read the text that was meant there
    wrong: int = 0  # Helm reads something else in another place
    errors: int = 0  # no result, or one that Helm cannot read

    @property
    def median(self) -> float:
        """Seconds of one edit."""
        return statistics.median(self.seconds) if self.seconds else 0.0


def measure(sides: Sequence[Side], edits: Sequence[Edit]) -> list[Score]:
    """All sides take turns at every edit."""
    scores = [Score(side) for side in sides if side.write]
    for score in scores:  # what is imported late is imported now
        attempt(score.side, edits[0])
    for edit in edits:
        before = helm_python.values_from_yaml(edit.text)
        for score in scores:
            begin = time.perf_counter()
            after = attempt(score.side, edit)
            score.seconds.append(time.perf_counter() - begin)
            judge(score, edit, before, after)
    return scores


def attempt(side: Side, edit: Edit) -> str | None:
    """The new text; None where the side failed, in whatever way."""
    assert side.write is not None
    try:
        return side.write(edit)
    except Exception:  # every peer has its own errors
        return None


def judge(score: Score, edit: Edit, before: dict[str, Any], after: str | None) -> None:
    """Count one result."""
    try:
        data = None if after is None else helm_python.values_from_yaml(after)
    except helm_python.HelmError:
        data = None
    if after is None or data is None:
        score.errors += 1
        return
    expected = copy.deepcopy(before)
    missed = False
    for path in (edit.path, *edit.also):
        missed |= at(data, path) != edit.value
        put(expected, path, None)
        put(data, path, None)
    noise = max(changed_lines(edit.text, after) - 1, 0)
    wrong = data != expected
    score.missed += missed
    score.wrong += wrong
    score.noise += noise
    score.clean += not missed and not wrong and not noise


def changed_lines(before: str, after: str) -> int:
    """The greater of the lines that went and that came."""
    diff = list(difflib.unified_diff(before.split("\n"), after.split("\n"), n=0, lineterm=""))[2:]
    return max(sum(line.startswith(sign) for line in diff) for sign in "+-") if diff else 0


def at(data: Any, path: Path) -> Any:
    """What stands there; None where nothing does."""
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def put(data: Any, path: Path, value: object) -> None:
    """Set what stands there, if it is there."""
    parent = at(data, path[:-1])
    if parent is not None and at(data, path) is not None:
        parent[path[-1]] = value
