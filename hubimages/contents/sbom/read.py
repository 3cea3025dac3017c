"""Read a CycloneDX document that `write` wrote. Its library is not needed for that."""

from collections.abc import Mapping
from typing import Any

from hubimages import json_text
from hubimages.contents.facts import SBOM, Facts, LayerSize
from hubimages.contents.image import Contents
from hubimages.contents.package import CONDA, DEBIAN, PIP, Package, R
from hubimages.contents.sbom.properties import CONTENTS, FORM, PREFIX


class NotOursError(Exception):
    """The document is broken, another program's, or of another image; the text says which."""


def facts_of(document: bytes, name: str, digest: str) -> Facts:
    """Return what a document says about the image with a digest. `name` is the reference to show.

    Raises NotOursError if it cannot be used.
    """
    try:
        content = json_text.loads(document)
    except ValueError:
        raise NotOursError("it is no JSON") from None
    if not isinstance(content, dict) or content.get("bomFormat") != "CycloneDX":
        raise NotOursError("it is no CycloneDX document")
    try:
        known = properties(content["metadata"]["component"])
    except (LookupError, TypeError, AttributeError):
        known = {}
    if known.get(CONTENTS) != FORM:
        raise NotOursError("another program wrote it")
    if known.get("digest") != digest:
        raise NotOursError(f"it is about another image ({known.get('digest')})")
    try:
        return read(content, known, name)
    except (LookupError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise NotOursError(f"it is broken ({type(error).__name__}: {error})") from None


def read(content: Mapping[str, Any], known: Mapping[str, str], name: str) -> Facts:
    """Return what a document of ours says."""
    packages: list[Package] = []
    of_conda: list[Package] = []
    for each in content.get("components") or []:
        own = properties(each)
        if own["kind"] not in (CONDA, PIP, DEBIAN, R):
            raise ValueError(f"{own['kind']} packages are not known")
        licence = licence_of(each.get("licenses") or [])
        size = int(own.get("size") or 0)
        names = text(each["name"]), text(each["version"])
        package = Package(own["kind"], *names, own.get("build", ""), own.get("place", ""), size, licence)
        (of_conda if own.get("of-conda") else packages).append(package)
    return Facts(
        name,
        known["digest"],
        known.get("platform", ""),
        Contents(tuple(sorted(packages)), tuple(sorted(of_conda))),
        tuple(LayerSize(text(one), int(size), text(other)) for one, size, other in json_text.loads(known["layers"])),
        known.get("created", ""),
        known.get("user", ""),
        {text(name): text(value) for name, value in json_text.loads(known["environment"]).items()},
        SBOM,
    )


def properties(component: Mapping[str, Any]) -> dict[str, str]:
    """Return our properties of a component."""
    pairs = ((text(each["name"]), text(each["value"])) for each in component.get("properties") or [])
    return {name.removeprefix(PREFIX): value for name, value in pairs if name.startswith(PREFIX)}


def licence_of(stated: list[Any]) -> str:
    """Return the licence of a component: an expression, an SPDX id, or a name."""
    for each in stated:
        inner = each.get("license") or {}
        found = each.get("expression") or inner.get("id") or inner.get("name")
        if found:
            return text(found)
    return ""


def text(value: Any) -> str:
    """Return a value that is text. Raises TypeError for any other."""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not text")
    return value
