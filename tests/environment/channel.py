"""A conda channel in a directory: small packages that install, indexed by py-rattler."""

import asyncio
import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

# What repo2docker's environment for Python 3.12 names, so that an image of this channel can be solved.
BASE = (
    ("python", "3.12.11", ()), ("nodejs", "20.1", ()), ("pip", "25.0", ("python",)), ("ipywidgets", "8.1", ()),
    ("jupyter-offlinenotebook", "0.3.1", ()), ("jupyter-resource-usage", "1.1", ()), ("jupyter_server", "2.14", ()),
    ("jupyterhub-singleuser", "5.4.0", ("python >=3.9",)), ("jupyterlab", "4.4", ()), ("notebook", "7.4", ()),
)  # fmt: skip

Package = tuple[str, str, Sequence[str]]


def make_channel(directory: Path, packages: Sequence[Package], subdirs: Sequence[str] = ("linux-64",)) -> str:
    """Write packages (name, version, what they depend on) and return the channel's address."""
    index = pytest.importorskip("rattler.index", reason="py-rattler is not installed: pip install 'hubimages[solve]'")
    for subdir in (*subdirs, "noarch"):
        place = directory / subdir
        place.mkdir(parents=True, exist_ok=True)
        for name, version, depends in packages if subdir != "noarch" else ():
            write_package(place, name, version, depends, subdir)
    asyncio.run(index.index_fs(directory))
    return directory.as_uri()


def write_package(place: Path, name: str, version: str, depends: Sequence[str], subdir: str) -> None:
    """Write a package with one file."""
    about = {
        "name": name, "version": version, "build": "h0_0", "build_number": 0, "depends": list(depends),
        "subdir": subdir, "timestamp": 1_700_000_000_000,
    }  # fmt: skip
    content = f"{name} {version}\n".encode()
    paths = {"paths": [{"_path": f"share/{name}", "path_type": "hardlink"}], "paths_version": 1}
    members = {
        "info/index.json": json.dumps(about).encode(),
        "info/paths.json": json.dumps(paths).encode(),
        "info/files": f"share/{name}\n".encode(),
        f"share/{name}": content,
    }
    with tarfile.open(place / f"{name}-{version}-h0_0.tar.bz2", "w:bz2") as archive:
        for path, data in members.items():
            member = tarfile.TarInfo(path)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
