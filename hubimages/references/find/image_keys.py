"""Recognise the keys whose values are images."""

import re
from functools import lru_cache

from hubimages.references.image_text import ImageText
from hubimages.references.reference import Path

# `X_image_name` beside `X_image_tag`, in any spelling
SPLIT_KEY = re.compile(r"(?P<stem>.*image)[-_]?(name|repository|repo)", re.IGNORECASE)
_KEY = re.compile(r"(image|image[-_]?(name|ref|uri|url|path|spec))$", re.IGNORECASE)
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


@lru_cache(maxsize=4096)
def names_image(key: str) -> bool:
    """Return True for a key such as `image`, `build_image`, `pauseImage` or `image_name`."""
    return _KEY.search(key) is not None


@lru_cache(maxsize=4096)
def is_variable(key: str) -> bool:
    """Return True for the name of an environment variable that may hold an image."""
    return "IMAGE" in key and _VARIABLE.fullmatch(key) is not None


def is_meant(key: str, read: ImageText, text: str) -> bool:
    """Return True if the value under such a key is an image.

    `image: busybox` is one. Under other keys the value needs a tag, a digest or a path; in a variable with IMAGE
    inside its name, a tag or a digest.
    """
    if key == "image" or read.image.tag or read.image.digest:
        return True
    return "/" in text and names_image(key)


def is_image_mapping(path: Path) -> bool:
    """Return True if the mapping at a path describes an image: `image`, `pauseImage`, one of `extraImages`."""
    here = path[-1] if path else None
    if isinstance(here, str) and names_image(here):
        return True
    above = path[-2] if len(path) > 1 else None
    return isinstance(above, str) and _holds_images(above)


@lru_cache(maxsize=4096)
def may_be_image(key: str) -> bool:
    """Return True for a key whose value may be an image."""
    return key == "value" or names_image(key) or is_variable(key)


@lru_cache(maxsize=4096)
def _holds_images(key: str) -> bool:
    return key.lower().endswith("images")


@lru_cache(maxsize=4096)
def tag_keys(key: str) -> tuple[str, ...]:
    """Return the keys, in lower case with _, for the tag of the name under this key."""
    matched = SPLIT_KEY.fullmatch(key)
    stem = matched["stem"] if matched else key
    stem = stem.lower().replace("-", "_")
    if stem == "image":
        return "image_tag", "imagetag", "tag"
    short = stem.removesuffix("image").rstrip("_")
    shorter = (f"{short}_tag", f"{short}tag") if short else ()  # `sidecarTag` of `sidecarImage`
    return f"{stem}_tag", f"{stem}tag", f"{stem}_version", f"{stem}version", *shorter
