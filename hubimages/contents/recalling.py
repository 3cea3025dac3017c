"""Find out what is in many images: from what is remembered alone, or from layers after one question."""

from collections.abc import Iterable

from hubimages.contents.cache import Cache, folder, known_tag
from hubimages.contents.facts import Facts
from hubimages.contents.gathering import Gathered, look_up_all, read_layers
from hubimages.contents.published.manifest import Published
from hubimages.contents.reading import Agree, Reader, Say, announce, known_image
from hubimages.image_ref import ImageRef
from hubimages.registry import Registries


def remembered(images: Iterable[ImageRef], cache: Cache | None = None) -> dict[ImageRef, Facts]:
    """Return what is remembered of images, each at the digest that its tag had when it was read; asks no registry."""
    cache = cache or Cache(folder())
    found = {}
    for image in dict.fromkeys(images):
        tag = known_tag(cache, image)
        digest = tag.digest if tag else image.digest
        known = known_image(cache, digest) if digest else None
        if known is not None:
            found[image] = known
    return found


def gather_asking(
    registries: Registries, images: Iterable[ImageRef], *, say: Say, agree: Agree, cache: Cache | None = None
) -> Gathered:
    """Return what is in each image, or the error that says why it is not known, each image once.

    Images without an SBOM are read from their layers: `say` gets how many bytes that takes, and from 500 MB on `agree`
    is asked once for all. Raises RefusedError without consent.
    """
    reader = Reader(say, agree, cache or Cache(folder()), registries)
    found = look_up_all(reader, images)
    announce(reader, [each for each in found.values() if isinstance(each, Published)])
    return read_layers(reader, found, lambda name, size: True)
