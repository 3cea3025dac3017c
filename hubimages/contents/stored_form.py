"""Layers and facts as JSON data, as the cache keeps them."""

from collections.abc import Sequence
from typing import Any

from hubimages.contents.facts import Facts, LayerSize
from hubimages.contents.image import Contents
from hubimages.contents.layer import Layer
from hubimages.contents.package import Package, Recorded


def row(package: Package) -> list[str | int]:
    """Return a package as a list: kind, name, version, build, place, size, licence."""
    each = package
    return [each.kind, each.name, each.version, each.build, each.place, each.size, each.licence]


def package(values: Sequence[Any]) -> Package:
    """Return the package in a list."""
    kind, name, version, build, place, size, licence = values
    return Package(str(kind), str(name), str(version), str(build), str(place), int(size), str(licence))


def layer_as_object(layer: Layer) -> dict[str, Any]:
    """Return a layer as JSON data."""
    records = {
        path: [[row(each) for each in found.packages], sorted(found.owned), found.size]
        for path, found in layer.records.items()
    }
    return {"records": records, "removed": sorted(layer.removed), "emptied": sorted(layer.emptied)}


def layer_of(content: Any) -> Layer:
    """Return the layer in JSON data. Raises ValueError, TypeError, KeyError or AttributeError if it is none."""
    records = {
        path: Recorded(tuple(package(each) for each in packages), frozenset(owned), int(size))
        for path, (packages, owned, size) in content["records"].items()
    }
    return Layer(records, frozenset(content["removed"]), frozenset(content["emptied"]))


def facts_as_object(facts: Facts) -> dict[str, Any]:
    """Return facts as JSON data."""
    return {
        "name": facts.name, "digest": facts.digest, "platform": facts.platform, "created": facts.created,
        "user": facts.user, "environment": dict(facts.environment), "source": facts.source,
        "layers": [[each.digest, each.size, each.unpacked] for each in facts.layers],
        "packages": [row(each) for each in facts.contents.packages],
        "of_conda": [row(each) for each in facts.contents.of_conda],
    }  # fmt: skip


def facts_of(content: Any) -> Facts:
    """Return the facts in JSON data. Raises ValueError, TypeError, KeyError or AttributeError if they are none."""
    return Facts(
        content["name"],
        content["digest"],
        content["platform"],
        Contents(tuple(map(package, content["packages"])), tuple(map(package, content["of_conda"]))),
        tuple(LayerSize(*each) for each in content["layers"]),
        content["created"],
        content["user"],
        dict(content["environment"]),
        content["source"],
    )
