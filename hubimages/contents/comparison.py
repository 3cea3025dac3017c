"""Compare the packages in two images."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from hubimages.contents.image import Contents
from hubimages.contents.package import Package


@dataclass(frozen=True)
class Change:
    """A package of which another version or build is there. The lists have several where it is there more than once."""

    kind: str
    name: str
    before: tuple[Package, ...]
    after: tuple[Package, ...]


@dataclass(frozen=True)
class Comparison:
    """What is different between two images, sorted by kind and name."""

    added: tuple[Package, ...]
    removed: tuple[Package, ...]
    changed: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Return True if both have the same packages with the same versions and builds."""
        return not (self.added or self.removed or self.changed)


def compare(before: Contents, after: Contents) -> Comparison:
    """Return what is different. A package that only moved to another directory counts as unchanged."""
    old, new = by_name(before.packages), by_name(after.packages)
    added: list[Package] = []
    removed: list[Package] = []
    changed: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key, ()), new.get(key, ())
        if not one:
            added += other
        elif not other:
            removed += one
        elif versions(one) != versions(other):
            changed.append(Change(*key, one, other))
    return Comparison(tuple(added), tuple(removed), tuple(changed))


def by_name(packages: Iterable[Package]) -> dict[tuple[str, str], tuple[Package, ...]]:
    """Return the packages by kind and name."""
    found: defaultdict[tuple[str, str], list[Package]] = defaultdict(list)
    for package in packages:
        found[package.kind, package.name].append(package)
    return {key: tuple(sorted(each)) for key, each in found.items()}


def versions(packages: Iterable[Package]) -> list[tuple[str, str]]:
    """Return the versions and builds, sorted."""
    return sorted((package.version, package.build) for package in packages)
