"""docker-compose: a project that runs JupyterHub is a hub, with the programs and variables beside it."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View
from hubimages.yaml_text import MappingNode

FILES = re.compile(r"(?P<base>(docker-)?compose)(?P<more>\.[\w-]+)?\.ya?ml")
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
        base = [file for file in ordered if _more(file) in ("", ".override")]
        variants = [file for file in ordered if file not in base]
        if not any(_is_hub(view, file) for file in ordered):
            continue
        beside = [
            file for file in view.files
            if file.rpartition("/")[0] == folder and BESIDE.fullmatch(file.rpartition("/")[2])
        ]  # fmt: skip
        name = folder or "docker-compose"
        shared = tuple(Layer(file, document=None) for file in beside)
        if base:
            yield Hub(name, (*map(Layer, base), *shared), layout=f"docker-compose ({base[0]})")
        for file in variants:
            stem = PurePosixPath(file).name.split(".")[1]
            yield Hub(f"{name}/{stem}", (*map(Layer, base), Layer(file), *shared), layout=f"docker-compose ({file})")


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
