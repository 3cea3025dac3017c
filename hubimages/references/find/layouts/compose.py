"""docker-compose: a project that runs JupyterHub is a hub, with the programs and variables beside it.

Which files count, and how they are merged: https://docs.docker.com/compose/how-tos/multiple-compose-files/merge/
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View
from hubimages.yaml_text import MappingNode

FILES = re.compile(r"(?P<base>(docker-)?compose)(?P<more>\.[\w-]+)?\.ya?ml")
ORDER = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")  # the first that exists counts
BESIDE = re.compile(r"\.env|.*jupyterhub_config.*\.py")


def hubs(view: View) -> Iterator[Hub]:
    """Yield a hub for each project with a service that is JupyterHub by its name, image or variables."""
    projects: dict[str, list[str]] = {}
    for file in view.files:
        folder, _, name = file.rpartition("/")
        if FILES.fullmatch(name):
            projects.setdefault(folder, []).append(file)
    for folder, files in projects.items():
        ordered = sorted(files, key=lambda file: (file.count("."), file))
        base = _first(file for file in ordered if not _more(file))
        override = _first(file for file in ordered if _more(file) == ".override") if base else []
        variants = [file for file in ordered if _more(file) not in ("", ".override")]
        if not any(_is_hub(view, file) for file in ordered):
            continue
        beside = [
            file for file in view.files
            if file.rpartition("/")[0] == folder and BESIDE.fullmatch(file.rpartition("/")[2])
        ]  # fmt: skip
        name = folder or "docker-compose"
        shared = tuple(Layer(file, document=None) for file in beside)
        if base:
            layers = (*_layers(base + override), *shared)
            yield Hub(name, layers, layout=f"docker-compose ({base[0]})")
        for file in variants:
            stem = PurePosixPath(file).name.split(".")[1]
            layers = (*_layers([*base, file]), *shared)
            yield Hub(f"{name}/{stem}", layers, layout=f"docker-compose ({file})")


def _first(files: Iterable[str]) -> list[str]:
    """Return the file that docker-compose reads where several of one kind are in a directory."""
    by_name = {file.rpartition("/")[2].replace(".override", ""): file for file in files}
    return [by_name[name] for name in ORDER if name in by_name][:1]


def _layers(files: Iterable[str]) -> Iterator[Layer]:
    return (Layer(file, by_name=True) for file in files)


def _more(file: str) -> str:
    matched = FILES.fullmatch(file.rpartition("/")[2])
    return (matched["more"] or "") if matched else ""


def _is_hub(view: View, file: str) -> bool:
    for name, service in nodes.keys(view.first(file), "services").items():
        if not isinstance(service, MappingNode):
            continue
        words = [
            name,
            nodes.text(service, "image"),
            nodes.text(service, "command"),
            nodes.text(service, "container_name"),
        ]
        words += [text for _, text in nodes.flat(nodes.at(service, "build"))]
        if any("jupyterhub" in word.lower() for word in words):
            return True
    return False
