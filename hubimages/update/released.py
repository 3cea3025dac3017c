"""The released versions of the template, which this package carries, and what each changes for owners.

A version is a whole number. `releases/releases.json` lists each with its commit, and `releases/VERSION.tar.xz` has the
template's files at that commit, so that an update needs no network and no tag.
"""

import json
import re
import tarfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hubimages.errors import BadInputError
from hubimages.template import template_directory
from hubimages.unpacking import extract_all

VERSION_KEY = "__template_version"
CHANGES = "template-changes.md"
# What a template is rendered from. Its Jinja extension can load hubimages/template/origin.py.
PARTS = (
    "cookiecutter.json", "hooks", "templates", "<<cookiecutter.repo>>", "hubimages_template.py", "hubimages_filters.py",
    "hubimages/template/origin.py",
)  # fmt: skip


@dataclass(frozen=True)
class Release:
    """A released version and its commit (40 hexadecimal digits)."""

    version: int
    commit: str

    @property
    def archive(self) -> Path:
        """The compressed files of the template."""
        return directory() / f"{self.version}.tar.xz"

    def extract(self, into: Path) -> Path:
        """Extract the template into a new directory and return it."""
        with tarfile.open(self.archive) as archive:
            extract_all(archive, into)
        return into


def directory() -> Path:
    """Return the directory of the releases."""
    return Path(__file__).parent / "releases"


@cache
def releases() -> tuple[Release, ...]:
    """Return the released versions, oldest first."""
    listed = json.loads((directory() / "releases.json").read_text(encoding="utf-8"))
    return tuple(Release(each["version"], each["commit"]) for each in listed)


def installed_version() -> int:
    """Return the version of the template that is installed: a released one, or the next."""
    return version_of(template_directory())


def version_of(source: Path) -> int:
    """Return the version of the template in a directory; the first did not have its number in it."""
    context = json.loads((source / "cookiecutter.json").read_text(encoding="utf-8"))
    return int(context.get(VERSION_KEY, 1))


def questions_of(source: Path) -> frozenset[str]:
    """Return the keys of the questions of the template in a directory."""
    context = json.loads((source / "cookiecutter.json").read_text(encoding="utf-8"))
    return frozenset(key for key in context if not key.startswith("_"))


def wanted_version(text: str) -> int:
    """Return the version that a person names. Raises BadInputError if this hubimages does not have it."""
    known = sorted({*(release.version for release in releases()), installed_version()})
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) not in known:
        versions = ", ".join(map(str, known))
        raise BadInputError(
            f"this hubimages has no version {text!r} of the template, but {versions}. A newer one comes with a newer "
            "hubimages"
        )
    return int(text)


def changes_file() -> Path:
    """Return the changelog for owners: beside the template in a wheel, in docs/ in a checkout."""
    packaged = template_directory() / CHANGES
    return packaged if packaged.is_file() else template_directory() / "docs" / CHANGES


def changes_between(old: int, new: int) -> dict[int, str]:
    """Return what each version after `old` up to `new` changes for owners, newest first."""
    parts = re.split(r"^## +([0-9]+)\b.*$", changes_file().read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    sections = {int(number): text.strip() for number, text in zip(parts[::2], parts[1::2], strict=True)}
    return {version: sections[version] for version in sorted(sections, reverse=True) if old < version <= new}
