"""What was found: a default that is behind, with the edits that bring it up to date, or a source without an answer."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TEMPLATE = re.compile(r"<<cookiecutter\.repo>>/.*|templates/.*|hooks/.*|cookiecutter\.json")


@dataclass(frozen=True)
class Edit:
    """A text of a file, every occurrence of which gets another."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Behind:
    """A default and what is current. Without edits a person has to decide; `owners` is the changelog's line."""

    what: str
    present: str
    current: str
    source: str
    edits: tuple[Edit, ...] = ()
    owners: str = ""
    remedy: str = ""

    @property
    def in_template(self) -> bool:
        """Whether owners of repositories get the change."""
        return any(TEMPLATE.fullmatch(edit.path) for edit in self.edits)

    def __str__(self) -> str:
        todo = self.remedy or ("--fix changes it" if self.edits else "")
        return f"{self.what}: {self.present}, current: {self.current} ({self.source})" + (f". {todo}" if todo else "")


@dataclass(frozen=True)
class Unknown:
    """What is not known, because its source did not answer."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: not known: {self.why}"


@dataclass(frozen=True)
class Report:
    """All that was found, and how many defaults are up to date."""

    behind: tuple[Behind, ...]
    unknown: tuple[Unknown, ...]
    fresh: int

    @classmethod
    def of(cls, found: Iterable[Behind | Unknown | None]) -> "Report":
        """Return the report on what checks found; None is something up to date."""
        every = list(found)
        return cls(
            tuple(each for each in every if isinstance(each, Behind)),
            tuple(each for each in every if isinstance(each, Unknown)),
            sum(each is None for each in every),
        )

    @property
    def exit_code(self) -> int:
        """1 if something is behind, 75 if a source did not answer, else 0."""
        return 1 if self.behind else 75 if self.unknown else 0

    def __str__(self) -> str:
        last = f"{len(self.behind)} behind, {self.fresh} up to date, {len(self.unknown)} not known"
        return "\n".join([*map(str, self.behind), *map(str, self.unknown), last])

    def as_json(self) -> str:
        """Return the report as one JSON object."""
        behind: list[dict[str, Any]] = [
            {"what": each.what, "present": each.present, "current": each.current, "source": each.source,
             "files": sorted({edit.path for edit in each.edits})}
            for each in self.behind
        ]  # fmt: skip
        unknown = [{"what": each.what, "why": each.why} for each in self.unknown]
        report = {"version": 1, "behind": behind, "not_known": unknown, "up_to_date": self.fresh}
        return json.dumps(report, indent=2, ensure_ascii=False)


def read(root: Path, path: str) -> str:
    """Return the text of a file of the project."""
    return (root / path).read_text(encoding="utf-8")
