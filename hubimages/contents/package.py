"""One package in an image, and the metadata in which package managers record it."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser

CONDA, PIP, DEBIAN, R = "conda", "pip", "deb", "R"


@dataclass(frozen=True, order=True)
class Package:
    """A package: who installed it (`kind`), its name, version and build, and the directory where it is installed."""

    kind: str
    name: str
    version: str
    build: str = ""
    place: str = ""


@dataclass(frozen=True)
class Recorded:
    """What one file of metadata records: packages, and the directories of Python metadata that they own."""

    packages: tuple[Package, ...]
    owned: frozenset[str] = frozenset()


def kind_of(path: str) -> str:
    """Return which package manager writes the metadata file at a path (without a leading slash); empty for none."""
    if re.search(r"(^|/)pkgs/[^/]+/", path):  # conda's cache of packages
        return ""
    if re.search(r"(^|/)conda-meta/[^/]+\.json$", path):
        return CONDA
    if re.search(r"(^|/)(site|dist)-packages/[^/]+(\.dist-info/METADATA|\.egg-info/PKG-INFO|\.egg-info)$", path):
        return PIP
    if re.fullmatch(r"var/lib/dpkg/(status|status\.d/[^/]+)", path) and not path.endswith(".md5sums"):
        return DEBIAN
    return R if re.search(r"[^/]+/[^/]+/DESCRIPTION$", path) else ""


def read_metadata(kind: str, path: str, content: bytes) -> Recorded:
    """Return what a metadata file records; nothing if it is not as its package manager writes it."""
    if kind == CONDA:
        return conda(path, content)
    text = content.decode("utf-8", errors="replace")
    if kind == DEBIAN:
        return Recorded(tuple(debian(text)))
    fields = HeaderParser().parsestr(text)
    if kind == R:
        folder, name, _ = path.rsplit("/", 2)
        if fields["Package"] != name or not fields["Version"] or not fields["Built"]:  # only what is installed has it
            return Recorded(())
        return Recorded((Package(R, name, str(fields["Version"]).strip(), place=folder),))
    place = re.sub(r"/[^/]+(/METADATA|/PKG-INFO)$|/[^/]+\.egg-info$", "", path)
    name, version = fields["Name"], fields["Version"]
    return Recorded((Package(PIP, str(name).strip(), str(version).strip(), place=place),) if name and version else ())


def conda(path: str, content: bytes) -> Recorded:
    """Return the package in a file of conda-meta, and the directories of Python metadata among its files."""
    prefix = path.rpartition("conda-meta/")[0]
    try:
        found = json.loads(content)
        name, version, build = (found[key] for key in ("name", "version", "build"))
        files = found.get("files") or []
        owned = {prefix + re.sub(r"(\.(dist|egg)-info)/.*", r"\1", file) for file in files if "-info" in file}
    except (ValueError, TypeError, KeyError, RecursionError):
        return Recorded(())
    if not all(isinstance(text, str) for text in (name, version, build)):
        return Recorded(())
    return Recorded((Package(CONDA, name, version, build, prefix.rstrip("/")),), frozenset(owned))


def debian(text: str) -> Iterator[Package]:
    """Yield the installed packages in dpkg's status."""
    for paragraph in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(Package|Version|Architecture|Status):[ \t]*(.*?)[ \t]*$", paragraph, re.MULTILINE))
        installed = fields.get("Status", "install ok installed").split()[-1:] == ["installed"]
        if installed and fields.get("Package") and fields.get("Version"):
            yield Package(DEBIAN, fields["Package"], fields["Version"], fields.get("Architecture", ""))
