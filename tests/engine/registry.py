"""A real registry on loopback, with a password or without."""

import json
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.engine import process
from tests.engine.install import program

# The packaged configuration listens on every address.
CONFIG = """\
version: 0.1
log: {{level: info}}
storage: {{{cache}filesystem: {{rootdirectory: {root}/data}}, delete: {{enabled: true}}}}
http: {{addr: "127.0.0.1:{port}"}}
"""
CACHE = "cache: {blobdescriptor: inmemory}, "
AUTH = 'auth: {{htpasswd: {{realm: tests, path: "{root}/htpasswd"}}}}\n'
MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json", "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.index.v1+json",
)  # fmt: skip


@dataclass(frozen=True)
class Registry:
    """A registry at `address` (host:port); `username` and `password` are empty if it requires none."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path
    username: str = ""
    password: str = ""

    def request(self, path: str, *, method: str = "GET") -> tuple[bytes, str]:
        """Return the body and the registry's digest for a path below /v2/. Raises urllib.error.HTTPError."""
        headers = {"Accept": ", ".join(MANIFESTS)}
        if self.username:
            headers["Authorization"] = "Basic " + b64encode(f"{self.username}:{self.password}".encode()).decode()
        asked = urllib.request.Request(f"http://{self.address}/v2/{path}", headers=headers, method=method)
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.read(), answer.headers.get("Docker-Content-Digest") or ""

    def digest(self, name: str, tag: str) -> str:
        """Return the digest (sha256:...) of a tag."""
        return self.request(f"{name}/manifests/{tag}", method="HEAD")[1]

    def tags(self, name: str) -> list[str]:
        """Return all tags of a repository, sorted."""
        return sorted(json.loads(self.request(f"{name}/tags/list")[0])["tags"] or [])


@contextmanager
def serve(root: Path, *, username: str = "", password: str = "", cache: bool = False) -> Iterator[Registry]:
    """Yield a registry on a free port of loopback with its data in `root`, and stop it afterwards.

    With `cache` it remembers in memory where its blobs are, as the packaged configuration has it.
    """
    root.mkdir(parents=True, exist_ok=True)
    port = process.free_port()
    config = CONFIG.format(root=root, port=port, cache=CACHE if cache else "")
    if username:
        # this registry accepts only bcrypt; 4 is the cheapest
        import bcrypt  # `nox -s fast` does without

        hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
        (root / "htpasswd").write_text(f"{username}:{hashed}\n")
        config += AUTH.format(root=root)
    (root / "config.yml").write_text(config)
    log = root / "registry.log"
    server = process.start(
        [program("docker-registry"), "serve", str(root / "config.yml")],
        log=log,
        answers=lambda: process.listens(port),
    )
    try:
        yield Registry(f"127.0.0.1:{port}", server, log, username, password)
    finally:
        process.stop(server)
