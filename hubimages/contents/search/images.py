"""Search the packages of many images: those that the cache has without reading more than a digest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich.filesize import decimal

from hubimages.console import count
from hubimages.contents.cache import Cache, known_tag, remember
from hubimages.contents.facts import Facts
from hubimages.contents.gathering import look_up_all, read_layers
from hubimages.contents.published.layers import to_transfer
from hubimages.contents.published.manifest import Published
from hubimages.contents.reading import ASK_FROM, Reader
from hubimages.contents.search.wanted import Match, Wanted
from hubimages.contents.stored_form import row
from hubimages.errors import HubImagesError, NoAnswerError
from hubimages.image_ref import ImageRef
from hubimages.registry import digests


@dataclass(frozen=True)
class Searched:
    """What an image has of a package, its digest, and since when nobody asked the registry; None: it was asked now."""

    matches: tuple[Match, ...]
    digest: str
    known: datetime | None = None


Found = dict[ImageRef, Searched | HubImagesError]


def search_cache(wanted: Wanted, images: Iterable[ImageRef], cache: Cache) -> Found:
    """Return what the images have of a package as the cache knows them, or an error for an image that it has not."""
    found: Found = {}
    for image in dict.fromkeys(images):
        known = known_tag(cache, image)
        matches = in_cache(wanted, cache, known.digest) if known else None
        if known is None or matches is None:
            found[image] = NoAnswerError("no earlier run read what is in it. Search without --offline")
        else:
            found[image] = Searched(matches, known.digest, known.time)
    return found


def search_images(wanted: Wanted, images: Iterable[ImageRef], reader: Reader, *, layers: bool = True) -> Found:
    """Return what the images have of a package, or the error that says why it is not known.

    One request for a tag that is in the cache; another has its SBOM read. With `layers`, what has no SBOM is read from
    its layers, after `reader.say` or from 500 MB on `reader.agree` got what that takes for all of them together.
    """
    every = list(dict.fromkeys(images))
    found = from_cache(wanted, every, reader)
    looked = look_up_all(reader, [each for each in every if each not in found])
    unread = {image: each for image, each in looked.items() if isinstance(each, Published)}
    may = bool(unread) and layers and agreed(reader, unread)
    for image, facts in read_layers(reader, looked, lambda name, size: may or not size).items():
        found[image] = facts if isinstance(facts, HubImagesError) else Searched(of_facts(wanted, facts), facts.digest)
    return {image: found[image] for image in every}


def from_cache(wanted: Wanted, images: Iterable[ImageRef], reader: Reader) -> Found:
    """Return what is known of those images whose packages the cache has and whose tags still have the same digest.

    The error of a registry that was asked for a digest is there, too.
    """
    known = {image: tag for image in images if (tag := known_tag(reader.cache, image))}
    now = digests(reader.registries, [image for image in known if not image.digest])
    found: Found = {}
    for image, tag in known.items():
        answer = tag.digest if image.digest else now[image]
        if isinstance(answer, HubImagesError):
            found[image] = answer
            continue
        if answer not in (tag.digest, tag.index):
            continue
        matches = in_cache(wanted, reader.cache, tag.digest)
        if matches is not None:
            found[image] = Searched(matches, tag.digest)
            remember(reader.cache, image, replace(tag, time=datetime.now(tag.time.tzinfo)))
    return found


def in_cache(wanted: Wanted, cache: Cache, digest: str) -> tuple[Match, ...] | None:
    """Return what the image with a digest has of a package; None if the cache cannot say."""
    content = cache.get("images", digest)
    try:
        return None if content is None else matches_in(wanted, content["packages"], content["of_conda"])
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None


def of_facts(wanted: Wanted, facts: Facts) -> tuple[Match, ...]:
    """Return what an image has of a package."""
    contents = facts.contents
    return matches_in(wanted, map(row, contents.packages), map(row, contents.of_conda))


def matches_in(wanted: Wanted, packages: Iterable[Any], of_conda: Iterable[Any]) -> tuple[Match, ...]:
    """Return the matches, without a Python distribution that is the conda package beside it under the same version."""
    found = set(wanted.among(packages))
    versions = {each.version for each in found}
    return tuple(sorted(found | {each for each in wanted.among(of_conda) if each.version not in versions}))


def agreed(reader: Reader, unread: Mapping[ImageRef, Published]) -> bool:
    """Say what the registries must send for images without an SBOM, and ask from 500 MB on."""
    layers = to_transfer(reader.cache, unread.values())
    size = sum(each.size for each in layers.values())
    if not layers:
        return True
    what = (
        f"{count(len(unread), 'image')} without an SBOM: {decimal(size)} in {count(len(layers), 'layer')} must be read"
    )
    if size < ASK_FROM:
        reader.say(f"{what} from the registries; nothing of it is stored")
        return True
    return reader.agree(f"{what} from the registries. Go on?")
