"""Images with layers of our own in a real registry, and how they are read."""

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hubimages.contents import Cache, Facts, read_images
from tests.engine.registry import Registry
from tests.registry.images import CONFIGURATION, MANIFEST, Publisher, sha256

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd"
SITE = "opt/conda/lib/python3.13/site-packages"
CONDA_META = "opt/conda/conda-meta"
SETTINGS = {"User": "jovyan", "Env": ["PATH=/opt/conda/bin:/usr/bin:/bin", "LANG=C.UTF-8"]}


def dist(name: str, version: str) -> str:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n"


def conda(name: str, version: str, build: str = "py_0") -> str:
    paths = {"paths": [{"size_in_bytes": 700}, {"size_in_bytes": 300}]}
    made = {"name": name, "version": version, "build": build, "license": "BSD-3-Clause", "paths_data": paths}
    return json.dumps(made)


def deb(name: str, version: str) -> str:
    status = "Status: install ok installed\nArchitecture: amd64\nInstalled-Size: 12"
    return f"Package: {name}\n{status}\nVersion: {version}\n"


def r(name: str, version: str) -> str:
    return f"Package: {name}\nVersion: {version}\nLicense: GPL-3\nBuilt: R 4.5.1; ; 2026-01-01; unix\n"


def files(
    *, numpy: str = "2.3.0", pyfiglet: str = "1.0.3", git: str = "1:2.39.5-0+deb12u2", dplyr: str = "1.1.4"
) -> dict[str, str]:
    """Return the metadata of one package of each kind, of Python and JupyterHub."""
    return {
        f"{CONDA_META}/numpy-{numpy}-py_0.json": conda("numpy", numpy),
        f"{CONDA_META}/python-3.13.1-0.json": conda("python", "3.13.1", "0"),
        f"{SITE}/pyfiglet-{pyfiglet}.dist-info/METADATA": dist("pyfiglet", pyfiglet),
        f"{SITE}/pyfiglet-{pyfiglet}.dist-info/RECORD": "pyfiglet/__init__.py,sha256=x,1000\nother,,\n",
        f"{SITE}/jupyterhub-5.2.1.dist-info/METADATA": dist("jupyterhub", "5.2.1"),
        "var/lib/dpkg/status": deb("git", git),
        "usr/lib/R/library/dplyr/DESCRIPTION": r("dplyr", dplyr),
        "usr/lib/R/library/base/DESCRIPTION": r("base", "4.5.1"),
    }


def archive(contents: Mapping[str, str | bytes]) -> bytes:
    """Return a layer, not compressed."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, content in contents.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def push(
    publisher: Publisher,
    layers: Sequence[bytes],
    *tags: str,
    media_type: str = GZIP,
    config: Mapping[str, Any] = SETTINGS,
    architecture: str = "amd64",
) -> str:
    """Push an image whose layers are these blobs, and return its digest. A plain archive gets compressed with gzip."""
    blobs = [gzip.compress(each, mtime=0) if each[257:262] == b"ustar" else each for each in layers]
    content = json.dumps(
        {
            "architecture": architecture, "os": "linux", "created": "2026-05-04T03:02:01Z", "config": dict(config),
            "rootfs": {"type": "layers", "diff_ids": [sha256(each) for each in layers]},
        }
    ).encode()  # fmt: skip
    described = [{"mediaType": media_type, "size": len(each), "digest": publisher.blob(each)} for each in blobs]
    made = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": CONFIGURATION, "size": len(content), "digest": publisher.blob(content)},
        "layers": described,
    }
    return publisher.manifest(made, *tags)


@dataclass
class Read:
    """What a reading gave and said."""

    facts: list[Facts]
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def rows(self, number: int = 0) -> list[str]:
        """Return kind, name and version of each package."""
        return [f"{each.kind} {each.name} {each.version}" for each in self.facts[number].contents.packages]


def read(*references: str, cache: Cache | None = None, platform: str = "", answer: bool = True) -> Read:
    """Return what is in images of a registry."""
    found = Read([])

    def agree(question: str) -> bool:
        found.asked.append(question)
        return answer

    found.facts = read_images(references, say=found.said.append, agree=agree, platform=platform, cache=cache)
    return found


def requests_in(registry: Registry, since: int) -> list[str]:
    """Return method and path of the requests in a registry's log after so many characters."""
    lines = registry.log.read_text()[since:].splitlines()
    asked = [line.split('"')[1].removesuffix(" HTTP/1.1") for line in lines if ' HTTP/1.1" ' in line]
    return [each for each in asked if each.startswith(("GET /v2/", "HEAD /v2/"))]
