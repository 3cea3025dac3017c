"""Place commits and paths on a line of time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hubimages.migration.page.facts import Commit

MOST_AUTHORS = 12
WIDEST = 120  # columns
WIDTH = 1000.0  # units of the drawing
OTHERS = "others"


@dataclass(frozen=True)
class Bar:
    """A span of time in a row: where it is, how strong, and what it says."""

    x: float
    width: float
    strength: float  # 0 to 1
    title: str


@dataclass(frozen=True)
class Row:
    """A line of the drawing."""

    name: str
    number: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Drawing:
    """Rows over time, with years below."""

    rows: tuple[Row, ...]
    years: tuple[tuple[float, str], ...]


class Scale:
    """Days to places in the drawing."""

    def __init__(self, days: Sequence[str]) -> None:
        found = [number for number in map(ordinal, days) if number]
        self.first = min(found, default=1)
        self.last = max(found, default=1)
        self.span = max(self.last - self.first, 1)
        self.columns = min(WIDEST, max(1, self.span // 7))

    def x(self, day: str) -> float:
        """Return where a day is."""
        return round((max(ordinal(day), self.first) - self.first) / self.span * WIDTH, 1)

    def column(self, day: str) -> int:
        """Return the column that a day is in."""
        return min(self.columns - 1, int((max(ordinal(day), self.first) - self.first) / self.span * self.columns))

    def years(self) -> tuple[tuple[float, str], ...]:
        """Return the beginnings of years, at most ten or so."""
        begin, end = (date.fromordinal(each).year for each in (self.first, self.last))
        step = max(1, (end - begin) // 10)
        return tuple((self.x(f"{year:04}-01-01"), str(year)) for year in range(begin + 1, end + 1, step))


def ordinal(day: str) -> int:
    """Return the number of a day; 0 for what is no date of the calendar."""
    try:
        return date.fromisoformat(day).toordinal()
    except ValueError:
        return 0


def timeline(commits: Sequence[Commit], authors: Sequence[tuple[str, int]]) -> Drawing:
    """Return the commits of each author over time; those with few commits share a row."""
    scale = Scale([commit.day for commit in commits])
    shown = [name for name, _ in authors[:MOST_AUTHORS]]
    groups: dict[str, list[Commit]] = {name: [] for name in shown}
    for commit in commits:
        groups.setdefault(commit.author if commit.author in groups else f"{OTHERS} ", []).append(commit)
    width = WIDTH / scale.columns
    counts = {name: Counter(scale.column(commit.day) for commit in group) for name, group in groups.items()}
    most = max((max(each.values(), default=1) for each in counts.values()), default=1)
    rows = []
    for name, group in groups.items():
        days: dict[int, list[str]] = {}
        for commit in group:
            days.setdefault(scale.column(commit.day), []).append(commit.day)
        bars = tuple(
            Bar(
                round(column * width, 1),
                round(max(width - 0.8, 2), 1),
                round(0.45 + 0.55 * number / most, 2),
                f"{name.strip()}: {number} in {min(days[column])} to {max(days[column])}",
            )
            for column, number in sorted(counts[name].items())
        )
        label = f"{len(authors) - len(shown)} {OTHERS}" if name == f"{OTHERS} " else name
        rows.append(Row(label, len(group), bars))
    return Drawing(tuple(rows), scale.years())


def ribbon(paths: Sequence[Mapping[str, Any]], commits: Sequence[Commit]) -> Drawing:
    """Return from when to when the image had each of its paths."""
    scale = Scale([commit.day for commit in commits])
    rows = []
    for path in paths:
        begin, end = scale.x(path["first"]), scale.x(path["last"])
        title = f"{path['path']}: {path['first']} to {path['last']}"
        rows.append(Row(path["path"], path["commits"], (Bar(begin, max(end - begin, 4), 1, title),)))
    return Drawing(tuple(rows), scale.years())
