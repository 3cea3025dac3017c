"""Show references on a terminal: grouped by image, as wide as the terminal."""

import os
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING

from hubimages.references.listing import image_of, shorten, sort_key
from hubimages.references.reference import Inventory, Reference

if TYPE_CHECKING:
    from rich.text import Text

HUBS = 2  # that a line names; --wide names all
ENDLESS = 100_000  # columns with --wide


def as_table(inventory: Inventory, width: int, *, wide: bool = False) -> str:
    """Return the references in lines of at most `width` columns; with `wide` every text in full."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = StringIO()
    colour = "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    columns = ENDLESS if wide else max(width, 30)
    console = Console(file=out, width=columns, force_terminal=colour, highlight=False, legacy_windows=False)
    for name, references in _groups(inventory.references):
        console.print(Text(name, style="bold"), no_wrap=True, overflow="ignore" if wide else "ellipsis")
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0), expand=False)
        table.add_column(width=0)
        table.add_column(no_wrap=True, overflow="ellipsis", max_width=None if wide else columns // 3)
        table.add_column(no_wrap=wide, overflow="fold", max_width=None if wide else columns // 3)
        table.add_column(no_wrap=wide, overflow="fold")
        for each in references:
            table.add_row("", *_cells(each, wide=wide))
        console.print(table)
    return out.getvalue().rstrip("\n")


def _groups(references: Iterable[Reference]) -> Iterator[tuple[str, list[Reference]]]:
    for name, group in groupby(
        sorted(references, key=sort_key), key=lambda each: each.repository or "image of a chart"
    ):
        yield name, list(group)


def _cells(reference: Reference, *, wide: bool) -> "Sequence[Text]":
    """Return tag, hubs and place; with `wide` also the tag format and the values path."""
    from rich.text import Text

    tag = image_of(reference) if reference.invalid or not reference.name else reference.version
    hubs = shorten(reference.hubs, len(reference.hubs) if wide else HUBS)
    if not hubs:
        hubs = "overridden" if reference.read_by else "-"
    cells = [Text(tag, style="red" if reference.invalid else "green"), Text(hubs)]
    cells.append(Text(f"{reference.file}:{reference.line}", style="dim"))
    if wide:
        cells += [Text(reference.shape.pattern), Text(reference.values_path or f"({reference.form})")]
    return cells
