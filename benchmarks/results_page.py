"""The page docs/benchmarks.md, made from what the benchmarks measured."""

import re
from collections.abc import Iterator
from typing import Any

HEAD = """\
# Benchmarks

`nox -s bench` writes this page. It runs every benchmark in a short form; `nox -s bench -- --only NAME` runs one again.
*Peer* is what people use today, or another baseline that the row names. Both sides of a row ran in turns on the same
machine, so ratios say more than seconds. *Load* is the machine's load average before and after; where it is above the
number of cores, other work ran beside the benchmark, and seconds say little.
"""
COLUMNS = (
    "| benchmark | measured | peer | ours | ratio | goal | | load |",
    "|---|---|---|---|---|---|---|---|",
)
WAYS = ("| benchmark | on | machine | what was measured |", "|---|---|---|---|")
WORDS = {"met": "met", "NOT MET": "**missed**", "": ""}


def page(results: dict[str, Any]) -> str:
    """Return the page."""
    ran = {name: result for name, result in sorted(results.items()) if "tables" in result}
    rows = [row for result in ran.values() for table in result["tables"] for row in table["rows"]]
    met = sum(row["verdict"] == "met" for row in rows)
    missed = sum(row["verdict"] == "NOT MET" for row in rows)
    parts = [HEAD, f"Of {met + missed} goals, {met} are met and {missed} are missed.\n"]
    parts.append("\n".join([*COLUMNS, *lines(ran)]) + "\n")
    not_run = {name: result for name, result in sorted(results.items()) if "tables" not in result}
    if not_run:
        parts.append("## Not run\n")
        parts.append("".join(f"- `{name}`: {cell(reason_of(result))}\n" for name, result in not_run.items()))
    if ran:
        parts.append("## How each was run\n")
        parts.append("\n".join([*WAYS, *ways(ran)]) + "\n")
    return "\n".join(parts)


def reason_of(result: dict[str, Any]) -> str:
    """Return why a benchmark has no figures."""
    return str(result.get("not_run") or f"failed with {result['failed']}")


def lines(ran: dict[str, Any]) -> Iterator[str]:
    """Yield a line for each row of each table."""
    for name, result in ran.items():
        load = "–".join(map(str, result["load"]))
        for table in result["tables"]:
            about = f", {table['facts'][-1]}" if len(result["tables"]) > 1 else ""
            above = ""
            for row in table["rows"]:
                # An indented row belongs to the one above it.
                what = f"{above}: {row['name'].strip()}" if row["name"].startswith(" ") else row["name"]
                above = above if row["name"].startswith(" ") else what
                cells = [f"`{name}`", what + about.partition(";")[0], row["theirs"], row["ours"]]
                yield line([*cells, row["ratio"], row["target"], WORDS[row["verdict"]], load])


def ways(ran: dict[str, Any]) -> Iterator[str]:
    """Yield a line that says how each benchmark was run, and on what."""
    for name, result in ran.items():
        command = " ".join([f"benchmarks/{name}.py", *result["arguments"]])
        facts = "; ".join(dict.fromkeys(fact for table in result["tables"] for fact in table["facts"][1:]))
        day = f"{result['date']}, {result['seconds']} s"
        yield line([f"`{command}`", day, result["machine"], facts])


def line(cells: list[str]) -> str:
    """Return a row of a table in Markdown."""
    return f"| {' | '.join(cell(each) for each in cells)} |"


def cell(text: str) -> str:
    """Return text as it can stand in a table."""
    text = re.sub(r"(?<=\d) (?=(s|MB|CPU)\b)", "\u00a0", text)  # a number stays with its unit
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
