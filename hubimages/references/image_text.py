"""Read the text of a value: an image, a tag, a placeholder, or none of them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from hubimages.errors import BadInputError
from hubimages.image_ref import DIGEST, TAG, ImageRef

LONGEST = 600  # characters; names of images have at most 255
PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".ico")

# `{value}` of KubeSpawner's unlisted choice, `{{ Helm or Jinja }}`, `$(VARIABLE)` of Kubernetes, `${VARIABLE}`, <name>,
# and the words that people and chartpress write for a program to replace.
_BRACKETS = re.compile(r"[{}$<>]|%\(")
_WORDS = re.compile(
    r"(set|filled|replaced)[-_ ]?(in[-_ ]?)?(by|automatically)[-_ ].*|to[-_ ]?be[-_ ].*"
    r"|(image[-_ ]?)?placeholder|change[-_ ]?me|todo|fixme|x{3,}|dummy([-_]?tag)?|tag",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ImageText:
    """The image that a text names, and the span of its tag and digest in the text.

    `lead` is the colon that a new tag needs in front if there is no tag yet; `start` is where the name begins.
    """

    image: ImageRef
    part: tuple[int, int]
    lead: str = ""
    start: int = 0

    @property
    def name_part(self) -> tuple[int, int]:
        """The span of the name, including the registry."""
        return self.start, self.part[0] - (0 if self.lead else 1)


@lru_cache(maxsize=4096)
def read_image(text: str) -> ImageText | None:
    """Return the image that a text names; None for a placeholder, prose, an address or a picture."""
    if len(text) > LONGEST or is_placeholder(text) or is_picture(text):
        return None
    try:
        image = ImageRef.parse(text)
    except BadInputError:
        return None
    repository = text.partition("@")[0]
    if image.tag:
        return ImageText(image, (len(repository) - len(image.tag), len(text)))
    return ImageText(image, (len(repository), len(text)), ":")


def read_tag(text: str) -> tuple[str, str] | None:
    """Return the tag and the digest (`main@sha256:...`) in the text of a tag key; None if it is neither."""
    tag, at, digest = text.partition("@")
    if is_placeholder(text) or not TAG.fullmatch(tag) or (at and not DIGEST.fullmatch(digest)):
        return None
    return tag, digest


def is_picture(text: str) -> bool:
    """Return True for the name of a picture file."""
    return text.lower().endswith(PICTURES)


def is_placeholder(text: str) -> bool:
    """Return True if a person or a program replaces the text before it is used."""
    return _BRACKETS.search(text) is not None or _WORDS.fullmatch(text.rpartition(":")[2]) is not None
