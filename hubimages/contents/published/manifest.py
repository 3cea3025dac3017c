"""Find the manifest of an image for one platform, and what it says: layers with their sizes, and the configuration.

https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hubimages import json_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.image_ref import DIGEST, ImageRef
from hubimages.registry import MANIFEST_TYPES, Registries

USUAL = "linux/amd64"  # what most nodes of hubs are
LARGEST_LAYER = 1 << 40


@dataclass(frozen=True)
class Descriptor:
    """What a manifest says about one of its parts: media type, digest and size in bytes."""

    media_type: str
    digest: str
    size: int


@dataclass(frozen=True)
class Published:
    """An image in a registry. `image` names the manifest by its digest; `index` is that of the index that lists it."""

    image: ImageRef
    platform: str
    layers: tuple[Descriptor, ...]
    configuration: Descriptor
    index: str = ""

    @property
    def digest(self) -> str:
        """Return the digest of the manifest."""
        return self.image.digest


def resolve(registries: Registries, image: ImageRef, platform: str = "") -> Published:
    """Return the image for a platform (`linux/arm64`); without one for linux/amd64, or else the only one.

    Raises BadInputError if it has not that platform, or is no image, and as `registry` says.
    """
    body = manifest_of(registries, image)
    index = ""
    chosen = ""
    if isinstance(body.content.get("manifests"), list):
        index = body.digest
        chosen, digest = choose(image, body.content["manifests"], platform)
        body = manifest_of(registries, image.at(image.tag, digest))
    layers, configuration = body.content.get("layers"), body.content.get("config")
    if not isinstance(layers, list) or not isinstance(configuration, dict):
        raise BadInputError(f"{image} is not an image: its manifest lists no layers")
    if str(configuration.get("mediaType", "")).startswith("application/vnd.oci.empty"):
        raise BadInputError(f"{image} is not an image, but something that is attached to one")
    described = tuple(descriptor(each, image) for each in layers)
    return Published(image.at(image.tag, body.digest), chosen, described, descriptor(configuration, image), index)


@dataclass(frozen=True)
class Body:
    """A manifest or index, and its digest."""

    content: Mapping[str, Any]
    digest: str


def manifest_of(registries: Registries, image: ImageRef) -> Body:
    """Return the manifest or index at the image's digest, or else its tag."""
    if not (image.digest or image.tag):
        raise BadInputError(f"{image} has neither a tag nor a digest. Write {image}:TAG")
    answer = registries.get(image, f"manifests/{image.digest or image.tag}", accept=MANIFEST_TYPES)
    algorithm = image.digest.partition(":")[0] or "sha256"
    digest = f"{algorithm}:{hashlib.new(algorithm, answer.body).hexdigest()}"
    if image.digest and digest != image.digest:
        raise NoAnswerError(f"no answer from {image.host} that can be used: {image.digest} is something else")
    try:
        content = json_text.loads(answer.body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise NoAnswerError(f"no answer from {image.host} for {image} that can be read: it is no JSON object")
    if content.get("schemaVersion") == 1:
        raise BadInputError(f"{image} has a manifest as before 2017, which engines no longer pull. Push it again")
    return Body(content, digest)


def choose(image: ImageRef, entries: Sequence[object], platform: str) -> tuple[str, str]:
    """Return the platform and digest of the entry of an index for a platform."""
    found: dict[str, str] = {}
    for entry in entries:
        described = entry.get("platform") if isinstance(entry, dict) else None
        system = described if isinstance(described, dict) else {}
        if isinstance(entry, dict) and DIGEST.fullmatch(str(entry.get("digest"))) and system.get("os") != "unknown":
            parts = (system.get("os"), system.get("architecture"), system.get("variant"))
            found.setdefault("/".join(str(each) for each in parts if each), entry["digest"])
    if not found:
        raise BadInputError(f"{image} is an index that lists no image")
    wanted = platform or (USUAL if USUAL in found else next(iter(found)) if len(found) == 1 else "")
    # an image for linux/arm64 is often listed as linux/arm64/v8, which is the same
    match = next((each for each in found if each == wanted or (wanted and each.startswith(f"{wanted}/"))), None)
    if match is None:
        remedy = "" if platform else f". Choose one: --platform {next(iter(found))}"
        what = f"is not for {platform}, but" if platform else "is"
        raise BadInputError(f"{image} {what} for {', '.join(found)}{remedy}")
    return match, found[match]


def descriptor(content: object, image: ImageRef) -> Descriptor:
    """Return a descriptor. Raises BadInputError if it is none, or its content is not in the registry."""
    given = content if isinstance(content, dict) else {}
    media_type, digest, size = given.get("mediaType", ""), given.get("digest"), given.get("size")
    whole = isinstance(media_type, str) and isinstance(digest, str) and DIGEST.fullmatch(digest)
    if not whole or not isinstance(size, int) or not 0 <= size <= LARGEST_LAYER:
        raise BadInputError(f"{image} is not an image that can be read: its manifest describes a part without a digest")
    if re.search(r"nondistributable|foreign", media_type):
        raise BadInputError(f"{image} has a layer that is not in the registry ({media_type})")
    if media_type.endswith("+encrypted"):
        raise BadInputError(f"{image} has an encrypted layer ({media_type}), which is not read")
    return Descriptor(media_type, str(digest), size)


def configuration_of(registries: Registries, published: Published) -> dict[str, Any]:
    """Return the image's configuration: environment variables, user, date, platform, the digests of its layers."""
    place = published.configuration
    answer = registries.get(published.image, f"blobs/{place.digest}", accept="*/*")
    algorithm = place.digest.partition(":")[0]
    if f"{algorithm}:{hashlib.new(algorithm, answer.body).hexdigest()}" != place.digest:
        raise NoAnswerError(f"no answer from {published.image.host} that can be used: {place.digest} is something else")
    try:
        content = json_text.loads(answer.body)
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise BadInputError(f"{published.image} is not an image: its configuration is no JSON object")
    return content
