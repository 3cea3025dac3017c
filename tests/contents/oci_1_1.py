"""A registry on loopback that lists what is attached to an image (OCI 1.1), as Debian's does not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.engine.registry import Registry
from tests.registry.images import sha256
from tests.registry.scripted import Asked, Reply, Scripted, error, scripted


@dataclass
class Store:
    """What was pushed: blobs, manifests with their types, tags."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Reply:
        """Return the answer that https://github.com/opencontainers/distribution-spec/blob/main/spec.md wants."""
        if asked.path == "/v2/":
            return Reply(200, b"{}")
        kind, _, name = asked.path.split("/", 4)[-1].partition("/")
        if kind == "blobs":
            return self.blob(asked, name)
        if kind == "manifests" and asked.method == "PUT":
            return self.put(name, asked.body, asked.headers["Content-Type"])
        if kind == "manifests":
            found = self.manifests.get(self.tags.get(name, name))
            return Reply(200, found[0], {"Content-Type": found[1]}) if found else error(404, "MANIFEST_UNKNOWN")
        assert kind == "referrers"
        return Reply(200, json.dumps({"schemaVersion": 2, "manifests": [*self.referrers(name)]}).encode())

    def blob(self, asked: Asked, name: str) -> Reply:
        if asked.method == "POST":
            return Reply(202, b"", {"Location": f"http://{asked.headers['Host']}{asked.path}1"})
        if asked.method == "PUT":
            self.blobs[sha256(asked.body)] = asked.body
            assert asked.query["digest"] == [sha256(asked.body)]
            return Reply(201)
        return Reply(200, self.blobs[name]) if name in self.blobs else error(404, "BLOB_UNKNOWN")

    def put(self, name: str, body: bytes, media_type: str) -> Reply:
        digest = sha256(body)
        self.manifests[digest] = body, media_type
        if name != digest:
            self.tags[name] = digest
        subject = json.loads(body).get("subject")
        return Reply(201, b"", {"OCI-Subject": subject["digest"]} if subject else {})

    def referrers(self, digest: str) -> Iterator[dict[str, Any]]:
        for name, (body, media_type) in self.manifests.items():
            content = json.loads(body)
            if content.get("subject", {}).get("digest") == digest:
                yield {
                    "mediaType": media_type, "digest": name, "size": len(body),
                    "artifactType": content["artifactType"], "annotations": content.get("annotations", {}),
                }  # fmt: skip


@contextmanager
def oci_1_1() -> Iterator[tuple[Scripted, Store]]:
    """Yield the server and what it keeps."""
    store = Store()
    with scripted(store.answer) as server:
        yield server, store


def as_registry(server: Scripted) -> Registry:
    """Return the server as what a Publisher takes."""
    return Registry(server.host, None, None)  # type: ignore[arg-type]  # it asks for the address only
