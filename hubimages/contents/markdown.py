"""What is different between two images as Markdown, for a pull request or the summary of a run."""

from collections.abc import Iterator
from pathlib import Path

from rich.filesize import decimal

from hubimages import disk
from hubimages.console import count
from hubimages.contents.comparison import ImageComparison
from hubimages.contents.report import change_lines, line_of, pulled
from hubimages.markdown import block, code

MOST = 60_000  # of a page; GitHub takes 65,536 characters in a pull request, and more in a summary
LEAST = 600  # characters that a comparison gets, however many there are


def write_markdown(path: Path, found: ImageComparison, before: str, after: str) -> None:
    """Write what is different. Raises OSError if it cannot be written."""
    disk.write_whole(path, comparison_as_markdown(found, before, after, most=MOST) + "\n")


def comparison_as_markdown(found: ImageComparison, before: str, after: str, *, most: int) -> str:
    """Return the versions, sizes and packages that differ, in about `most` characters at most.

    Packages with another major version come first; the number of the others is there, and they are folded. Of
    environment variables it has the names alone: a value can be a secret. What is left out is said, with the command
    that shows everything.
    """
    head = f"{heading(before, after)}\n\n{'; '.join(around(found))}."
    if found.before.digest and found.before.digest == found.after.digest:
        return f"{heading(before, after)}\n\nBoth are the same image."
    if found.packages.same:
        return f"{head}\n\nBoth have the same packages, with the same versions and builds."
    command = f"hubimages compare-images {before} {after}"
    majors = [line_of(each) for each in found.packages.changed if each.is_major]
    others = change_lines(found.packages)[len(majors) :]
    left = max(most, LEAST) - len(head) - 400  # for the titles, and for what is left out
    parts = [head]
    if majors:
        parts.append(f"Another major version: {len(majors)}\n\n{block(majors, left, command)}")
        left -= len(parts[-1])
    if others:
        title = f"{count(len(others), 'more package' if majors else 'package')}: {numbers(found)}"
        listed = block(others, left, command)
        parts.append(f"<details><summary>{title}</summary>\n\n{listed}\n\n</details>")
    return "\n\n".join(parts)


def heading(before: str, after: str) -> str:
    """Return the two images; the name once if only the tag differs."""
    (name, _, old), (other, _, new) = before.rpartition(":"), after.rpartition(":")
    if name and name == other:
        return f"**{code(name)} {code(old)} → {code(new)}**"
    return f"**{code(before)} → {code(after)}**"


def around(found: ImageComparison) -> Iterator[str]:
    """Yield what is different besides the packages, in words, and the versions of Python, JupyterHub and R."""
    for name, (old, new) in found.versions.items():
        yield f"{name} {code(new)}" if old == new else f"{name} {code(old or 'none')} → {code(new or 'none')}"
    if found.before.platform != found.after.platform:
        yield f"platform {code(found.before.platform)} → {code(found.after.platform)}"
    if found.before.user != found.after.user:
        yield f"user {code(found.before.user or 'root')} → {code(found.after.user or 'root')}"
    if found.environment:
        yield f"environment variables that differ: {', '.join(map(code, found.environment))}"
    yield f"{decimal(found.before.size)} → {decimal(found.after.size)}, {pulled(found)}"


def numbers(found: ImageComparison) -> str:
    """Return how many packages besides those with another major version changed, are new and are gone."""
    minor = [each for each in found.packages.changed if not each.is_major]
    downgrades = sum(each.is_downgrade for each in minor)
    parts = [f"{len(minor)} changed" + (f" ({count(downgrades, 'downgrade')})" if downgrades else "")] if minor else []
    parts += [f"{len(found.packages.added)} new"] if found.packages.added else []
    parts += [f"{len(found.packages.removed)} gone"] if found.packages.removed else []
    return ", ".join(parts)
