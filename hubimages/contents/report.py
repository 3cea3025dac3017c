"""Show the packages in an image, and what is different between two, as text and as JSON."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from hubimages.console import count
from hubimages.contents.comparison import Change, Comparison
from hubimages.contents.image import Contents
from hubimages.contents.package import Package


def contents_as_lines(contents: Contents) -> str:
    """Return a line for each package, with tabs between kind, name, version, build, and the directory it is in."""
    return "\n".join(
        "\t".join((each.kind, each.name, each.version, each.build, each.place)) for each in contents.packages
    )


def contents_summary(contents: Contents) -> str:
    """Return the number of packages of each kind."""
    kinds = Counter(each.kind for each in contents.packages)
    numbers = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    return f"{count(len(contents.packages), 'package')}: {numbers}" if kinds else "no package"


def contents_as_json(image: str, contents: Contents) -> str:
    """Return the packages as one JSON object."""
    whole = {"version": 1, "image": image, "packages": [as_object(each) for each in contents.packages]}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def comparison_as_text(found: Comparison) -> str:
    """Return the changed packages, those with another major version first, then the new ones and the missing ones."""
    lines = [
        line_of(each) for each in sorted(found.changed, key=lambda each: (not is_major(each), each.kind, each.name))
    ]
    lines += [f"+ {each.kind} {each.name} {each.version}" for each in found.added]
    lines += [f"- {each.kind} {each.name} {each.version}" for each in found.removed]
    return "\n".join(lines) or "both images have the same packages, with the same versions and builds"


def comparison_as_json(before: str, after: str, found: Comparison) -> str:
    """Return what is different as one JSON object."""
    whole = {
        "version": 1,
        "before": before,
        "after": after,
        "added": [as_object(each) for each in found.added],
        "removed": [as_object(each) for each in found.removed],
        "changed": [
            {
                "kind": each.kind,
                "name": each.name,
                "major": is_major(each),
                "before": [as_object(one) for one in each.before],
                "after": [as_object(one) for one in each.after],
            }
            for each in found.changed
        ],
    }
    return json.dumps(whole, indent=2, ensure_ascii=False)


def line_of(change: Change) -> str:
    """Return `~ conda numpy 1.26.4 -> 2.1.0 (major)`; with the builds where only they differ."""
    before, after = versions(change.before), versions(change.after)
    if before == after:
        before, after = builds(change.before), builds(change.after)
    return f"~ {change.kind} {change.name} {before} -> {after}{' (major)' if is_major(change) else ''}"


def versions(packages: Iterable[Package]) -> str:
    """Return the versions; a package can be there more than once."""
    return ", ".join(dict.fromkeys(each.version for each in packages))


def builds(packages: Iterable[Package]) -> str:
    """Return the versions with their builds."""
    return ", ".join(dict.fromkeys(f"{each.version} {each.build}".strip() for each in packages))


def is_major(change: Change) -> bool:
    """Return True if the first number of the version differs; an epoch counts as part of it."""
    return {first_number(each.version) for each in change.before} != {
        first_number(each.version) for each in change.after
    }


def first_number(version: str) -> str:
    """Return the version up to its first separator: `1:2` of `1:2.3-4`, `2026` of `2026.1`."""
    found = re.match(r"(?:\d+[!:])?[^.\-+_~]+", version)
    return found[0] if found else version


def as_object(package: Package) -> dict[str, Any]:
    """Return a package as JSON data."""
    return {
        "kind": package.kind,
        "name": package.name,
        "version": package.version,
        "build": package.build,
        "place": package.place,
    }
