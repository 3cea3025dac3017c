"""Read the text of a value: an image, a tag, a placeholder, an image with a mistake in it, or none of them."""

import re
from dataclasses import dataclass
from functools import lru_cache

from hubimages.errors import BadInputError
from hubimages.image_ref import DIGEST, TAG, ImageRef

LONGEST = 600  # characters; names of images have at most 255
PICTURES = (".png", ".svg", ".jpg", ".jpeg", ".gif", ".webp", ".ico")
# Blanks that YAML keeps inside of quotes and that nobody sees: the last four are no white space to Python.
BLANKS = " \t\r\n\f\v\u00a0\u2007\u202f\u3000\u200b\u200c\u200d\ufeff"
BLANK_NAMES = {
    " ": "a space", "\t": "a tab", "\n": "a line end", "\r": "a line end", "\u00a0": "a no-break space",
    "\u200b": "an invisible character", "\u200c": "an invisible character", "\u200d": "an invisible character",
    "\ufeff": "a byte order mark",
}  # fmt: skip

# What people and programs write for another program to replace, and no more than that: `{value}` of KubeSpawner's
# unlisted choice, `{{ Helm or Jinja }}`, `$(VARIABLE)` of Kubernetes, `${VARIABLE}`, `%(name)s`, `@name@`, `__NAME__`.
_WORD = (
    r"(?:image|tag|name|version|registry|repository|repo|organi[sz]ation|org|username|user|project|sha|commit|digest"
    r"|hash|namespace|account|id|region|hub|host|your|my|new|path|prefix|suffix|branch|date|latest|value|some|the)"
)
_SUBSTITUTED = re.compile(
    r"\{\{.{0,500}?\}\}|\{%.{0,500}?%\}"
    r"|\$\{[^{}]*\}|\$\([^()]*\)|\{[\w. -]+\}|%\(\w+\)[sSdD]|\$[A-Za-z_]\w*|\(\(.{0,500}?\)\)"
    r"|@[A-Za-z]\w*@|__[A-Za-z][A-Za-z0-9_]*__|%[A-Za-z_]+%|<<.{0,500}?>>|\ue000"
    rf"|<(?:[A-Za-z0-9]+[-_. ])*(?i:{_WORD})(?:[-_. ][A-Za-z0-9]+)*>",
    re.DOTALL,  # without IGNORECASE, with which compiling takes five times as long
)
# Words instead of a tag, or instead of everything.
_WORDS = re.compile(
    r"(set|filled|replaced|overridden)[-_ ]?(in[-_ ]?)?((by|automatically)[-_ ].*|[-_ ](on|at|in|during|from)[-_ ]\D+)"
    r"|to[-_ ]?be[-_ ].*|replace[-_ ]?me"
    r"|(image[-_ ]?)?placeholder|change[-_ ]?me|todo|fixme|x{3,}|dummy([-_]?tag)?|tag",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-Z]+(?:_[A-Z]+)*")
_OF_IMAGES = frozenset({"IMAGE", "TAG", "VERSION", "REPLACE", "REGISTRY", "REPOSITORY", "DIGEST"})


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


@dataclass(frozen=True)
class Broken:
    """A text that is meant as an image and is not a valid reference.

    `read` is the image without the mistake, its tag as written; None if no name can be read. Its parts cover the whole
    text, so that a new name and tag replace the mistake, too.
    """

    why: str
    read: ImageText | None


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


@lru_cache(maxsize=512)
def read_broken(text: str) -> Broken | None:
    """Return the mistake in a text that is meant as an image; None if it is valid or a placeholder."""
    if read_image(text) is not None or is_placeholder(text):
        return None
    bare = text.strip(BLANKS)
    mistakes = [*_blanks(text), *([] if bare else ["it is empty"])]
    repository, at, digest = bare.partition("@")
    name, colon, tag = repository.rpartition(":")
    if not colon or "/" in tag:  # the colon of a port
        name, colon, tag = repository, "", ""
    first, second, _ = name.rpartition(":")
    if second and _name(name) is None and _name(first):
        mistakes.append("it has two tags")
        name, colon = first, ":"
    elif _name(name) is None and _name(name.lower()):
        mistakes.append("the name has capitals")
    elif _name(name) is None and bare:
        mistakes.append(f"{name!r} is not the name of an image")
    if colon and not TAG.fullmatch(tag.strip(BLANKS)):
        mistakes.append(why_no_tag(tag))
    if at and not DIGEST.fullmatch(digest):
        mistakes.append(f"{digest!r} is not a digest")
    image = _name(name) or _name(name.lower())
    if image is None:
        return Broken(", and ".join(mistakes), None)
    head = text.index(bare) + len(name) + len(colon)
    found = ImageRef(image.host, image.name, tag.strip(BLANKS), digest if DIGEST.fullmatch(digest) else "")
    return Broken(", and ".join(mistakes), ImageText(found, (head, len(text)), "" if colon else ":"))


def why_no_tag(text: str) -> str:
    """Return the mistake in the text of a tag key; empty if it is valid."""
    if read_tag(text) is not None or is_placeholder(text):
        return ""
    bare = text.strip(BLANKS)
    if mistakes := _blanks(text):
        return ", and ".join([*mistakes, *filter(None, [why_no_tag(bare) if bare != text else ""])])
    if DIGEST.fullmatch(text.removeprefix("@")) or text.startswith("sha256:"):
        return "the tag is a digest, which needs a key of its own or an @"
    odd = sorted(set(re.sub(r"[\w.-]", "", text, flags=re.ASCII)))
    if odd:
        return f"the tag {text!r} has {' '.join(odd)}"
    return "the tag is empty" if not text else f"the tag {text!r} begins with {text[0]} or has over 128 characters"


def looks_like_image(text: str) -> bool:
    """Return True for a text with a path and a tag or digest, no address and no prose."""
    bare = text.strip(BLANKS)
    head, _, tail = bare.rpartition("/")
    return bool(head) and (":" in tail or "@" in tail) and "//" not in bare and not re.search(r"\s", bare)


def is_picture(text: str) -> bool:
    """Return True for the name of a picture file."""
    return text.lower().endswith(PICTURES)


def is_placeholder(text: str) -> bool:
    """Return True if a person or a program replaces the text before it is used."""
    if _SUBSTITUTED.search(text) is not None or (_CAPITALS.fullmatch(text) and _OF_IMAGES & {*text.split("_")}):
        return True
    return _WORDS.fullmatch(text.rpartition(":")[2]) is not None


def _name(text: str) -> ImageRef | None:
    """Return the image of a name without tag and digest."""
    try:
        image = ImageRef.parse(text)
    except BadInputError:
        return None
    return None if image.tag or image.digest else image


def _blanks(text: str) -> list[str]:
    """Return what is wrong with the blanks of a text."""
    bare = text.strip(BLANKS)
    found = []
    if bare and text[0] in BLANKS:
        found.append(f"it begins with {BLANK_NAMES.get(text[0], 'a blank')}")
    if bare and text[-1] in BLANKS:
        found.append(f"it ends with {BLANK_NAMES.get(text[-1], 'a blank')}")
    inside = next((char for char in bare if char in BLANKS), "")
    return [*found, *([f"it has {BLANK_NAMES.get(inside, 'a blank')} in it"] if inside else [])]
