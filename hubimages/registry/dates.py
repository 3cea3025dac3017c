"""Read an image's creation date, labels and platforms."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from hubimages.errors import NoAnswerError
from hubimages.image_ref import DIGEST, ImageRef
from hubimages.registry.client import ACCEPT, Registries, _object, version

# Reproducible builds write 0001, 1970 or 1980; no image is older than Docker.
FIRST_YEAR = 2013
LABEL = "org.opencontainers.image.created"


def created(registries: Registries, image: ImageRef) -> datetime | None:
    """Return when the image was made; None if it has no plausible date. Raises as `client` says.

    If the image has several platforms, linux/amd64 counts, or else the first.
    """
    manifest, configuration = _configuration(registries, image)
    inner = configuration.get("config")
    found = inner.get("Labels") if isinstance(inner, dict) else None
    return _date(configuration.get("created")) or _date(_labels(found)) or _date(_labels(manifest.get("annotations")))


def labels(registries: Registries, image: ImageRef) -> dict[str, str]:
    """Return the labels of the image; of several platforms, those of linux/amd64, or else of the first."""
    inner = _configuration(registries, image)[1].get("config")
    found = inner.get("Labels") if isinstance(inner, dict) else None
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def platforms(registries: Registries, image: ImageRef) -> list[str]:
    """Return the platforms of the image, `linux/amd64` for example; empty if it does not name them in an index."""
    manifest = _object(registries.get(image, f"manifests/{version(image)}", accept=ACCEPT), image)
    listed = manifest.get("manifests")
    found = []
    for entry in listed if isinstance(listed, list) else []:
        platform = entry.get("platform") if isinstance(entry, dict) else None
        if isinstance(platform, dict) and platform.get("os", "unknown") != "unknown":
            found.append(f"{platform['os']}/{platform.get('architecture', '')}")
    return found


def _configuration(registries: Registries, image: ImageRef) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the image's manifest and its configuration; an empty one if there is none."""
    manifest = _object(registries.get(image, f"manifests/{version(image)}", accept=ACCEPT), image)
    for _ in range(2):  # an index can hold indexes
        if not isinstance(manifest.get("manifests"), list):
            break
        digest = _platform(manifest["manifests"])
        if not digest:
            return manifest, {}
        manifest = _object(_content(registries, image, f"manifests/{digest}", digest), image)
    described = manifest.get("config")
    digest = str(described.get("digest") or "") if isinstance(described, dict) else ""
    if not DIGEST.fullmatch(digest):
        return manifest, {}
    return manifest, _object(_content(registries, image, f"blobs/{digest}", digest), image)


def _content(registries: Registries, image: ImageRef, path: str, digest: str) -> Any:
    """Return the content with a digest. Raises NoAnswerError if the registry sends other content."""
    answer = registries.get(image, path, accept=ACCEPT if path.startswith("manifests/") else "*/*")
    if hashlib.new(digest.partition(":")[0], answer.body).hexdigest() != digest.partition(":")[2]:
        raise NoAnswerError(f"no answer from {image.host} for {image} that can be used: {digest} is something else")
    return answer


def _platform(entries: list[Any]) -> str:
    """Return the digest of the entry for linux/amd64, or else of the first image; empty if there is none."""
    images: list[tuple[bool, str]] = []
    for entry in entries:
        platform = entry.get("platform") if isinstance(entry, dict) else None
        given = platform if isinstance(platform, dict) else {}
        system = given.get("os", ""), given.get("architecture", "")
        if isinstance(entry, dict) and DIGEST.fullmatch(str(entry.get("digest"))) and system[0] != "unknown":
            images.append((system != ("linux", "amd64"), entry["digest"]))
    return min(images, key=lambda each: each[0])[1] if images else ""


def _labels(labels: object) -> object:
    return labels.get(LABEL) if isinstance(labels, dict) else None


def _date(text: object) -> datetime | None:
    """Return an RFC 3339 date in UTC; None if it is not a plausible date."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= FIRST_YEAR else None
