"""Attach a document to an image in its registry. The image's own manifest stays as it is.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
"""

import hashlib
import json
from typing import Any
from urllib.parse import urljoin, urlsplit

from hubimages import json_text
from hubimages.contents.sbom.referrers import CREATED, CYCLONEDX, INDEX, OURS, attached, fallback_tag, has_api
from hubimages.errors import NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import MANIFEST_TYPES, PUSH, HiddenError, NoRightError, NotThereError, Registries

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
EMPTY = b"{}"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


def sha256(content: bytes) -> str:
    """Return the digest of a content."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def manifest_for(document: bytes, subject: bytes, subject_type: str, created: str) -> bytes:
    """Return the manifest that attaches a document to an image, whose own manifest is `subject`."""
    content: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": CYCLONEDX,
        "config": {"mediaType": EMPTY_TYPE, "digest": sha256(EMPTY), "size": len(EMPTY)},
        "layers": [{"mediaType": CYCLONEDX, "digest": sha256(document), "size": len(document)}],
        "subject": {"mediaType": subject_type, "digest": sha256(subject), "size": len(subject)},
        "annotations": {OURS: "1", CREATED: created},
    }
    return json.dumps(content, indent=1).encode()


def attach(registries: Registries, image: ImageRef, document: bytes, created: str) -> str:
    """Attach a document to the image with this digest, and return the digest of what was attached.

    Where the registry does not list what is attached, the tag `sha256-...` gets one more entry. Raises NoRightError,
    HiddenError or NoAnswerError, and NoAnswerError if the registry does not have it afterwards.
    """
    answer = registries.get(image, f"manifests/{image.digest}", accept=MANIFEST_TYPES)
    try:
        subject_type = json_text.loads(answer.body).get("mediaType") or answer.headers.get("Content-Type", MANIFEST)
    except (ValueError, AttributeError) as error:
        raise NoAnswerError(
            f"no answer from {image.host} for {image} that can be read: it is no JSON object"
        ) from error
    manifest = manifest_for(document, answer.body, subject_type, created)
    for content in (EMPTY, document):
        push_blob(registries, image, content)
    digest = sha256(manifest)
    listed = put_manifest(registries, image, digest, manifest, MANIFEST)
    if not listed and not has_api(registries, image, image.digest):
        entry = {
            "mediaType": MANIFEST, "digest": digest, "size": len(manifest), "artifactType": CYCLONEDX,
            "annotations": {OURS: "1", CREATED: created},
        }  # fmt: skip
        add_to_tag(registries, image, entry)
    if digest not in [each.digest for each in attached(registries, image, image.digest)]:
        raise NoAnswerError(f"{image.host} accepted the SBOM of {image}, but does not list it")
    return digest


def add_to_tag(registries: Registries, image: ImageRef, entry: dict[str, Any]) -> None:
    """Add an entry to the index that lists what is attached, in place of an earlier one of ours."""
    tag = fallback_tag(image.digest)
    others: list[Any] = []
    try:
        before = json_text.loads(registries.ask("GET", image, f"manifests/{tag}", accept=MANIFEST_TYPES).body)
        others = [each for each in before.get("manifests") or [] if OURS not in (each.get("annotations") or {})]
    except NotThereError:
        pass
    except (ValueError, TypeError, AttributeError) as error:
        raise NoAnswerError(f"{image.repository}:{tag} is not a list of what is attached to {image}") from error
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*others, entry]}
    put_manifest(registries, image, tag, json.dumps(index, indent=1).encode(), INDEX)


def push_blob(registries: Registries, image: ImageRef, content: bytes) -> None:
    """Push a blob that the registry has not."""
    digest = sha256(content)
    try:
        registries.ask("HEAD", image, f"blobs/{digest}")
        return
    except NotThereError:
        pass
    begun = registries.exchange("POST", image, "blobs/uploads/", actions=PUSH, headers={"Content-Length": "0"})
    refuse(begun.status, image, (202,))
    place = urljoin(begun.address, begun.headers.get("Location", ""))
    if urlsplit(place).netloc != urlsplit(begun.address).netloc:
        raise NoAnswerError(f"{image.host} wants the SBOM on another host, {urlsplit(place).netloc}: not sent")
    address = f"{place}{'&' if urlsplit(place).query else '?'}digest={digest}"
    headers = {"Content-Type": "application/octet-stream", "Content-Length": str(len(content))}
    done = registries.exchange("PUT", image, address, actions=PUSH, headers=headers, body=content)
    refuse(done.status, image, (201,))


def put_manifest(registries: Registries, image: ImageRef, name: str, content: bytes, media_type: str) -> bool:
    """Push a manifest under a digest or tag; return True if the registry says that it lists it (`OCI-Subject`)."""
    headers = {"Content-Type": media_type}
    done = registries.exchange("PUT", image, f"manifests/{name}", actions=PUSH, headers=headers, body=content)
    refuse(done.status, image, (201,))
    return bool(done.headers.get("OCI-Subject"))


def refuse(status: int, image: ImageRef, fine: tuple[int, ...]) -> None:
    """Raise what a status means, unless it is fine."""
    if status in fine:
        return
    if status == 401:
        raise HiddenError(f"{image.host} wants a login to attach an SBOM to {image}: docker login {image.host}")
    if status == 403:
        raise NoRightError(f"{image.host} does not allow this login to attach an SBOM to {image}")
    raise NoAnswerError(f"no answer from {image.host} that can be used: status {status} for the SBOM of {image}")
