"""The parts of an image reference: host, name, tag, digest.

The rules are the reference grammar that Docker and containerd share
(https://github.com/distribution/reference/blob/main/reference.go).
"""

import re
from dataclasses import dataclass, replace

from hubimages.errors import BadInputError

DOCKER_HUB = "docker.io"

_SEPARATOR = r"(?:[._]|__|[-]+)"
_PART = rf"[a-z0-9]+(?:{_SEPARATOR}[a-z0-9]+)*"
NAME = re.compile(rf"{_PART}(?:/{_PART})*")
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
# The algorithms that Docker knows (https://github.com/opencontainers/go-digest); the grammar alone allows any.
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:]+\]|(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)"
    r"(?::[0-9]+)?"
)
IMAGE_ID = re.compile(r"[0-9a-f]{64}")  # Docker reads it as the id of a local image
LONGEST_NAME = 255


@dataclass(frozen=True)
class ImageRef:
    """An image reference `host/name:tag@digest`. The default host is docker.io, where short names are below library/.

    `tag` and `digest` are empty if the reference has none; `latest` is not filled in.
    """

    host: str
    name: str
    tag: str = ""
    digest: str = ""

    @classmethod
    def parse_exact(cls, text: str) -> "ImageRef":
        """Return the reference in a text, which needs a tag or a digest; `latest` is not filled in."""
        image = cls.parse(text)
        if not (image.tag or image.digest):
            raise BadInputError(f"{image} has neither a tag nor a digest. Write {image}:TAG")
        return image

    @classmethod
    def parse(cls, text: str) -> "ImageRef":
        """Return the reference in a text. Raises BadInputError with the part that breaks a rule."""
        rest, at, digest = text.partition("@")
        if at and not DIGEST.fullmatch(digest):
            raise BadInputError(
                f"{text!r} is not an image reference: {digest!r} is not a digest (sha256: and 64 digits of 0-9a-f)"
            )
        repository, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:  # the colon belongs to a port
            repository, colon, tag = rest, "", ""
        if colon and not TAG.fullmatch(tag):
            raise BadInputError(
                f"{text!r} is not an image reference: the tag {tag!r} must be up to 128 letters, digits and _.-"
            )
        host, name = split_host(repository)
        if not HOST.fullmatch(host):
            raise BadInputError(f"{text!r} is not an image reference: {host!r} is not a host name")
        if not NAME.fullmatch(name):
            raise BadInputError(
                f"{text!r} is not an image reference: the name {name!r} must be parts of lower case letters and "
                "digits, with ., _ or - between them, joined by /"
            )
        if len(name) > LONGEST_NAME:
            raise BadInputError(
                f"{text[:60]!r}... is not an image reference: a name has {LONGEST_NAME} characters at most"
            )
        if IMAGE_ID.fullmatch(text):
            raise BadInputError(
                f"{text!r} is not an image reference, but the id of an image on one machine. Give its name"
            )
        return cls(host, name, tag, digest)

    @property
    def repository(self) -> str:
        """Return `host/name` in its shortest form, without Docker Hub's host and library/."""
        if self.host != DOCKER_HUB:
            return f"{self.host}/{self.name}"
        short = self.name.removeprefix("library/")
        return next(
            text for text in (short, self.name, f"{DOCKER_HUB}/{self.name}") if split_host(text)[1] == self.name
        )

    def at(self, tag: str = "", digest: str = "") -> "ImageRef":
        """Return the same image with another tag or digest."""
        return replace(self, tag=tag, digest=digest)

    def __str__(self) -> str:
        return self.repository + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")


def split_host(repository: str) -> tuple[str, str]:
    """Return host and name of a repository; the host is docker.io if the first part is not a host, as for Docker."""
    first, slash, rest = repository.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        host, name = first, rest
    else:
        host, name = DOCKER_HUB, repository
    if host in ("index.docker.io", "registry-1.docker.io"):
        host = DOCKER_HUB
    if host == DOCKER_HUB and "/" not in name:
        name = f"library/{name}"
    return host, name
