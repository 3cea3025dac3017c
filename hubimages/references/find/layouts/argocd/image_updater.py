"""Argo CD Image Updater: what gives a program the tags of some images of an Application.

Annotations of the Application say so, or from version 1 on a resource of its own:
https://argocd-image-updater.readthedocs.io/en/stable/configuration/images/
https://argocd-image-updater.readthedocs.io/en/stable/configuration/applications/
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from hubimages.errors import BadInputError
from hubimages.image_ref import ImageRef
from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Owner
from hubimages.references.find.layouts.view import View
from hubimages.references.reference import Path
from hubimages.yaml_text import Node

PREFIX = "argocd-image-updater.argoproj.io/"  # of its annotations, and its API


def owners(document: Node, root: Path, file: str) -> Iterator[Owner]:
    """Yield each image whose tag the program keeps up to date, with the values paths that it sets."""
    given = {
        key.removeprefix(PREFIX): nodes.text(value)
        for key, value in nodes.keys(document, *root, "metadata", "annotations").items()
        if key.startswith(PREFIX)
    }
    for entry in given.get("image-list", "").split(","):
        alias, equals, text = entry.strip().partition("=")
        image = _image(text if equals else alias)
        if image is None:
            continue
        keys = (f"{alias}.helm.image-tag", f"{alias}.helm.image-spec") if equals else ()
        paths = tuple(nodes.path_of(given[key]) for key in keys if given.get(key))
        yield Owner(image.repository, f"Argo CD Image Updater ({file})", paths)


def of_resources(view: View, name: str) -> Iterator[Owner]:
    """Yield each image of an Application that a resource `ImageUpdater` gives to the program."""
    for file, _, document in view.marked(PREFIX, ("ImageUpdater",)):
        for entry in nodes.items(document, "spec", "applicationRefs"):
            if not fnmatchcase(name, nodes.text(entry, "namePattern")):
                continue
            for given in nodes.items(entry, "images"):
                image = _image(nodes.text(given, "imageName"))
                helm = nodes.at(given, "manifestTargets", "helm")
                paths = tuple(
                    nodes.path_of(text) for text in (nodes.text(helm, "tag"), nodes.text(helm, "spec")) if text
                )
                if image is not None:
                    yield Owner(image.repository, f"Argo CD Image Updater ({file})", paths)


def _image(text: str) -> ImageRef | None:
    """Return the image without its constraint: `:~1.2` is one, and no tag."""
    repository, colon, constraint = text.rpartition(":")
    try:
        return ImageRef.parse(repository if colon and "/" not in constraint else text).at()
    except BadInputError:
        return None
