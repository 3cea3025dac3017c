"""Find out what is in many images; one that cannot be read does not stop the others."""

from collections.abc import Callable, Iterable, Mapping

from rich.filesize import decimal

from hubimages.console import count
from hubimages.contents.cache import Cache, folder
from hubimages.contents.facts import Facts
from hubimages.contents.published.layers import to_transfer
from hubimages.contents.published.manifest import Published
from hubimages.contents.reading import ASK_FROM, Reader, Say, from_layers, look_up
from hubimages.errors import HubImagesError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.registry import Registries, each

Gathered = dict[ImageRef, Facts | HubImagesError]
# Says whether to read layers of so many bytes of an image, given as a text.
MayTransfer = Callable[[str, int], bool]


def gather(
    registries: Registries,
    images: Iterable[ImageRef],
    *,
    say: Say,
    most: int = ASK_FROM - 1,
    cache: Cache | None = None,
) -> Gathered:
    """Return what is in each image, or the error that says why it is not known, each image once.

    Images without an SBOM are read from their layers, in the order given, as long as these have at most `most` bytes in
    all; `say` gets what is read. Nobody is asked.
    """
    reader = Reader(say, lambda question: False, cache or Cache(folder()), registries)
    left = most

    def fits(name: str, size: int) -> bool:
        nonlocal left
        if size > left:
            return False
        left -= size
        if size:
            say(f"{name}: no SBOM, so {decimal(size)} in its layers must be read; nothing of it is stored")
        return True

    return read_layers(reader, look_up_all(reader, images), fits)


def look_up_all(reader: Reader, images: Iterable[ImageRef]) -> dict[ImageRef, Facts | Published | HubImagesError]:
    """Return for each image what an SBOM or the cache says, else where its layers are, or the error."""
    return each(reader.registries, images, lambda image: look_up(reader, image))


def read_layers(
    reader: Reader, found: Mapping[ImageRef, Facts | Published | HubImagesError], may_transfer: MayTransfer
) -> Gathered:
    """Return the same with the layers read of each image that has no SBOM, unless `may_transfer` says no."""
    result: Gathered = {}
    for image, known in found.items():
        result[image] = _read(reader, image, known, may_transfer) if isinstance(known, Published) else known
    return result


def _read(reader: Reader, image: ImageRef, published: Published, may_transfer: MayTransfer) -> Facts | HubImagesError:
    layers = to_transfer(reader.cache, [published])
    size = sum(each.size for each in layers.values())
    if not may_transfer(str(image), size):
        return RefusedError(f"no SBOM, and {decimal(size)} in {count(len(layers), 'layer')} to read without one")
    try:
        return from_layers(reader, published)
    except HubImagesError as error:
        return error
