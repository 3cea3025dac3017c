"""Let a hubploy.yaml use the image that its new repository builds, and build nothing itself.

Berkeley's hubploy takes an image whose name has a tag as it is; `path`, `repo2docker` and `docker` say how one without
a tag is built, and `registry` where it is pushed to.
"""

import posixpath

from hubimages import yaml_text
from hubimages.migration.builders import HUBPLOY
from hubimages.migration.finishing.edited import Edited

BUILDING = ("path", "repo2docker", "docker")


def is_hubploy(file: str) -> bool:
    """Return True for the path of a hubploy.yaml that is read."""
    return HUBPLOY.fullmatch(file) is not None and "{" not in file


def without_build(edited: Edited, directory: str, image: str) -> None:
    """Take out how the image of a directory is built, and give its entry the image with its tag."""
    folder = posixpath.dirname(edited.file)
    images = yaml_text.compose(edited.text).find(("images",))
    if not isinstance(images, yaml_text.MappingNode):
        return
    options = {name: yaml_text.data(value) for name, (_, value) in yaml_text.effective(images).items()}
    listed = options.get("images")
    path: yaml_text.Path
    if "image_name" in options:
        if posixpath.join(folder, "image") != directory:
            return
        path, entry, others = ("images",), options, 0
        key = "image_name"
    elif isinstance(listed, list):
        found = [
            number for number, one in enumerate(listed)
            if isinstance(one, dict)
            and posixpath.normpath(posixpath.join(folder, str(one.get("path") or "image"))) == directory
        ]  # fmt: skip
        if not found:
            return
        path, entry, key = ("images", "images", found[0]), listed[found[0]], "name"
        others = sum(":" not in str(one.get("name", "")).rpartition("/")[2] for one in listed if one is not entry)
    else:
        return
    line = edited.line((*path, key))
    gone = [name for name in BUILDING if name in entry and not (key == "image_name" and name == "path")]
    if str(entry.get(key, "")) != image:
        scalar = next((one for one in yaml_text.scalars(edited.text) if one.path == (*path, key)), None)
        if scalar is None:
            edited.named.append(f"{edited.file}:{line}: the image's name cannot be read")
            return
        edited.text = yaml_text.replace(edited.text, {scalar: image})
    for name in gone:
        edited.remove((*path, name))
    if "registry" in options and not others:
        edited.remove(("images", "registry"))
        gone.append("registry")
    if gone:
        edited.removed.append(f"{edited.file}: {', '.join(gone)}, so that hubploy builds nothing")
