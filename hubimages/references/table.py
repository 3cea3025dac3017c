"""Show references on a terminal: grouped by image, as wide as the terminal."""

from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import groupby

from hubimages.references.listing import image_of, shorten, sort_key
from hubimages.references.reference import Inventory, Reference

HUBS = 2  # that a line names; --wide names all
ENDLESS = 100_000  # columns with --wide


def as_table(inventory: Inventory, width: int, *, wide: bool = False) -> str:
    """Return the references in lines of at most `width` columns; with `wide` every text in full."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = StringIO()
    columns = ENDLESS if wide else max(width, 30)
    console = Console(file=out, width=columns, color_system=None, force_terminal=False, highlight=False)
    rows = {each: _cells(each, wide=wide) for each in inventory.references}
    tags, hubs = (max((len(row[number]) for row in rows.values()), default=0) for number in (0, 1))
    third = columns // 3
    for name, references in _groups(inventory.references):
        console.print(Text(name), no_wrap=True, overflow="ignore" if wide else "ellipsis")
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        table.add_column(width=0)
        table.add_column(no_wrap=True, overflow="ellipsis", width=tags if wide else min(tags, third))
        table.add_column(no_wrap=wide, overflow="fold", width=hubs if wide else min(hubs, third))
        table.add_column(no_wrap=wide, overflow="fold")
        for each in references:
            table.add_row("", *map(Text, rows[each]))
        console.print(table)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def _groups(references: Iterable[Reference]) -> Iterator[tuple[str, list[Reference]]]:
    for name, group in groupby(
        sorted(references, key=sort_key), key=lambda each: each.repository or "image of a chart"
    ):
        yield name, list(group)


def _cells(reference: Reference, *, wide: bool) -> list[str]:
    """Return tag, hubs and place; with `wide` also the tag format and the values path."""
    tag = image_of(reference) if reference.invalid or not reference.name else reference.version
    hubs = shorten(reference.hubs, len(reference.hubs) if wide else HUBS)
    if not hubs:
        hubs = "overridden" if reference.read_by else "-"
    more = [reference.shape.pattern, reference.values_path or f"({reference.form})"] if wide else []
    return [tag, hubs, f"{reference.file}:{reference.line}", *more]
