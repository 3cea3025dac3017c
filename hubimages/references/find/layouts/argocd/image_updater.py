"""Argo CD Image Updater: the annotations of an Application that give a program the tags of some images.

https://argocd-image-updater.readthedocs.io/en/stable/configuration/images/
"""

from collections.abc import Iterator

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Owner
from hubimages.references.reference import Path
from hubimages.yaml_text import Node

PREFIX = "argocd-image-updater.argoproj.io/"


def owners(document: Node, root: Path, file: str) -> Iterator[Owner]:
    """Yield each image whose tag the program keeps up to date, with the values paths that it sets."""
    given = {
        key.removeprefix(PREFIX): nodes.text(value)
        for key, value in nodes.keys(document, *root, "metadata", "annotations").items()
        if key.startswith(PREFIX)
    }
    for entry in given.get("image-list", "").split(","):
        alias, equals, text = entry.strip().partition("=")
        text = text if equals else alias
        repository, colon, constraint = text.rpartition(":")
        text = repository if colon and "/" not in constraint else text  # `:~1.2` is a constraint, no tag
        try:
            image = ImageRef.parse(text).at()
        except BadInputError:
            continue
        keys = (f"{alias}.helm.image-tag", f"{alias}.helm.image-spec") if equals else ()
        paths = tuple(nodes.path_of(given[key]) for key in keys if given.get(key))
        yield Owner(image.repository, f"Argo CD Image Updater ({file})", paths)
