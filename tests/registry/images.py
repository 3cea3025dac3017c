"""Put images into a real registry through its API, without an engine."""

import hashlib
import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import urllib3

from tests.engine.registry import Registry

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Publisher:
    """Puts images into one repository of a registry."""

    def __init__(self, registry: Registry, name: str) -> None:
        self.address = f"http://{registry.address}/v2/{name}"
        headers = {}
        if registry.username:
            login = b64encode(f"{registry.username}:{registry.password}".encode()).decode()
            headers["Authorization"] = f"Basic {login}"
        self.http = urllib3.PoolManager(headers=headers)
        self.headers = headers
        self.layer = ""  # the digest of the one that all images have, once it is there

    def image(self, configuration: Mapping[str, Any], *tags: str, annotations: Mapping[str, str] | None = None) -> str:
        """Push an image with a configuration under all the tags, and return its digest."""
        self.layer = self.layer or self.blob(b"a layer")
        content = json.dumps({"architecture": "amd64", "os": "linux", **configuration}).encode()
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": {"mediaType": CONFIGURATION, "size": len(content), "digest": self.blob(content)},
            "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "size": 7, "digest": self.layer}],
        }
        if annotations:
            manifest["annotations"] = dict(annotations)
        return self.manifest(manifest, *tags)

    def manifest(self, manifest: Mapping[str, Any], *tags: str) -> str:
        """Push a manifest under all the tags, or only by its digest, and return its digest."""
        body = json.dumps(manifest).encode()
        for tag in tags or (sha256(body),):
            headers = {**self.headers, "Content-Type": manifest["mediaType"]}
            done = self.http.request("PUT", f"{self.address}/manifests/{tag}", body=body, headers=headers)
            assert done.status == 201, done.data
        return sha256(body)

    def index(self, entries: list[dict[str, Any]], *tags: str) -> str:
        """Push an index of other images, and return its digest."""
        return self.manifest({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, *tags)

    def blob(self, content: bytes) -> str:
        """Push a blob, and return its digest."""
        digest = sha256(content)
        begun = self.http.request("POST", f"{self.address}/blobs/uploads/")
        assert begun.status == 202, begun.data
        place = begun.headers["Location"]
        address = f"{place}{'&' if '?' in place else '?'}digest={digest}"
        done = self.http.request("PUT", address, body=content, headers={**self.headers, "Content-Type": "x/y"})
        assert done.status == 201, done.data
        return digest


def entry(digest: str, system: str = "linux", architecture: str = "amd64") -> dict[str, Any]:
    """Return one entry of an index."""
    return {
        "mediaType": MANIFEST,
        "size": 1,
        "digest": digest,
        "platform": {"os": system, "architecture": architecture},
    }
