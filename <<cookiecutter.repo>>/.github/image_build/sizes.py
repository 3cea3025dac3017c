"""How large the image's layers are, compressed as a node pulls them, and the limit that the owner sets."""

import gzip
import hashlib
import io
import json
import os
import re
import subprocess
import tarfile
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import nox

from image_build import registry
from image_build.programs import docker, inspect

LIMIT = re.compile(r"(\d+(?:\.\d+)?) ?(MB|GB)")
UNITS = {"MB": 1_000_000, "GB": 1_000_000_000}
# Docker compresses with gzip's default level; parts of this size lose nothing that can be seen.
LEVEL, PART = 6, 8_000_000
LAYER = re.compile(r"(blobs/sha256/|[0-9a-f]{64}/layer\.tar$)")
# Sizes of layers that an earlier session has compressed.
REMEMBERED = Path(".nox", "layer-sizes.json")


def limit(session: nox.Session, size: str) -> int:
    """Return a limit such as `2.5 GB` in bytes; 0 for none."""
    if not size:
        return 0
    found = LIMIT.fullmatch(size)
    if not found:
        session.error(f"MAX_SIZE in noxfile.py is {size!r}. Write it as '800 MB' or '2.5 GB', or '' for no limit")
    return int(float(found[1]) * UNITS[found[2]])


def check(session: nox.Session, reference: str, size: str) -> list[str]:
    """Return what a node will pull of a local image, for the report. Stop if that is more than the limit `size`."""
    most = limit(session, size)
    sizes = measure(session, reference, in_registry(before(reference)))
    whole = sum(sizes.values())
    if most and whole > most:
        largest = sorted(enumerate(sizes.values(), 1), key=lambda each: -each[1])[:3]
        told = ", ".join(f"{size / 1e6:.1f} MB (number {number})" for number, size in largest)
        session.error(
            f"the image is about {whole / 1e6:.1f} MB compressed, {(whole - most) / 1e6:.1f} MB over MAX_SIZE in noxfile.py "
            f"({size}). The largest of its {len(sizes)} layers: {told}; docker history {reference} shows what made them, the "
            "last first. Remove what the image need not have, or raise MAX_SIZE"
        )
    return lines(reference, sizes, "about ")


def pushed(reference: str, target: str) -> list[str]:
    """Return what a node pulls of an image in the registry, for the report; nothing if the registry does not say."""
    sizes = in_registry(target)
    return lines(reference, sizes, "") if sizes else []


def lines(reference: str, sizes: Mapping[str, int], about: str) -> list[str]:
    """Return the report's lines: all layers, and those that a node with the newest earlier image lacks."""
    told = [f"pull    {about}{megabytes(sizes.values())} compressed, by layer: {', '.join(f'{each / 1e6:.1f}' for each in sizes.values())}"]
    earlier = before(reference)
    layers = in_registry(earlier)
    if layers:
        new = [size for layer, size in sizes.items() if layer not in layers]
        told.append(f"update  {about}{megabytes(new)} of them on a node that has {earlier.rpartition(':')[2]}")
    return told


def before(reference: str) -> str:
    """Return the image in the registry from before this one, empty if there is none."""
    return registry.newest_earlier(reference.rpartition(":")[0], but=reference)


def megabytes(sizes: Iterable[int]) -> str:
    """Return the sum of sizes for people."""
    return f"{sum(sizes) / 1e6:.1f} MB"


def in_registry(reference: str) -> dict[str, int]:
    """Return the compressed size of each layer of an image in the registry, by the digest of what is in it."""
    compressed = registry.manifest(reference).get("layers", []) if reference else []
    if not compressed:
        return {}
    done = docker("buildx", "imagetools", "inspect", "--format", "{{json .Image}}", reference)
    try:
        contents = json.loads(done.stdout)["rootfs"]["diff_ids"]
    except (ValueError, KeyError, TypeError):
        return {}
    return {content: layer["size"] for content, layer in zip(contents, compressed)}


def measure(session: nox.Session, reference: str, known: Mapping[str, int]) -> dict[str, int]:
    """Return the compressed size of each layer of a local image. Those that nobody knows yet are compressed for that."""
    layers = json.loads(inspect(session, reference, "{{json .RootFS.Layers}}"))
    sizes = {**remembered(), **known}
    if not all(layer in sizes for layer in layers):
        sizes.update(compressed(session, reference, sizes))
        REMEMBERED.parent.mkdir(exist_ok=True)
        REMEMBERED.write_text(json.dumps({layer: sizes[layer] for layer in layers if layer in sizes}))
    unknown = [layer for layer in layers if layer not in sizes]
    if unknown:
        session.warn(f"{len(unknown)} of {len(layers)} layers are not counted: docker save {reference} does not have them as gzip")
    return {layer: sizes[layer] for layer in layers if layer in sizes}


def remembered() -> dict[str, int]:
    """Return the sizes that an earlier session has written down."""
    try:
        return json.loads(REMEMBERED.read_text())
    except (OSError, ValueError):
        return {}


def compressed(session: nox.Session, reference: str, known: Collection[str]) -> dict[str, int]:
    """Return the compressed sizes of the layers in what `docker save` writes, except those that are known."""
    sizes: dict[str, int] = {}
    with subprocess.Popen(["docker", "save", reference], stdout=subprocess.PIPE) as saving:
        try:
            with tarfile.open(fileobj=saving.stdout, mode="r|") as archive:
                for member in archive:
                    name = f"sha256:{member.name.removeprefix('blobs/sha256/')}"
                    if member.isfile() and LAYER.match(member.name) and name not in known:
                        content, size = measure_layer(archive.extractfile(member))
                        sizes[content] = size
            saving.stdout.read()
        except tarfile.TarError as error:
            session.error(f"docker save {reference} cannot be read: {error}")
    if saving.returncode:
        session.error(f"docker save {reference} failed (exit code {saving.returncode}). Is the disk full?")
    return sizes


def measure_layer(layer: io.BufferedReader) -> tuple[str, int]:
    """Return the digest of what is in a layer, and its compressed size."""
    digest, sizes = hashlib.sha256(), 0
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:  # zlib lets other threads run
        waiting: list[Future[int]] = []
        for part in parts(layer):
            digest.update(part)
            waiting.append(pool.submit(compressed_size, part))
            if len(waiting) > 2 * workers:
                sizes += waiting.pop(0).result()
        sizes += sum(each.result() for each in waiting)
    return f"sha256:{digest.hexdigest()}", sizes


def parts(layer: io.BufferedReader) -> Iterator[bytes]:
    """Yield a layer's archive in parts, without its compression if Docker stores it compressed."""
    archive = gzip.GzipFile(fileobj=layer) if layer.peek(2)[:2] == b"\x1f\x8b" else layer
    while part := archive.read(PART):
        yield part


def compressed_size(part: bytes) -> int:
    """Return how many bytes a part has compressed."""
    return len(zlib.compress(part, LEVEL))
