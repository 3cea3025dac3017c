"""Find out what is in images: from an SBOM, from what is remembered, or from the layers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TypeVar

from rich.filesize import decimal

from hubimages.console import count, counting
from hubimages.contents.cache import Cache, KnownTag, folder, remember
from hubimages.contents.engine import has_image, images_here, read_local_image
from hubimages.contents.facts import Facts, LayerSize, of_configuration
from hubimages.contents.image import combine
from hubimages.contents.published.layers import layers_of, to_transfer
from hubimages.contents.published.manifest import Published, configuration_of, resolve
from hubimages.contents.sbom.read import NotOursError
from hubimages.contents.sbom.read import facts_of as facts_of_document
from hubimages.contents.sbom.referrers import attached, document
from hubimages.contents.stored_form import facts_as_object, facts_of
from hubimages.errors import BadInputError, HubImagesError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.registry import NotThereError, Registries
from hubimages.signals import Threads

ASK_FROM = 500_000_000  # bytes to transfer

Say = Callable[[str], None]
Agree = Callable[[str], bool]
T = TypeVar("T")


@dataclass(frozen=True)
class Reader:
    """How images are read. `say` gets one line for each thing to know; `agree` the question before a large transfer."""

    say: Say
    agree: Agree
    cache: Cache
    registries: Registries
    platform: str = ""


def read_images(
    references: Sequence[str],
    *,
    say: Say,
    agree: Agree,
    platform: str = "",
    local: bool = False,
    cache: Cache | None = None,
) -> list[Facts]:
    """Return what is in each image, in the order given.

    With `local`, an image that this machine has is read here. `say` gets what the registry must send before it is asked
    for; from 500 MB on `agree` is asked. Raises BadInputError for what is no image, RefusedError without consent, and
    as `registry` says.
    """
    with Registries() as registries:
        reader = Reader(say, agree, cache or Cache(folder()), registries, platform)
        here = images_here(references, say) if local else [False] * len(references)
        remote = list(dict.fromkeys(one for one, is_here in zip(references, here, strict=True) if not is_here))
        found = dict(zip(remote, read_published(reader, [ImageRef.parse_exact(one) for one in remote]), strict=True))
        return [
            read_local_image(reference) if is_here else found[reference]
            for reference, is_here in zip(references, here, strict=True)
        ]


def read_published(reader: Reader, images: Sequence[ImageRef]) -> list[Facts]:
    """Return what is in images of registries: those with an SBOM at once, then the layers of the others."""
    looked = in_parallel(lambda image: look_up(reader, image), images)
    unread = [each for each in looked if isinstance(each, Published)]
    announce(reader, unread)
    return [each if isinstance(each, Facts) else from_layers(reader, each) for each in looked]


def look_up(reader: Reader, image: ImageRef) -> Facts | Published:
    """Return what is known about an image without its layers, or else where its layers are."""
    try:
        published = resolve(reader.registries, image, reader.platform)
    except NotThereError as error:
        here = ". This machine has it: add --local" if has_image(str(image)) else ""
        raise NotThereError(f"{error}{here}") from None
    if published.index and not reader.platform:
        reader.say(f"{image} is for several platforms; this is about {published.platform}")
    known_now = KnownTag(published.digest, published.index, datetime.now(UTC))
    remember(reader.cache, image, known_now, reader.platform)
    known = known_image(reader.cache, published.digest)
    if known:
        return replace(known, name=str(image))
    found = from_sbom(reader, published)
    if found is None:
        return published
    keep(reader.cache, found)
    return found


def in_parallel(question: Callable[[ImageRef], T], images: Sequence[ImageRef]) -> list[T]:
    """Return the answers about all images; raises the first error."""
    if len(images) <= 1:
        return [question(image) for image in images]
    answers = []
    with Threads(8) as threads, counting("reading images", len(images)) as one_more:
        for answer in threads.map(question, images):
            answers.append(answer)
            one_more()
    return answers


def known_image(cache: Cache, digest: str) -> Facts | None:
    """Return what the cache has of an image; None if it has nothing that can be read."""
    content = cache.get("images", digest)
    try:
        return facts_of(content) if content is not None else None
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(cache: Cache, facts: Facts) -> None:
    """Put an image into the cache."""
    cache.put("images", facts.digest, facts_as_object(facts))


def from_sbom(reader: Reader, published: Published) -> Facts | None:
    """Return what the image's SBOM says; None if it has none that can be used, and why goes to `say`."""
    image = published.image
    try:
        documents = attached(reader.registries, image, published.digest)
        if not documents:
            return None
        content = document(reader.registries, image, documents[0])
        return check_layers(facts_of_document(content, shown(published), published.digest), published)
    except (NotOursError, HubImagesError) as error:
        reader.say(f"the SBOM of {shown(published)} is not used: {error}")
        return None


def shown(published: Published) -> str:
    """Return the image's name with its tag, or else its digest."""
    image = published.image
    return str(image.at(image.tag) if image.tag else image)


def check_layers(facts: Facts, published: Published) -> Facts:
    """Return the facts if they are about the layers of the manifest. Raises NotOursError if not."""
    if [each.digest for each in facts.layers] != [each.digest for each in published.layers]:
        raise NotOursError("it is about other layers")
    return facts


def announce(reader: Reader, images: Sequence[Published]) -> None:
    """Say what the registry must send, and ask from 500 MB on. Raises RefusedError without consent."""
    layers = to_transfer(reader.cache, images)
    size = sum(each.size for each in layers.values())
    if not images or not layers:
        return
    names = ", ".join(map(shown, images))
    what = f"{names}: no SBOM, so {decimal(size)} in {count(len(layers), 'layer')} must be read"
    if size < ASK_FROM:
        reader.say(f"{what} from the registry; nothing of it is stored")
    elif not reader.agree(f"{what} from the registry. Go on?"):
        raise RefusedError("nothing was read")


def from_layers(reader: Reader, published: Published) -> Facts:
    """Return what is in an image, from its configuration and layers."""
    told = of_configuration(configuration_of(reader.registries, published))
    if reader.platform and not published.index and not told["platform"].startswith(reader.platform):
        raise BadInputError(f"{shown(published)} is for {told['platform']}, not {reader.platform}")
    contents = combine(layers_of(reader.registries, reader.cache, published))
    ids = [*told.pop("unpacked"), *[""] * len(published.layers)]
    layers = tuple(LayerSize(one.digest, one.size, each) for one, each in zip(published.layers, ids, strict=False))
    told["platform"] = published.platform or told["platform"]
    facts = Facts(shown(published), published.digest, contents=contents, layers=layers, **told)
    keep(reader.cache, facts)
    return facts
