"""The table at the end of a run over many repositories: for people, for GitHub's summary page, and as JSON."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from hubimages.console import count
from hubimages.errors import ProgramFailedError
from hubimages.fleet.outcome import STATES, Outcome

MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~!&$@]")


@dataclass(frozen=True)
class Report:
    """The rows, in the order in which the repositories were named, and the command that ran in them."""

    command: str
    outcomes: tuple[Outcome, ...]

    @property
    def exit_code(self) -> int:
        """0 if nothing failed; the failures' exit code if they share one, and otherwise that of a failed program."""
        codes = {each.exit_code for each in self.outcomes if each.failed}
        if not codes:
            return 0
        return codes.pop() if len(codes) == 1 else ProgramFailedError.exit_code

    def as_json(self) -> str:
        """Return everything as one JSON object."""
        rows = [each.as_json() for each in self.outcomes]
        report = {"version": 1, "command": self.command, "repositories": rows, "exit_code": self.exit_code}
        return json.dumps(report, indent=2, ensure_ascii=False)

    def as_diffs(self) -> str:
        """Return the changes that were not delivered, repository by repository, and what tasks that check said."""
        return "\n".join(part for each in self.outcomes if (part := _shown(each)))

    def as_table(self) -> str:
        """Return a line for each repository, in columns."""
        return in_columns([(each.repository, each.state, each.detail) for each in self.outcomes])

    def as_lines(self) -> str:
        """Return a line for each repository with tabs between, for other programs."""
        return "\n".join(f"{each.repository}\t{each.state}\t{each.detail}" for each in self.outcomes)

    def as_markdown(self) -> str:
        """Return the table for GitHub's summary page, with failures first."""
        rows = sorted(self.outcomes, key=lambda each: not each.failed)
        lines = [f"`{self.command}`: {self.summary()}", "", "| repository | result | |", "|---|---|---|"]
        lines += [f"| {_cell(each.repository)} | {each.state} | {_cell(each.detail)} |" for each in rows]
        return "\n".join(lines)

    def summary(self) -> str:
        """Return how many repositories came to what: `3 repositories: 2 opened, 1 failed`."""
        counted = Counter(each.state for each in self.outcomes)
        states = ", ".join(f"{counted[state]} {state}" for state in STATES if counted[state])
        number = len(self.outcomes)
        return f"{number} {'repository' if number == 1 else 'repositories'}" + (f": {states}" if states else "")


def in_columns(rows: Sequence[Sequence[str]]) -> str:
    """Return rows of cells as lines, with each column as wide as its longest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _shown(outcome: Outcome) -> str:
    if outcome.diff and not outcome.commit:
        about = f"{count(len(outcome.files), 'file')} changed"
        return f"==> {outcome.repository}: {about}\n{outcome.diff.rstrip(chr(10))}\n"
    return ""


def _cell(text: str) -> str:
    """Return a text as it is in a cell of a Markdown table: nothing in it is markup, but an address is a link."""
    parts = re.split(r"(https://[^\s|<>]+)", " ".join(text.split()))
    return "".join(f"<{part}>" if number % 2 else MARKUP.sub(r"\\\g<0>", part) for number, part in enumerate(parts))
