"""Read the package metadata in the layers of a published image, as they come from the registry."""

from collections.abc import Iterable

from hubimages.contents.cache import Cache
from hubimages.contents.layer import Layer, read_layer
from hubimages.contents.published.manifest import Descriptor, Published
from hubimages.contents.stored_form import layer_as_object, layer_of
from hubimages.registry import Registries


def known_layer(cache: Cache, digest: str) -> Layer | None:
    """Return what the cache has of a layer; None if it has nothing that can be read."""
    content = cache.get("layers", digest)
    try:
        return layer_of(content) if content is not None else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def to_transfer(cache: Cache, images: Iterable[Published]) -> dict[str, Descriptor]:
    """Return the layers of the images that the cache has not, each once, by digest."""
    layers = {each.digest: each for image in images for each in image.layers}
    return {digest: each for digest, each in layers.items() if not cache.file("layers", digest).exists()}


def layers_of(registries: Registries, cache: Cache, published: Published) -> list[Layer]:
    """Return what is in each layer, the lowest first, from the cache or else from the registry.

    Raises BadInputError for a layer that no engine writes, and as `registry` says.
    """
    found = []
    for each in published.layers:
        layer = known_layer(cache, each.digest)
        if layer is None:
            with registries.blob(published.image, each.digest, each.size) as stream:
                layer = read_layer(stream, f"layer {each.digest} of {published.image.repository}", each.size)
            cache.put("layers", each.digest, layer_as_object(layer))
        found.append(layer)
    return found
