"""Show the packages in an image, and what is different between two, as text and as JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from rich.filesize import decimal

from hubimages.console import count
from hubimages.contents.comparison import Change, Comparison, ImageComparison
from hubimages.contents.facts import LOCAL, Facts
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


def facts_summary(facts: Facts) -> str:
    """Return the image's versions, size, platform and digest, the number of packages, and where they come from."""
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions().items())
    where = {LOCAL: "this machine"}.get(facts.source, f"its {facts.source}")
    size = f"{decimal(facts.size)}{'' if facts.digest else ' unpacked'} in {count(len(facts.layers), 'layer')}"
    head = " ".join(filter(None, (facts.name, facts.digest, facts.platform)))
    lines = [head, versions, size, f"{contents_summary(facts.contents)} (from {where})"]
    return "\n".join(filter(None, lines))


def image_as_object(facts: Facts) -> dict[str, Any]:
    """Return what is known about an image, without its packages, as JSON data."""
    return {
        "image": facts.name,
        "digest": facts.digest,
        "platform": facts.platform,
        "created": facts.created,
        "source": facts.source,
        "versions": facts.versions(),
        "user": facts.user,
        "environment": dict(facts.environment),
        "size": facts.size,
        "layers": [{"digest": each.digest, "size": each.size, "unpacked": each.unpacked} for each in facts.layers],
    }


def facts_as_json(facts: Facts) -> str:
    """Return the image and its packages as one JSON object."""
    packages = [as_object(each) for each in facts.contents.packages]
    of_conda = [as_object(each) for each in facts.contents.of_conda]
    whole = {"version": 1, **image_as_object(facts), "packages": packages, "of_conda": of_conda}
    return json.dumps(whole, indent=2, ensure_ascii=False)


def comparison_as_text(found: Comparison) -> str:
    """Return the changed packages, those with another major version first, then the new ones and the missing ones."""
    return "\n".join(change_lines(found)) or "both images have the same packages, with the same versions and builds"


def change_lines(found: Comparison) -> list[str]:
    """Return a line for each package that changed, those with another major version first, is new, or is gone."""
    return [
        *(line_of(each) for each in in_order(found.changed)),
        *(f"+ {each.kind} {each.name} {each.version}" for each in found.added),
        *(f"- {each.kind} {each.name} {each.version}" for each in found.removed),
    ]


def in_order(changed: Iterable[Change]) -> list[Change]:
    """Return the changes, those with another major version first, then by kind and name."""
    return sorted(changed, key=lambda each: (not each.is_major, each.kind, each.name))


def images_as_text(found: ImageComparison) -> str:
    """Return everything that is different: versions, what a node pulls, environment variables, user, packages."""
    return "\n".join([*around(found), comparison_as_text(found.packages)])


def around(found: ImageComparison) -> Iterator[str]:
    """Yield what is different besides the packages, a line for each."""
    for name, (old, new) in found.versions.items():
        if old != new:
            yield f"{name} {old or 'none'} -> {new or 'none'}"
    if found.before.platform != found.after.platform:
        yield f"platform {found.before.platform} -> {found.after.platform}"
    if found.before.user != found.after.user:
        yield f"user {found.before.user or 'root'} -> {found.after.user or 'root'}"
    for name, (before, after) in found.environment.items():
        old, new = ("not set" if value is None else value for value in (before, after))
        yield f"environment {name}: {old} -> {new}"
    yield f"size {decimal(found.before.size, precision=2)} -> {decimal(found.after.size, precision=2)}; {pulled(found)}"


def pulled(found: ImageComparison) -> str:
    """Return what a node that has the first image pulls to run the second, with the size of each such layer."""
    if not found.after.layers:
        return "the layers are not known"
    new, every = len(found.new_layers), count(len(found.after.layers), "layer")
    if not new:
        return "a node with the first image pulls nothing"
    sizes = ", ".join(decimal(each.size) for each in found.new_layers)
    unpacked = "" if found.after.digest else " unpacked"
    each = f" ({sizes})" if new > 1 else ""
    return f"a node with the first image pulls {decimal(found.pull)}{unpacked}: {new} of {every}{each}"


def images_as_json(found: ImageComparison) -> str:
    """Return everything that is different as one JSON object."""
    return json.dumps({"version": 1, **comparison_as_object(found)}, indent=2, ensure_ascii=False)


def comparison_as_object(found: ImageComparison) -> dict[str, Any]:
    """Return everything that is different as JSON data."""
    packages = found.packages
    return {
        "before": image_as_object(found.before),
        "after": image_as_object(found.after),
        "versions": {name: {"before": old, "after": new} for name, (old, new) in found.versions.items()},
        "environment": {name: {"before": old, "after": new} for name, (old, new) in found.environment.items()},
        "pull": found.pull,
        "new_layers": [{"digest": each.digest, "size": each.size} for each in found.new_layers],
        "added": [as_object(each) for each in packages.added],
        "removed": [as_object(each) for each in packages.removed],
        "changed": [
            {
                "kind": each.kind,
                "name": each.name,
                "major": each.is_major,
                "downgrade": each.is_downgrade,
                "before": [as_object(one) for one in each.before],
                "after": [as_object(one) for one in each.after],
            }
            for each in in_order(packages.changed)
        ],
    }


def line_of(change: Change) -> str:
    """Return `~ conda numpy 1.26.4 -> 2.1.0 (major)`; with the builds where only they differ."""
    before, after = versions_of(change)
    return f"~ {change.kind} {change.name} {before} -> {after}{remark(change)}"


def versions_of(change: Change) -> tuple[str, str]:
    """Return the versions before and after; with the builds where only they differ."""
    before, after = versions(change.before), versions(change.after)
    return (builds(change.before), builds(change.after)) if before == after else (before, after)


def remark(change: Change) -> str:
    """Return ` (major)`, ` (downgrade)`, both, or nothing."""
    words = ["major"] * change.is_major + ["downgrade"] * change.is_downgrade
    return f" ({', '.join(words)})" if words else ""


def versions(packages: Iterable[Package]) -> str:
    """Return the versions; a package can be there more than once."""
    return ", ".join(dict.fromkeys(each.version for each in packages))


def builds(packages: Iterable[Package]) -> str:
    """Return the versions with their builds."""
    return ", ".join(dict.fromkeys(f"{each.version} {each.build}".strip() for each in packages))


def as_object(package: Package) -> dict[str, Any]:
    """Return a package as JSON data."""
    return {
        "kind": package.kind,
        "name": package.name,
        "version": package.version,
        "build": package.build,
        "place": package.place,
        "size": package.size,
        "licence": package.licence,
    }
