"""Ask one question about many images in parallel."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from hubimages import console
from hubimages.errors import HubImagesError
from hubimages.image_ref import ImageRef
from hubimages.registry.client import Registries
from hubimages.registry.dates import created
from hubimages.registry.http.transport import CONNECTIONS

T = TypeVar("T")


def digests(registries: Registries, images: Iterable[ImageRef]) -> dict[ImageRef, str | HubImagesError]:
    """Return the digest of every image, or the error that explains why there is none (see `client`)."""
    return each(registries, images, registries.digest)


def all_tags(registries: Registries, images: Iterable[ImageRef]) -> dict[ImageRef, list[str] | HubImagesError]:
    """Return all tags of every image's repository, or the error. The keys have neither tag nor digest."""
    return each(registries, (image.at() for image in images), registries.tags)


def creation_dates(
    registries: Registries, images: Iterable[ImageRef]
) -> dict[ImageRef, datetime | HubImagesError | None]:
    """Return when every image was made (None if unknown), or the error."""
    return each(registries, images, lambda image: created(registries, image))


def each(
    registries: Registries, images: Iterable[ImageRef], question: Callable[[ImageRef], T]
) -> dict[ImageRef, T | HubImagesError]:
    """Return the answer or the HubImagesError for every image, each asked once, in parallel.

    On an interrupt it sends no further requests; running ones end within their limits.
    """

    def answer(image: ImageRef) -> T | HubImagesError:
        try:
            return question(image)
        except HubImagesError as error:
            return error

    wanted = list(dict.fromkeys(images))
    executor = ThreadPoolExecutor(max_workers=CONNECTIONS, thread_name_prefix="registry")
    try:
        asked = {image: executor.submit(answer, image) for image in wanted}
        answers: dict[ImageRef, T | HubImagesError] = {}
        with console.counting("asking registries", len(asked)) as one_more:
            for image, future in asked.items():
                answers[image] = future.result()
                one_more()
        return answers
    except BaseException:
        registries.transport.close()
        raise
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
