"""The package that a person looks for: a name, and which versions of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hubimages.contents.package import CONDA, DEBIAN, PIP
from hubimages.contents.version_order import order
from hubimages.errors import BadInputError

if TYPE_CHECKING:
    from packaging.specifiers import Specifier

NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9+._-]*[A-Za-z0-9+])?")  # also those of Debian, such as libstdc++6


@dataclass(frozen=True, order=True)
class Match:
    """A version of a package that somebody looks for: who installed it, its name and version."""

    kind: str
    name: str
    version: str


@dataclass(frozen=True)
class Wanted:
    """A package, and the versions of it that are meant; all of them without a specifier.

    Names are compared as pip does, without regard to case and with `-`, `_` and `.` as one.
    """

    text: str
    name: str
    specifiers: tuple["Specifier", ...] = ()

    @classmethod
    def parse(cls, text: str) -> "Wanted":
        """Return what a PEP 508 specifier or a bare name asks for. Raises BadInputError for anything else."""
        from packaging.requirements import InvalidRequirement, Requirement

        stripped = text.strip()
        if NAME.fullmatch(stripped):
            return cls(stripped, fold(stripped))
        try:
            asked = Requirement(stripped)
        except InvalidRequirement:
            asked = None
        if asked is None or asked.url or asked.marker or asked.extras:
            raise BadInputError(f"--with={text}: write a name or a PEP 508 specifier, such as numpy or 'numpy==1.2.3'")
        return cls(stripped, fold(asked.name), tuple(asked.specifier))

    def among(self, rows: Iterable[Sequence[Any]]) -> Iterator[Match]:
        """Yield the packages meant among rows that begin with kind, name and version."""
        first = self.name[0]
        for kind, name, version, *_ in rows:
            if name[:1].lower() == first and fold(name) == self.name and self.has(kind, version):
                yield Match(kind, name, version)

    def has(self, kind: str, version: str) -> bool:
        """Return True if a version is meant."""
        return all(fits(each, kind, version) for each in self.specifiers)


def fold(name: str) -> str:
    """Return a name as it is compared: https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def fits(specifier: "Specifier", kind: str, version: str) -> bool:
    """Return True if a version is one that the specifier allows, also a prerelease.

    Versions of conda and pip that follow Python's rules are compared by them, others in the order of their package
    manager; of Debian's the part that upstream gave counts, since a specifier has neither epoch nor revision.
    """
    from packaging.version import InvalidVersion, Version

    if kind in (PIP, CONDA):
        try:
            return specifier.contains(Version(version), prereleases=True)
        except InvalidVersion:
            pass
    if kind == DEBIAN:
        version = re.sub(r"^\d+:|-[^-]*$", "", version)
    operator, given = specifier.operator, specifier.version
    if given.endswith(".*"):
        same = version == given[:-2] or version.startswith(given[:-1])
        return same is (operator == "==")
    if operator == "===":
        return version == given
    if operator == "~=":
        return order(kind, version, given) >= 0 and version.startswith(given.rpartition(".")[0] + ".")
    compared = order(kind, version, given)
    return {
        "==": compared == 0, "!=": compared != 0, "<": compared < 0, "<=": compared <= 0, ">": compared > 0,
        ">=": compared >= 0,
    }[operator]  # fmt: skip
