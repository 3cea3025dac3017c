"""The images that Zero to JupyterHub publishes beside the hub's, where a chart's values name them by hand."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hubimages import yaml_text

# https://github.com/jupyterhub/zero-to-jupyterhub-k8s/tree/main/images
NAME = r"jupyterhub/(?P<name>k8s-(?:hub|image-awaiter|network-tools|secret-sync|singleuser-sample))"
WHOLE = re.compile(rf"^(?P<before>.*){NAME}:(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]*)")
SPLIT = re.compile(rf"(?:^|.*/){NAME}")
COMMENT = re.compile(r"(^|\s)#")


@dataclass(frozen=True)
class Companion:
    """An image of Zero to JupyterHub in a file: its name without registry, its tag, its line from 1."""

    name: str
    tag: str
    line: int


def companions(text: str) -> Iterator[Companion]:
    """Every such image in the text of a values file, also within a script or other text in it."""
    for number, line in enumerate(text.split("\n"), 1):
        found = WHOLE.match(line) if "jupyterhub/k8s-" in line else None
        if found and not COMMENT.search(found["before"]):
            yield Companion(found["name"], found["tag"], number)
    if "jupyterhub/k8s-" not in text:
        return
    here = {scalar.path: scalar for scalar in yaml_text.scalars(text)}
    for path, scalar in here.items():
        split = SPLIT.fullmatch(scalar.value)
        tag = here.get((*path[:-1], "tag"))
        if split and tag and path[-1] in ("name", "repository"):
            yield Companion(split["name"], tag.value, tag.line)
