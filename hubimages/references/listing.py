"""Show references: one line each for people, one JSON object for programs."""

from collections.abc import Iterable, Sequence
from typing import Any

from hubimages.console import count
from hubimages.references.reference import Inventory, NotRead, Reference, dotted

SHOWN = 3  # hubs in a line; files for a reason


def as_lines(inventory: Inventory) -> str:
    """Return one line for each reference, sorted by image, with tabs between its columns.

    The columns are image, tag format, file and line, values path, hubs. Programs rely on their order.
    """
    rows = (
        (
            image_of(each),
            each.shape.pattern,
            f"{each.file}:{each.line}",
            each.values_path or f"({each.form})",
            hubs_of(each),
        )
        for each in sorted(inventory.references, key=sort_key)
    )
    return "\n".join("\t".join(" ".join(cell.split()) for cell in row) for row in rows)


def sort_key(reference: Reference) -> tuple[str, str, str, int]:
    """Return what references are sorted by: image, tag, place."""
    return reference.repository, image_of(reference), reference.file, reference.line


def summary(inventory: Inventory) -> str:
    """Return the number of references, and what was not read with the reason."""
    references = inventory.references
    images = len({each.repository for each in references if each.name})
    lines = [
        f"{count(len(references), 'reference')} to {count(images, 'image')} in "
        f"{count(len({each.file for each in references}), 'file')}; {_number_of_hubs(inventory)} them"
    ]
    if inventory.guessed:
        guessed = f"{count(len(inventory.guessed), 'hub')} from file names: {shorten(inventory.guessed, 6)}"
        lines.append(f"guessed {guessed}. To state them: --hubs FILE")
    if inventory.placeholders:
        number = count(len(inventory.placeholders), "placeholder")
        where = shorten([f"{file}:{line}" for file, line in inventory.placeholders])
        lines.append(f"not counted: {number} that a program fills in, {where}")
    for reason, entries in by_reason(inventory.not_read).items():
        files = [f"{each.file}:{each.line}" if each.line else each.file for each in entries]
        if len(files) > SHOWN:
            files = [*files[:SHOWN], f"{len(files) - SHOWN} more (--json lists them)"]
        lines.append(f"{reason}: {', '.join(files)}")
    if inventory.other_kinds:
        kinds = [f"{number} {kind}" for kind, number in inventory.other_kinds.items()]
        total = count(sum(inventory.other_kinds.values()), "file")
        lines.append(f"not read: {total} of other kinds, {shorten(kinds, 6)}")
    return "\n".join(lines)


def by_reason(not_read: Iterable[NotRead]) -> dict[str, list[NotRead]]:
    """Group what was not read by reason, without the details in parentheses."""
    reasons: dict[str, list[NotRead]] = {}
    for each in not_read:
        head, bracket, tail = each.reason.partition(" (")
        detailed = bracket and head != "encrypted"
        reasons.setdefault(head + tail.partition(")")[2] if detailed else each.reason, []).append(each)
    return reasons


def as_json(inventory: Inventory) -> str:
    """Return the inventory as one JSON object."""
    import json

    whole = {
        "version": 1,
        "references": [as_object(each) for each in inventory.references],
        "not_read": [{"file": each.file, "line": each.line, "reason": each.reason} for each in inventory.not_read],
        "hubs": inventory.hubs,
        "placeholders": len(inventory.placeholders),
        "placeholder_places": [{"file": file, "line": line} for file, line in inventory.placeholders],
        "other_kinds": inventory.other_kinds,
        "layouts": inventory.layouts,
        "guessed_hubs": inventory.guessed,
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def as_object(reference: Reference) -> dict[str, Any]:
    """Return a reference as JSON data. `path` is "" if the file has no paths; `line` is the line of the tag."""
    return {
        "file": reference.file,
        "line": reference.line,
        "path": reference.values_path,
        "also": [dotted(path) for path in reference.also],
        "hubs": reference.hubs,
        "read_by": reference.read_by,
        "registry": reference.host,
        "name": reference.name,
        "tag": reference.tag,
        "digest": reference.digest,
        "shape": reference.shape.pattern,
        "form": str(reference.form),
        "profile": reference.profile,
        "choice": reference.choice,
        "parsed": reference.parsed,
        "invalid": reference.invalid,
        "owner": reference.owner,
        "tag_from": reference.tag_from,
        "names": reference.names,
    }


def shorten(names: Sequence[str], shown: int = SHOWN) -> str:
    """Return `a, b, c and 4 more`."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def image_of(reference: Reference) -> str:
    """Return the image as people write it, or what is known of it."""
    if reference.invalid:
        return f"{reference.written!r} (invalid)"
    if reference.image:
        return str(reference.image)
    return f"({' or '.join(reference.names) or 'image of a chart'}):{reference.tag}"


def hubs_of(reference: Reference) -> str:
    """Return the hubs that run a reference, or those that override it."""
    if reference.hubs:
        return ", ".join(reference.hubs)
    return f"overridden in {', '.join(reference.read_by)}" if reference.read_by else "-"


def _number_of_hubs(inventory: Inventory) -> str:
    running = len({hub for each in inventory.references for hub in each.hubs})
    verb = "uses" if running == 1 else "use"
    return f"{running} of {count(len(inventory.hubs), 'hub')} {verb}" if inventory.hubs else "no hub uses"
