"""The tables of docs/faults.md."""

from pathlib import Path

from tests.command import ROOT
from tests.faults.counts import counts
from tests.faults.sample import SAMPLE
from tests.faults.tasks import ELSEWHERE, NOT_TRIED, SCENARIOS

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
    for each in SCENARIOS:
        cells = [cell(found.get(each.name, {}), fault) for fault in faults]
        lines.append(f"| `{each.name}` | {' | '.join(cells)} |")
    total = sum(sum(each.values()) for each in found.values())
    lines += ["", f"{total} moments in all.", "", "| task | what stands for it |", "|---|---|"]
    lines += [f"| `{name}` | other tests: `{place}` |" for name, place in ELSEWHERE.items()]
    lines += [f"| `{name}` | not tried: {why} |" for name, why in NOT_TRIED.items()]
    return "\n".join(lines) + "\n"


def cell(found: dict[str, int], fault: str) -> str:
    """Return the number of moments; a dash where the fault was not tried, or did not hold."""
    return str(found.get(fault, "–"))
