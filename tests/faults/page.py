"""The tables of docs/faults.md."""

from pathlib import Path
from string import ascii_lowercase

from tests.command import ROOT
from tests.faults.counts import counts
from tests.faults.sample import SAMPLE
from tests.faults.tasks import ELSEWHERE, SCENARIOS

FILE = Path(ROOT, "docs/faults.md")
BEGIN, END = "<!-- tables: written by python -m tests.faults -->\n", "<!-- end of the tables -->\n"


def written(text: str) -> str:
    """Return the page's text with the tables as they are now."""
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + tables() + END + rest.partition(END)[2]


def tables() -> str:
    """Return what was tried, what other tests try, and what no test tries."""
    found, faults = counts(), list(SAMPLE)
    lines = [f"| task | {' | '.join(faults)} |", "|---|" + "---:|" * len(faults)]
    letters = dict(zip(reasons(), ascii_lowercase, strict=False))
    for each in SCENARIOS:
        cells = [
            letters[each.reasons[fault]] if fault in each.reasons else str(found[each.name][fault]) for fault in faults
        ]
        lines.append(f"| `{each.name}` | {' | '.join(cells)} |")
    total = sum(sum(each.values()) for each in found.values())
    lines += ["", f"{total} moments in all. A letter says why a fault cannot meet a task:", ""]
    lines += [f"- {letter}: {reason}" for reason, letter in letters.items()]
    lines += ["", "| task | what stands for it |", "|---|---|"]
    lines += [f"| `{name}` | other tests: `{place}` |" for name, place in ELSEWHERE.items()]
    return "\n".join(lines) + "\n"


def reasons() -> list[str]:
    """Return each reason why a fault cannot meet a task, once."""
    return list(dict.fromkeys(why for each in SCENARIOS for why in each.reasons.values()))
