"""Compare two images: their packages, versions, layers, environment variables and users."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hubimages.contents.facts import Facts, LayerSize
from hubimages.contents.image import Contents
from hubimages.contents.package import Package
from hubimages.contents.version_order import first_number, newest

YEAR = re.compile(r"(19|20)\d\d")


@dataclass(frozen=True)
class Change:
    """A package of which another version or build is there. The lists have several where it is there more than once."""

    kind: str
    name: str
    before: tuple[Package, ...]
    after: tuple[Package, ...]

    @property
    def is_major(self) -> bool:
        """Return True if the first number of the version differs; an epoch counts as part of it.

        A year is no major version: packages with versions such as 2025.1 have a new one in each January.
        """
        old, new = ({first_number(each.version) for each in packages} for packages in (self.before, self.after))
        return old != new and not all(YEAR.fullmatch(each) for each in old | new)

    @property
    def is_downgrade(self) -> bool:
        """Return True if the newest version before is newer than the newest after."""
        old, new = ([each.version for each in packages] for packages in (self.before, self.after))
        return set(old) != set(new) and newest(self.kind, [*old, *new]) not in new


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


@dataclass(frozen=True)
class ImageComparison:
    """What is different between two images."""

    before: Facts
    after: Facts
    packages: Comparison

    @property
    def versions(self) -> dict[str, tuple[str, str]]:
        """Return the versions of Python, R and JupyterHub before and after, where one has it; empty for none."""
        old, new = self.before.versions(), self.after.versions()
        return {
            name: (old.get(name, ""), new.get(name, ""))
            for name in ("Python", "JupyterHub", "R")
            if {*old, *new} & {name}
        }

    @property
    def environment(self) -> dict[str, tuple[str | None, str | None]]:
        """Return the environment variables that differ, with their values before and after; None if there is none."""
        return differing(self.before.environment, self.after.environment)

    @property
    def new_layers(self) -> tuple[LayerSize, ...]:
        """Return the layers that a node with the first image lacks to run the second, each once."""
        have = {name for each in self.before.layers for name in (each.digest, each.unpacked) if name}
        missing = {
            each.digest or each.unpacked: each for each in self.after.layers if not {each.digest, each.unpacked} & have
        }
        return tuple(missing.values())

    @property
    def pull(self) -> int:
        """Return the bytes that a node with the first image pulls; for a local image, what they unpack to."""
        return sum(each.size for each in self.new_layers)

    @property
    def same(self) -> bool:
        """Return True if nothing that is compared differs."""
        users = self.before.user == self.after.user
        return self.packages.same and users and not self.environment and not self.new_layers


def compare_facts(before: Facts, after: Facts) -> ImageComparison:
    """Return what is different between two images."""
    return ImageComparison(before, after, compare(before.contents, after.contents))


def differing(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Return the names whose values differ, sorted, with both values."""
    return {name: (old.get(name), new.get(name)) for name in sorted({*old, *new}) if old.get(name) != new.get(name)}
