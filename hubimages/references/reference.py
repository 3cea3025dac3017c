"""One image reference in a deployment repository: what it names, where every part of it stands, who runs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from hubimages.errors import RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references.tag_format import Shape, shape_of

Path = tuple[str | int, ...]


class Form(StrEnum):
    """How a reference is written."""

    STRING = "string"  # name:tag in one scalar
    PAIR = "pair"  # name and tag as keys of one mapping
    TAG_ONLY = "tag-only"  # the name is in another file of the hub's configuration, or in the chart
    NAME_ONLY = "name-only"  # so is the tag
    DOCKERFILE = "Dockerfile"
    ENVIRONMENT = "environment"  # name:tag in an environment variable


@dataclass(frozen=True)
class Place:
    """One scalar of a file, and the part of its value that is meant.

    `start` and `end` are the scalar's own span in the file's text, quotes included, in code points from the text as
    read (a byte order mark counts). `path` is empty where the file is not YAML or does not parse; then `value` is
    exactly the text in the span.
    """

    file: str  # relative to the repository, with /
    line: int  # from 1
    start: int
    end: int
    value: str
    part: tuple[int, int]  # in `value`
    lead: str = ""  # what has to stand before another text: the colon, in a string that has no tag yet
    path: Path = ()
    document: int = 0  # of a file with several

    @property
    def text(self) -> str:
        """The part itself."""
        return self.value[slice(*self.part)]

    @property
    def scalar(self) -> tuple[str, int]:
        """What tells its scalar from all others: the file, and where it begins."""
        return self.file, self.start


@dataclass(frozen=True)
class Reference:
    """An image reference, at the place where its tag stands (its name, where no tag does).

    `host` and `name` are empty where the name is in a chart that is not in the repository; the digest goes before the
    tag, as everywhere. The place of the tag is a scalar of its own, or the part of a `name:tag` after the colon (empty,
    at the end, where there is no tag). A digest that stands behind the tag is part of it. The name's place is the part
    before the colon there; None where the name is not in one piece (`$REGISTRY/name`), and in a chart elsewhere.
    """

    form: Form
    file: str
    line: int
    path: Path
    host: str
    name: str
    tag: str
    digest: str
    tag_place: Place | None
    name_place: Place | None = None
    digest_place: Place | None = None
    registry_place: Place | None = None  # where the registry's host is not in the name's scalar
    also: tuple[Path, ...] = ()  # further values paths of the same scalars, by aliases and merge keys
    hubs: tuple[str, ...] = ()  # where it takes effect: no later file of theirs overrides it
    read_by: tuple[str, ...] = ()  # hubs whose configuration the file is part of
    profile: str = ""  # in a profile list: the slug of the profile, as KubeSpawner makes it
    choice: str = ""  # and the key of the choice, `unlisted_choice` for that
    title: str = ""  # the display names of both
    misread: str = ""  # what Helm makes of the tag where it reads no text: `number 1.1`
    parsed: bool = True  # False: the file does not parse and was read line by line

    @cached_property
    def shape(self) -> Shape:
        """The shape of the tag."""
        return shape_of(self.tag)

    @property
    def image(self) -> ImageRef | None:
        """Name, tag and digest; None where the name is not known."""
        return ImageRef(self.host, self.name, self.tag, self.digest) if self.name else None

    @property
    def repository(self) -> str:
        """The image without tag and digest, in its shortest usual spelling; empty where the name is not known."""
        return ImageRef(self.host, self.name).repository if self.name else ""

    @property
    def floats(self) -> bool:
        """Whether it names whatever was pushed last."""
        return self.shape.floats and not self.digest

    @property
    def values_path(self) -> str:
        """The path as Helm's users write it: `singleuser.profileList[0].kubespawner_override.image`."""
        return dotted(self.path)

    def retagged(self, tag: str, digest: str = "", name: ImageRef | None = None) -> tuple[tuple[Place, str], ...]:
        """Every scalar that must change for another tag, and another name where one is given, with its whole new value.

        A digest that is not given goes. Raises RefusedError where no scalar holds the tag, or none the name.
        """
        if self.tag_place is None:
            raise RefusedError(
                f"{self.file}:{self.line}: no tag stands beside {self.repository}; write one there, then run this again"
            )
        text = f"{tag}@{digest}" if digest and self.digest_place is None else tag
        parts = [(self.tag_place, self.tag_place.lead + text)]
        if self.digest_place is not None and digest != self.digest:
            parts.append((self.digest_place, digest))
        if name is not None:
            if self.name_place is None:
                raise RefusedError(
                    f"{self.file}:{self.line}: {self.repository} is put together of several parts; change it by hand"
                )
            parts.append((self.name_place, name.name if self.registry_place else name.repository))
            if self.registry_place:
                parts.append((self.registry_place, name.host))
        return put_together(parts)

    def scalars(self, *, with_name: bool) -> set[tuple[str, int]]:
        """The scalars that hold the tag, and the name."""
        names = (self.name_place, self.registry_place) if with_name else ()
        return {place.scalar for place in (self.tag_place, *names) if place}


def put_together(parts: Sequence[tuple[Place, str]]) -> tuple[tuple[Place, str], ...]:
    """The whole new value of every scalar whose parts get these texts."""
    scalars: dict[tuple[str, int], list[tuple[Place, str]]] = {}
    for place, text in parts:
        scalars.setdefault(place.scalar, []).append((place, text))
    whole = []
    for here in scalars.values():
        value = here[0][0].value
        for place, text in sorted(here, key=lambda each: -each[0].part[0]):
            value = value[: place.part[0]] + text + value[place.part[1] :]
        whole.append((here[0][0], value))
    return tuple(whole)


@dataclass(frozen=True)
class NotRead:
    """A file, or a line of it (from 1; 0 for the whole file), that was not read as the rest was, and why."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Inventory:
    """Every image reference of a deployment repository, sorted by file and line, and what was not read."""

    references: tuple[Reference, ...]
    not_read: tuple[NotRead, ...]
    hubs: tuple[str, ...]  # all hubs of the repository, those without a reference too
    files: int  # how many were looked into
    placeholders: int = 0  # values that are filled in elsewhere: `{value}`, `set-by-chartpress`, empty tags
    other_kinds: Mapping[str, int] = field(default_factory=dict)  # suffix: files not looked into

    def of_image(self, image: ImageRef) -> tuple[Reference, ...]:
        """The references of one image, at whatever tag."""
        return tuple(each for each in self.references if (each.host, each.name) == (image.host, image.name))


def dotted(path: Path) -> str:
    """`a.b[0].c`; a key with a dot in it is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = f'"{part}"' if "." in part or not part else part
            text += f".{shown}" if text else shown
    return text


def is_hub(name: str, selector: str) -> bool:
    """Whether `--hub SELECTOR` means this hub: by its whole name (`leap/prod`), or all of a cluster (`leap`)."""
    return name == selector or name.startswith(f"{selector}/")
