"""Push an image whose layers are compressed with zstd, which Docker itself does not write. skopeo does both.

The image's configuration stays the same to the byte, so what is pushed is what was tested, and is still its own build cache.
"""

import hashlib
import json
import os
import posixpath
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import nox

from image_build import registry
from image_build.network import NotPushedError, patient
from image_build.programs import Done, has_login

ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
# https://github.com/opencontainers/image-spec/blob/main/image-layout.md
LAYOUT = '{"imageLayoutVersion": "1.0.0"}'
OCI = "application/vnd.oci.image"


def check(session: nox.Session) -> None:
    """Stop before the build if the image could not be pushed with zstd."""
    if shutil.which("skopeo") is None:
        session.error(
            "skopeo is not installed, which pushes an image with zstd. Install it (apt-get install skopeo, brew install "
            "skopeo, https://github.com/containers/skopeo/blob/main/install.md), or have gzip: "
            "hubimages update-image-repo . --set compression=gzip"
        )


def upload(session: nox.Session, reference: str, _: str, targets: Sequence[str], settings: Mapping[str, str]) -> None:
    """Push an image under the first tag, and give it the others there. Raise NotPushedError if that does not succeed."""
    done = push(session, reference, targets[0])
    if done.returncode:
        raise NotPushedError(f"nothing was pushed: {registry.why_refused(done, targets[0], settings)}")
    registry.check_pushed(session, targets[0], [done.stdout])
    found = {layer["mediaType"] for layer in registry.manifest(targets[0]).get("layers", [])}
    if found != {ZSTD}:
        raise NotPushedError(f"pushed, but the layers of {targets[0]} are not all zstd: {', '.join(sorted(found)) or 'none'}")
    registry.retag(session, targets[0], targets[1:], settings, copy_tag)


def copy_tag(session: nox.Session, source: str, target: str) -> Done:
    """Give an image in the registry another tag. Docker would push it with gzip."""
    return copy(session, f"docker://{source}", target, "--all", "--preserve-digests")


def skopeo(*words: str) -> Done:
    """Run skopeo with Docker's login, if Docker has one, and capture its output."""
    file = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker", "config.json")
    hosts = [word.removeprefix("docker://").split("/")[0] for word in words if word.startswith("docker://")]
    login = ["--authfile", str(file)] if any(has_login(file, host) for host in hosts) else []
    return subprocess.run(["skopeo", words[0], *login, *words[1:]], capture_output=True, text=True, check=False)


def copy(session: nox.Session, source: str, target: str, *words: str) -> Done:
    """Copy an image to the registry, again and again while that does not answer properly."""
    loopback = target.startswith(("localhost:", "127.0.0.1:"))
    places = [("--dest-tls-verify=false", target), ("--src-tls-verify=false", source.removeprefix("docker://"))]
    words += tuple(word for word, place in places if loopback and place.startswith(("localhost:", "127.0.0.1:")))
    return patient(session, "copy", "--quiet", *words, source, f"docker://{target}", run=skopeo)


def push(session: nox.Session, reference: str, target: str) -> Done:
    """Push a local image with zstd under one tag. The registry's digest is in what the result prints."""
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        digest = Path(folder, "digest")
        layout = write_layout(session, reference, Path(folder, "layout"))
        words = ("--dest-compress-format", "zstd", "--digestfile", str(digest))
        done = copy(session, f"oci:{layout}", target, *words)
        if done.returncode == 0:
            done.stdout = digest.read_text().strip()
        return done


def write_layout(session: nox.Session, reference: str, place: Path) -> Path:
    """Write a local image to a directory in the form that image tools exchange, with its configuration as it is."""
    blobs = place / "blobs/sha256"
    blobs.mkdir(parents=True)
    there: dict[str, dict] = {}  # by the name in what docker save writes
    links: dict[str, str] = {}
    with subprocess.Popen(["docker", "save", reference], stdout=subprocess.PIPE) as saving:
        with tarfile.open(fileobj=saving.stdout, mode="r|") as archive:
            for member in archive:
                if member.isfile():
                    there[member.name] = write_blob(archive.extractfile(member), blobs)
                elif member.issym() or member.islnk():  # a layer that is there twice
                    folder = posixpath.dirname(member.name) if member.issym() else ""
                    links[member.name] = posixpath.normpath(posixpath.join(folder, member.linkname))
        saving.stdout.read()
    if saving.returncode or "manifest.json" not in there:
        session.error(f"docker save {reference} failed (exit code {saving.returncode}). Is the disk full?")
    (saved,) = json.loads((blobs / there["manifest.json"]["digest"][7:]).read_text())
    layers = [layer_descriptor(there[links.get(name, name)], blobs) for name in saved["Layers"]]
    config = {"mediaType": f"{OCI}.config.v1+json", **there[saved["Config"]]}
    manifest = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": config, "layers": layers}
    text = json.dumps(manifest).encode()
    digest = hashlib.sha256(text).hexdigest()
    (blobs / digest).write_bytes(text)
    listed = {"mediaType": manifest["mediaType"], "digest": f"sha256:{digest}", "size": len(text)}
    (place / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [listed]}))
    (place / "oci-layout").write_text(LAYOUT)
    return place


def write_blob(content, blobs: Path) -> dict:
    """Write a file under its digest, and return that with the size."""
    digest, new = hashlib.sha256(), blobs / "new"
    with new.open("wb") as file:
        while part := content.read(1_000_000):
            digest.update(part)
            file.write(part)
    size = new.stat().st_size
    new.replace(blobs / digest.hexdigest())
    return {"digest": f"sha256:{digest.hexdigest()}", "size": size}


def layer_descriptor(blob: dict, blobs: Path) -> dict:
    """Return a layer as a manifest lists it. Docker stores layers compressed or not."""
    with (blobs / blob["digest"][7:]).open("rb") as file:
        start = file.read(4)
    packed = "+gzip" if start[:2] == b"\x1f\x8b" else "+zstd" if start == b"\x28\xb5\x2f\xfd" else ""
    return {"mediaType": f"{OCI}.layer.v1.tar{packed}", **blob}
