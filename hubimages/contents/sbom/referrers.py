"""Find what is attached to an image in its registry.

A registry lists it (the referrers API), or a tag that is named after the image's digest does:
https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hubimages import json_text
from hubimages.errors import BadInputError, NoAnswerError
from hubimages.image_ref import DIGEST, ImageRef
from hubimages.registry import MANIFEST_TYPES, Registries
from hubimages.signals import Threads

CYCLONEDX = "application/vnd.cyclonedx+json"
NONE = (400, 401, 403, 404, 405)  # a registry without the API, or without the tag
INDEX = "application/vnd.oci.image.index.v1+json"
OURS = "io.hubimages.contents"  # an annotation
CREATED = "org.opencontainers.image.created"


@dataclass(frozen=True)
class Attached:
    """One thing that is attached to an image: the digest of its manifest, its type and annotations."""

    digest: str
    artifact_type: str
    annotations: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Return True if hubimages attached it."""
        return OURS in self.annotations


def attached(registries: Registries, image: ImageRef, digest: str) -> list[Attached]:
    """Return the CycloneDX documents that are attached to a digest, ours first, then the newest.

    Registries without the API have a tag; both are asked at once. Raises NoAnswerError if neither gives an answer.
    """
    with Threads(2) as both:
        asked = [both.submit(_listed, registries, image, path) for path in (_api(digest), _tag(digest))]
        answers = [each.result() for each in asked]
    found = [each for answer in answers if isinstance(answer, list) for each in answer]
    for answer in answers:
        if not found and isinstance(answer, NoAnswerError):
            raise answer
    documents = {each.digest: each for each in found if each.artifact_type == CYCLONEDX}
    newest = sorted(documents.values(), key=lambda each: each.annotations.get(CREATED, ""), reverse=True)
    return sorted(newest, key=lambda each: not each.is_ours)


def fallback_tag(digest: str) -> str:
    """Return the tag under which a registry without the API lists what is attached to a digest."""
    algorithm, _, hexadecimal = digest.partition(":")
    return f"{algorithm[:32]}-{hexadecimal[:64]}"


def _api(digest: str) -> str:
    return f"referrers/{digest}"


def _tag(digest: str) -> str:
    return f"manifests/{fallback_tag(digest)}"


def has_api(registries: Registries, image: ImageRef, digest: str) -> bool:
    """Return True if the registry lists what is attached to an image. Raises NoAnswerError if it does not say."""
    answer = _listed(registries, image, _api(digest))
    if isinstance(answer, NoAnswerError):
        raise answer
    return answer is not None


def _listed(registries: Registries, image: ImageRef, path: str) -> list[Attached] | NoAnswerError | None:
    """Return what an index lists; None if there is no such index, which is no sign that the image is not there."""
    try:
        answer = registries.exchange("GET", image, path, headers={"Accept": INDEX})
        if answer.status == 200:
            return entries(answer.body, image)
        if answer.status in NONE:
            return None
        return NoAnswerError(f"{image.host} answers {answer.status} for what is attached to {image}")
    except NoAnswerError as error:
        return error


def entries(body: bytes, image: ImageRef) -> list[Attached]:
    """Return the entries of an index of attached things."""
    try:
        listed = json_text.loads(body)["manifests"] or []
        found = []
        for each in listed:
            notes = each.get("annotations") or {}
            if DIGEST.fullmatch(str(each["digest"])):
                kind = str(each.get("artifactType") or "")
                found.append(Attached(each["digest"], kind, {str(key): str(value) for key, value in notes.items()}))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NoAnswerError(f"no answer from {image.host} that can be read about what is attached to {image}") from None
    return found


def document(registries: Registries, image: ImageRef, one: Attached) -> bytes:
    """Return the document that is attached: the first layer of its manifest.

    Raises BadInputError if there is none that can be read, and as `registry` says.
    """
    manifest = registries.get(image, f"manifests/{one.digest}", accept=MANIFEST_TYPES).body
    _check(manifest, one.digest, image)
    try:
        layer: dict[str, Any] = json_text.loads(manifest)["layers"][0]
        digest = layer["digest"]
        if not DIGEST.fullmatch(digest):
            raise ValueError("no digest")
    except (ValueError, LookupError, TypeError):
        raise BadInputError(f"the SBOM of {image} is broken: its manifest lists no document") from None
    body = registries.ask("GET", image, f"blobs/{digest}").body
    _check(body, digest, image)
    return body


def _check(body: bytes, digest: str, image: ImageRef) -> None:
    algorithm, _, hexadecimal = digest.partition(":")
    if hashlib.new(algorithm, body).hexdigest() != hexadecimal:
        raise NoAnswerError(f"no answer from {image.host} that can be used: {digest} is something else")
