"""One package in an image, and the metadata in which package managers record it."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import Any

from hubimages import json_text

CONDA, PIP, DEBIAN, R = "conda", "pip", "deb", "R"
RECORD = "RECORD"  # not a package, but the sizes of the files of one
# No record of one package is longer. What a package manager writes stays far below; more could fill the memory.
MOST_FILES, MOST_VALUES = 100_000, 600_000
LONGEST = 300  # characters of a name, version, build or licence
OF_PYTHON = re.compile(r"/(site|dist)-packages/[^/]+(\.dist-info/(METADATA|RECORD)|\.egg-info(/PKG-INFO)?)$")
NO_LICENCE = ("", "UNKNOWN", "Other/Proprietary License")


@dataclass(frozen=True, order=True)
class Package:
    """A package: who installed it (`kind`), its name, version and build, and the directory where it is installed.

    `size` is that of its files in bytes, 0 if unknown. `licence` is as the package states it, empty if unknown. For
    Debian, `build` is the architecture.
    """

    kind: str
    name: str
    version: str
    build: str = ""
    place: str = ""
    size: int = 0
    licence: str = ""


@dataclass(frozen=True)
class Recorded:
    """What one file of metadata records: packages, the directories of Python metadata that they own, or a size."""

    packages: tuple[Package, ...]
    owned: frozenset[str] = frozenset()
    size: int = 0

    @property
    def weight(self) -> int:
        """Return about how many bytes this takes in memory."""
        texts = sum(len(each.name) + len(each.version) + len(each.place) + 400 for each in self.packages)
        return texts + sum(len(each) + 100 for each in self.owned) + 200


def kind_of(path: str) -> str:
    """Return which package manager writes the metadata file at a path (without a leading slash); empty for none."""
    base = path[path.rfind("/") + 1 :]
    if base.endswith(".json"):
        kind = CONDA if re.search(r"(^|/)conda-meta/[^/]+$", path) else ""
    elif base in ("METADATA", "PKG-INFO", RECORD) or base.endswith(".egg-info"):
        found = OF_PYTHON.search(f"/{path}")
        kind = "" if found is None else RECORD if base == RECORD else PIP
    elif base == "DESCRIPTION":
        kind = R if path.count("/") >= 2 else ""
    else:
        found = re.fullmatch(r"var/lib/dpkg/(status|status\.d/[^/]+)", path)
        kind = DEBIAN if found and not base.endswith(".md5sums") else ""
    return "" if kind and re.search(r"(^|/)pkgs/[^/]+/", path) else kind  # conda's cache of packages


def read_metadata(kind: str, path: str, content: bytes) -> Recorded:
    """Return what a metadata file records; nothing if it is not as its package manager writes it."""
    if kind == CONDA:
        return conda(path, content)
    text = content.decode("utf-8", errors="replace")
    if kind == DEBIAN:
        return Recorded(tuple(debian(text)))
    if kind == RECORD:
        return Recorded((), size=recorded_size(text))
    fields = HeaderParser().parsestr(text)
    return Recorded(tuple(r(path, fields) if kind == R else python(path, fields)))


def r(path: str, fields: Message) -> Iterator[Package]:
    """Yield the R package with a DESCRIPTION, if it is installed: only then it has the field Built."""
    folder, name, _ = path.rsplit("/", 2)
    if fields["Package"] == name and fields["Version"] and fields["Built"]:
        yield Package(R, name, short(fields["Version"]), place=folder, licence=short(fields["License"]))


def python(path: str, fields: Message) -> Iterator[Package]:
    """Yield the Python distribution with a METADATA or PKG-INFO."""
    place = re.sub(r"/[^/]+(/METADATA|/PKG-INFO)$|/[^/]+\.egg-info$", "", path)
    name, version = fields["Name"], fields["Version"]
    if name and version:
        yield Package(PIP, short(name), short(version), place=place, licence=python_licence(fields))


def short(text: object) -> str:
    """Return a field's text without the space around it, and no longer than any that is meant for people."""
    return str(text or "").strip()[:LONGEST]


def python_licence(fields: Message) -> str:
    """Return the licence of a Python distribution: an SPDX expression, its own words in one line, or its classifier.

    https://packaging.python.org/en/latest/specifications/core-metadata/#license-expression
    """
    stated = str(fields["License-Expression"] or fields["License"] or "").strip()
    if stated not in NO_LICENCE and "\n" not in stated:
        return short(stated)
    of = [str(each) for each in fields.get_all("Classifier") or [] if str(each).startswith("License ::")]
    return short(of[0].rpartition("::")[2]) if of else ""


def recorded_size(text: str) -> int:
    """Return the size of the files that a RECORD lists (path, hash, size)."""
    try:
        rows = csv.reader(text.splitlines())
        return sum(int(row[2]) for row in rows if len(row) > 2 and re.fullmatch(r"[0-9]{1,12}", row[2]))
    except csv.Error:
        return 0


def conda(path: str, content: bytes) -> Recorded:
    """Return the package in a file of conda-meta, and the directories of Python metadata among its files."""
    prefix = path.rpartition("conda-meta/")[0]
    if content.count(b"{") + content.count(b"[") > MOST_FILES or content.count(b",") > MOST_VALUES:
        return conda_by_name(path)
    try:
        found = json_text.loads(content)
        name, version, build = (found[key] for key in ("name", "version", "build"))
        files = found.get("files") or []
        owned = {prefix + re.sub(r"(\.(dist|egg)-info)/.*", r"\1", file) for file in files if "-info" in file}
    except (ValueError, TypeError, KeyError):
        return Recorded(())
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in (name, version, build)):
        return Recorded(())
    licence = short(found["license"]) if isinstance(found.get("license"), str) else ""
    package = Package(CONDA, name, version, build, prefix.rstrip("/"), conda_size(found), licence)
    return Recorded((package,), frozenset(owned))


def conda_size(found: dict[str, Any]) -> int:
    """Return the size of an installed package's files; 0 if the record does not tell."""
    data = found.get("paths_data")
    paths = data.get("paths") if isinstance(data, dict) else None
    sizes = [each.get("size_in_bytes") for each in paths if isinstance(each, dict)] if isinstance(paths, list) else []
    return sum(size for size in sizes if isinstance(size, int) and 0 <= size < 1 << 40)


def conda_by_name(path: str) -> Recorded:
    """Return the package of a file of conda-meta whose content is too large, by the file's name: name-version-build."""
    prefix, _, base = path.rpartition("conda-meta/")
    parts = base.removesuffix(".json").rsplit("-", 2)
    if len(parts) != 3 or not all(parts) or len(base) > LONGEST:
        return Recorded(())
    name, version, build = parts
    return Recorded((Package(CONDA, name, version, build, prefix.rstrip("/")),))


def debian(text: str) -> Iterator[Package]:
    """Yield the installed packages in dpkg's status."""
    wanted = re.compile(r"^(Package|Version|Architecture|Status|Installed-Size):(.*)$", re.MULTILINE)
    for paragraph in re.split(r"\n\s*\n", text):
        fields = {key: value.strip(" \t") for key, value in wanted.findall(paragraph)}
        installed = fields.get("Status", "install ok installed").split()[-1:] == ["installed"]
        if installed and fields.get("Package") and fields.get("Version"):
            size = fields.get("Installed-Size", "")
            kib = int(size) if re.fullmatch(r"[0-9]{1,10}", size) else 0
            name, version, architecture = (short(fields.get(key)) for key in ("Package", "Version", "Architecture"))
            yield Package(DEBIAN, name, version, architecture, size=kib * 1024)
