"""A package index on loopback, with wheels that have no code."""

import functools
import http.server
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.serving import serving


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serve files without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def write_wheel(directory: Path, name: str, version: str, needs: Sequence[str]) -> Path:
    """Write a wheel for every platform."""
    file = directory / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    metadata += "".join(f"Requires-Dist: {need}\n" for need in needs)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(f"{name}.py", "")
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return file


@contextmanager
def serve_index(wheels: Path, packages: Mapping[str, tuple[str, Sequence[str]]]) -> Iterator[str]:
    """Serve packages (version and what they need, by name) as a simple index; numpy is there for resolving."""
    wheels.mkdir()
    for name, (version, needs) in {**packages, "numpy": ("2.3", ())}.items():
        file = write_wheel(wheels, name, version, needs)
        page = wheels / "simple" / name
        page.mkdir(parents=True)
        (page / "index.html").write_text(f'<a href="../../{file.name}">{file.name}</a>\n')
    handler = functools.partial(Quiet, directory=str(wheels))
    with serving(handler) as address:
        yield f"http://{address}/simple"
