"""Put the layers of a saved image together."""

import posixpath
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import IO, Any, cast

from hubimages import json_text
from hubimages.contents.layer import LARGEST_FILE, Header, Layer, inside, read_layer
from hubimages.contents.package import Package, Recorded
from hubimages.errors import BadInputError

LARGEST_DOCUMENT, MOST_DOCUMENTS = 4 << 20, 8  # of the files that can be the configuration of a saved image


@dataclass(frozen=True)
class Contents:
    """The packages in an image.

    `of_conda` are the Python distributions that conda installed: `pip list` shows them, and `packages` has each as the
    conda package that it comes from.
    """

    packages: tuple[Package, ...]
    of_conda: tuple[Package, ...] = ()


@dataclass(frozen=True)
class Saved:
    """An image as an engine saves it: its packages, its configuration, and the size of each layer as it is saved."""

    contents: Contents
    configuration: Mapping[str, Any]
    sizes: tuple[int, ...]


def read_saved_image(stream: IO[bytes]) -> Saved:
    """Return what is in an image that an engine writes (`docker save`), without a file on disk.

    https://github.com/moby/moby/blob/master/image/spec/spec.md: the order of the layers comes after them, or before.
    Raises BadInputError if it is no such image, or has more than one.
    """
    layers: dict[str, Layer] = {}
    sizes: dict[str, int] = {}
    documents: dict[str, bytes] = {}
    links: dict[str, str] = {}
    manifest = None
    try:
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=Header) as archive:
            for entry in archive:
                archive.members.clear()  # type: ignore[attr-defined]  # or each entry would stay in memory
                path = inside(entry.name)
                if path is None:
                    continue
                if entry.issym():  # the same layer again
                    links[path] = posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.linkname))
                file = archive.extractfile(entry) if entry.isreg() else None
                if file is None:
                    continue
                if path == "manifest.json" and entry.size <= LARGEST_FILE:
                    manifest = json_text.loads(file.read())
                elif path.endswith("/layer.tar") or (path.startswith("blobs/") and not is_json(file)):
                    layers[path] = read_layer(file, path)
                    sizes[path] = entry.size
                elif is_document(path) and entry.size <= LARGEST_DOCUMENT and len(documents) < MOST_DOCUMENTS:
                    documents[path] = file.read()
        paths = list(order(manifest, layers, links))
        named = manifest[0].get("Config") if isinstance(manifest, list) else None
        configuration = json_text.loads(documents.get(str(named), b"{}"))
    except (tarfile.TarError, ValueError, OSError, RecursionError) as error:
        raise BadInputError(f"not an image as an engine saves it: {error}") from error
    if not isinstance(configuration, dict):
        raise BadInputError("not an image as an engine saves it: its configuration is no JSON object")
    return Saved(combine([layers[path] for path in paths]), configuration, tuple(sizes[path] for path in paths))


def is_document(path: str) -> bool:
    """Return True if a file of a saved image can be its configuration."""
    return path.startswith("blobs/") or (path.endswith(".json") and "/" not in path)


def is_json(file: IO[bytes]) -> bool:
    """Return True if a blob is a manifest or configuration: all are JSON objects, and no layer begins like one."""
    return cast("BufferedReader", file).peek(1)[:1] == b"{"


def order(manifest: object, layers: Mapping[str, Layer], links: Mapping[str, str]) -> Iterator[str]:
    """Yield the paths of an image's layers, the lowest first."""
    if not isinstance(manifest, list) or len(manifest) != 1 or not isinstance(manifest[0], dict):
        raise BadInputError("not one image as an engine saves it: it needs a manifest.json that lists one")
    listed = manifest[0].get("Layers")
    for named in listed if isinstance(listed, list) else []:
        path = links.get(named, named) if isinstance(named, str) else ""
        if path not in layers:
            raise BadInputError(f"not an image as an engine saves it: it has no layer {named!r}")
        yield path


def combine(layers: Sequence[Layer]) -> Contents:
    """Return the packages that are visible with each layer on top of the ones before."""
    visible: dict[str, Recorded] = {}
    for layer in layers:
        visible = {path: found for path, found in visible.items() if not layer.hides(path)} | dict(layer.records)
    owned = {path for found in visible.values() for path in found.owned}
    packages: set[Package] = set()
    of_conda: set[Package] = set()
    for path, found in visible.items():
        folder = path.removesuffix("/METADATA").removesuffix("/PKG-INFO")
        sized = visible.get(f"{folder}/RECORD")
        here = [replace(each, size=sized.size) for each in found.packages] if sized else found.packages
        (of_conda if folder in owned else packages).update(here)
    return Contents(tuple(sorted(packages)), tuple(sorted(of_conda)))
