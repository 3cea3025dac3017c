"""Write the pages of a run: one for each image, and one that leads to them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.filesize import decimal

from hubimages import disk
from hubimages.errors import StorageError
from hubimages.migration.page.drawing import ribbon, timeline
from hubimages.migration.page.facts import Image
from hubimages.page import render
from hubimages.run import os_failure

FOLDER = "hubimages.migration.page"
MOST_COMMITS = 2000  # in the table; the others are counted
SAFE = re.compile(r"[^A-Za-z0-9._-]+")


def write_pages(folder: Path, images: Sequence[Image], *, private: bool = False) -> list[Path]:
    """Write `index.html` and a page for each image into a folder, and return them.

    With `private`, the pages say where each finding of the scan is; otherwise only kinds and how many. Raises
    StorageError if the folder cannot be written.
    """
    made = datetime.now(UTC).strftime("%d %B %Y, %H:%M UTC")
    names = page_names(images)
    pages = {"index.html": run_page(images, names, made)}
    for image, name in zip(images, names, strict=True):
        pages[name] = image_page(image, made, private=private)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            disk.write_whole(folder / name, text.encode("utf-8", "replace"))
    except OSError as error:
        known = os_failure(error)
        if isinstance(known, StorageError):
            raise known from error
        raise StorageError(f"cannot write {folder}: {error.strerror}") from error
    return [folder / name for name in pages]


def page_names(images: Sequence[Image]) -> list[str]:
    """Return the file names of the images' pages, each once."""
    names: list[str] = []
    for image in images:
        stem = SAFE.sub("-", image.name).strip("-.")[:100] or "image"
        name, number = f"{stem}.html", 1
        while name in ("index.html", *names):
            number += 1
            name = f"{stem}-{number}.html"
        names.append(name)
    return names


def image_page(image: Image, made: str, *, private: bool) -> str:
    """Return the page about one image."""
    return render(
        FOLDER,
        "image",
        image=image,
        made=made,
        private=private,
        timeline=timeline(image.commits, image.authors),
        ribbon=ribbon(image.report.get("paths", ()), image.commits),
        shown=image.commits[:MOST_COMMITS],
        size=size,
    )


def run_page(images: Sequence[Image], names: Sequence[str], made: str) -> str:
    """Return the page about all of them."""
    every = [commit for image in images for commit in image.commits]
    every.sort(key=lambda commit: commit.day, reverse=True)
    people: dict[str, int] = {}
    for image in images:
        for author, number in image.authors:
            people[author] = people.get(author, 0) + number
    authors = sorted(people.items(), key=lambda one: -one[1])
    return render(
        FOLDER, "run", images=list(zip(images, names, strict=True)), made=made, authors=authors,
        timeline=timeline(every, authors), commits=len(every), size=size,
    )  # fmt: skip


def size(number: int | None) -> str:
    """Return a size, or `not known`."""
    return "not known" if number is None else decimal(number)
