"""What to write where no hub refers to an image yet."""

from pathlib import Path

from hubimages.image_ref import ImageRef
from hubimages.references.find.scan import find_references

NOTE = """\
note: nothing refers to {name} yet, so nothing was changed. To roll it out, add this to a hub's values:

singleuser:
  image:
    name: {name}
    tag: {tag}"""


def note_of_first_reference(directory: Path, image: ImageRef) -> str:
    """Return the lines with which a hub first refers to an image; empty if something refers to it already."""
    if find_references(directory).of_image(image):
        return ""
    return NOTE.format(name=image.repository, tag=f'"{image.tag}"')
