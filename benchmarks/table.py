"""One readable table: what was measured, on what machine, and whether it is as fast as was promised.

`show` prints it. Where the variable HUBIMAGES_BENCHMARK_JSON names a file, it also goes there, a line of JSON for each
table, from which `nox -s bench` makes docs/benchmarks.md.
"""

import json
import os
import platform
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

from sides import git

JSON = "HUBIMAGES_BENCHMARK_JSON"
CANNOT_RUN = 69  # EX_UNAVAILABLE
HEADER = ("", "theirs", "ours", "ratio", "target", "")


@dataclass(frozen=True)
class Row:
    """One measurement, as it is shown."""

    name: str
    theirs: str  # or what ours is to be held against, by the row's name
    ours: str
    ratio: str
    target: str
    verdict: str


def compared(name: str, theirs: float, ours: float, times_faster: float | None) -> Row:
    """Seconds on both sides; how many times faster ours is, and is to be (None: no promise)."""
    ratio = theirs / ours
    target = "" if times_faster is None else f"at least {times_faster:g}x"
    verdict = "" if times_faster is None else "met" if ratio >= times_faster else "NOT MET"
    return Row(name, seconds(theirs), seconds(ours), f"{ratio:.2f}x", target, verdict)


def limited(name: str, ours: float, whole: float, shown: Callable[[float], str], share: float) -> Row:
    """Something that is to be at most a share of a whole."""
    verdict = "met" if ours <= whole * share else "NOT MET"
    return Row(name, shown(whole), shown(ours), f"{ours / whole:.1%}", f"at most {share:.0%}", verdict)


def part(name: str, ours: float, whole: float, shown: Callable[[float], str]) -> Row:
    """A part of something, of which nothing was promised."""
    return Row(name, shown(whole), shown(ours), f"{ours / whole:.1%}", "", "")


def seconds(number: float) -> str:
    """`0.26 s`."""
    return f"{number:.3f} s"


def megabytes(number: float) -> str:
    """`27.4 MB`."""
    return f"{number / 1_000_000:.1f} MB"


def compared_share(name: str, theirs: float, ours: float, most: float | None) -> Row:
    """Seconds on both sides; how many times what theirs takes ours takes, and may take (None: no promise)."""
    target = "" if most is None else f"at most {most:g}x"
    verdict = "" if most is None else "met" if ours <= most * theirs else "NOT MET"
    return Row(name, seconds(theirs), seconds(ours), f"{ours / theirs:.2f}x", target, verdict)


def cannot_run(reason: object) -> NoReturn:
    """End with exit code 69 and one line: something that the benchmark needs is not here."""
    sys.stderr.write(f"{reason}\n")
    raise SystemExit(CANNOT_RUN)


def show(facts: Sequence[str], rows: Sequence[Row]) -> None:
    """Print the table and record it."""
    record(facts, rows)
    cells = [HEADER, *((row.name, row.theirs, row.ours, row.ratio, row.target, row.verdict) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADER))]
    lines = list(facts)
    for name, *rest in cells:
        numbers = [cell.rjust(width) for cell, width in zip(rest[:-1], widths[1:], strict=False)]
        lines.append("  ".join([name.ljust(widths[0]), *numbers, rest[-1]]).rstrip())
    print("\n".join(lines))  # noqa: T201


def record(facts: Sequence[str], rows: Sequence[Row]) -> None:
    """Add a line of JSON to the file that the environment names, if it names one."""
    if file := os.environ.get(JSON):
        with Path(file).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"facts": list(facts), "rows": [asdict(row) for row in rows]}) + "\n")


def machine(load_before: float) -> list[str]:
    """What it ran on, and how busy that was: with more than this one running, figures say little."""
    here = Path.cwd()
    processor = re.search(r"^model name\s*:\s*(.+)$", contents("/proc/cpuinfo"), re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", contents("/proc/meminfo"), re.MULTILINE)
    gigabytes = f"{int(memory[1]) / 1_000_000:.0f} GB" if memory else "unknown memory"
    load = f"load {load_before:.1f} before, {os.getloadavg()[0]:.1f} after"
    return [
        f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} cores, {gigabytes}, "
        f"{platform.system()} {platform.release()}, {load}",
        f"{git('version', cwd=here)}, git-filter-repo {version('git-filter-repo')}, Python {platform.python_version()}",
    ]


def contents(path: str) -> str:
    """A file of the system, "" where there is none."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""
