"""When an image was made, as its configuration says."""

import hashlib
from datetime import UTC, datetime
from typing import Any

from hubimages.errors import NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry.client import ACCEPT, Registries, _object, version

# Builds that are made to be reproducible write 0001, 1970 or 1980; no image is older than Docker.
FIRST_YEAR = 2013
LABEL = "org.opencontainers.image.created"


def created(registries: Registries, image: ImageRef) -> datetime | None:
    """When the image was made; None where it says nothing that is true. Raises as `client` says.

    Of an image for several platforms that for linux/amd64 counts, or else the first.
    """
    manifest = _object(registries.get(image, f"manifests/{version(image)}", accept=ACCEPT), image)
    for _ in range(2):  # an index can hold indexes
        if not isinstance(manifest.get("manifests"), list):
            break
        digest = _platform(manifest["manifests"])
        if not digest:
            return _date(_labels(manifest.get("annotations")))
        manifest = _object(_content(registries, image, f"manifests/{digest}", digest), image)
    described = manifest.get("config")
    digest = str(described.get("digest") or "") if isinstance(described, dict) else ""
    if not digest:
        return _date(_labels(manifest.get("annotations")))
    configuration = _object(_content(registries, image, f"blobs/{digest}", digest), image)
    inner = configuration.get("config")
    labels = inner.get("Labels") if isinstance(inner, dict) else None
    return _date(configuration.get("created")) or _date(_labels(labels)) or _date(_labels(manifest.get("annotations")))


def _content(registries: Registries, image: ImageRef, path: str, digest: str) -> Any:
    """What a digest stands for. Raises NoAnswerError where something else came."""
    answer = registries.get(image, path, accept=ACCEPT if path.startswith("manifests/") else "*/*")
    if digest.startswith("sha256:") and hashlib.sha256(answer.body).hexdigest() != digest.partition(":")[2]:
        raise NoAnswerError(f"no answer from {image.host} for {image} that can be used: {digest} is something else")
    return answer


def _platform(entries: list[Any]) -> str:
    """The digest of the entry for linux/amd64, or else of the first that is an image; empty where there is none."""
    images: list[tuple[bool, str]] = []
    for entry in entries:
        platform = entry.get("platform") if isinstance(entry, dict) else None
        system = (platform or {}).get("os", ""), (platform or {}).get("architecture", "")
        if isinstance(entry, dict) and isinstance(entry.get("digest"), str) and system[0] != "unknown":
            images.append((system != ("linux", "amd64"), entry["digest"]))
    return min(images, key=lambda each: each[0])[1] if images else ""


def _labels(labels: object) -> object:
    return labels.get(LABEL) if isinstance(labels, dict) else None


def _date(text: object) -> datetime | None:
    """The moment that RFC 3339 text names, in UTC."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= FIRST_YEAR else None
