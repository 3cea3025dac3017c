"""Record what a pushed image contains: read it, and attach the result to it in the registry."""

from collections.abc import Callable

from hubimages.contents.cache import Cache, folder
from hubimages.contents.engine import has_image, read_local_image
from hubimages.contents.facts import Facts, LayerSize
from hubimages.contents.published.manifest import Published, configuration_of, resolve
from hubimages.contents.reading import Reader, announce, from_layers
from hubimages.contents.sbom.attach import attach
from hubimages.contents.sbom.write import as_cyclonedx
from hubimages.image_ref import ImageRef
from hubimages.registry import Registries


def attach_contents(
    reference: str,
    *,
    say: Callable[[str], None],
    agree: Callable[[str], bool],
    platform: str = "",
    dry_run: bool = False,
) -> str:
    """Attach an SBOM to an image in its registry, and return what was done.

    It is read from the image on this machine, if that is the same, otherwise from the registry. With `dry_run` nothing
    is attached. Raises as `read_images` does, NotInstalledError without the library of the extra, and LoginError.
    """
    with Registries() as registries:
        reader = Reader(say, agree, Cache(folder()), registries, platform)
        published = resolve(registries, ImageRef.parse_exact(reference), platform)
        facts = local_facts(reader, published)
        if facts is None:
            announce(reader, [published])
            facts = from_layers(reader, published)
        document = as_cyclonedx(facts).encode()
        what = f"an SBOM of {len(facts.contents.packages)} packages ({len(document) / 1e3:.0f} kB)"
        if dry_run:
            return f"would attach {what} to {published.image}"
        attached = attach(registries, published.image, document, facts.created)
        return f"attached {what} to {published.image} as {attached}"


def local_facts(reader: Reader, published: Published) -> Facts | None:
    """Return what is in the image as this machine has it, with the digests of the registry; None if it has another.

    The digests of the unpacked layers say whether it is the same.
    """
    image = published.image
    names = [str(image), str(image.at(image.tag))]
    name = next((each for each in names if has_image(each)), "")
    if not name:
        return None
    wanted = configuration_of(reader.registries, published).get("rootfs", {}).get("diff_ids")
    facts = read_local_image(name, published.digest)
    if not wanted or [each.unpacked for each in facts.layers] != wanted or len(wanted) != len(published.layers):
        return None
    layers = tuple(LayerSize(one.digest, one.size, each) for one, each in zip(published.layers, wanted, strict=True))
    return Facts(
        str(image.at(image.tag)), published.digest, facts.platform, facts.contents, layers, facts.created, facts.user,
        facts.environment,
    )  # fmt: skip
