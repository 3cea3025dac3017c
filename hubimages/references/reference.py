"""One image reference in a deployment repository: the image, the places of its parts, and the hubs that run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from hubimages.errors import BadInputError, RefusedError
from hubimages.image_ref import ImageRef
from hubimages.references.image_text import BLANKS
from hubimages.references.tag_format import Shape, shape_of

if TYPE_CHECKING:
    from hubimages.references.keep.comment import Comment

Path = tuple[str | int, ...]


class Form(StrEnum):
    """How a reference is written."""

    STRING = "string"  # name:tag in one scalar
    PAIR = "pair"  # name and tag as keys of one mapping
    TAG_ONLY = "tag-only"  # the name is in another values file of the hub, or in the chart
    NAME_ONLY = "name-only"  # the tag is in another values file of the hub, or in the chart
    DOCKERFILE = "Dockerfile"
    ENVIRONMENT = "environment"  # name:tag in an environment variable
    CODE = "code"  # a literal in a program, in Terraform, in the arguments of helm


@dataclass(frozen=True)
class Place:
    """One scalar of a file, and the part of its value that holds a name, tag or digest.

    `start` and `end` are the span of the scalar in the text of the file, including quotes, in code points (a byte
    order mark counts). `path` is empty if the file is not YAML or does not parse; then `value` is exactly the text in
    the span.
    """

    file: str  # relative to the repository, with /
    line: int  # from 1
    start: int
    end: int
    value: str
    part: tuple[int, int]  # in `value`
    lead: str = ""  # goes before a new text: the colon, if the string has no tag yet
    path: Path = ()
    document: int = 0  # in a file with several documents
    inside: str = ""  # in the text of another scalar: the style of this one there; a new text replaces the span

    @property
    def text(self) -> str:
        """The part itself."""
        return self.value[slice(*self.part)]

    @property
    def scalar(self) -> tuple[str, int]:
        """Identify the scalar: the file, and where the scalar begins."""
        return self.file, self.start


@dataclass(frozen=True)
class Reference:
    """An image reference, at the place of its tag, or of its name if it has no tag.

    `host` and `name` are empty if the name is in a chart outside of the repository. A digest overrides the tag, as
    everywhere. The place of the tag is a scalar, or the part of `name:tag` after the colon (empty and at the end if
    there is no tag); a digest after the tag is part of it. The place of the name is the part before the colon; None
    if the name has several parts (`$REGISTRY/name`) or is in a chart outside of the repository.
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
    registry_place: Place | None = None  # if the registry has a key beside the name
    also: tuple[Path, ...] = ()  # more values paths of the same scalars, through aliases and merge keys
    hubs: tuple[str, ...] = ()  # hubs that run it: none of their later files overrides it
    read_by: tuple[str, ...] = ()  # hubs that read the file
    profile: str = ""  # in a profile list: the slug of the profile, as KubeSpawner makes it
    choice: str = ""  # in a profile list: the key of the choice, or `unlisted_choice`
    title: str = ""  # the display names of both
    beside_default: bool = False  # in a profile list that offers `singleuser.image`, too
    misread: str = ""  # what Helm reads instead of the text of the tag: `number 1.1`
    invalid: str = ""  # why Kubernetes refuses it; the parts are then what the text probably means
    owner: str = ""  # the program that keeps the tag up to date: `Flux image policy flux-system:hub`
    tag_from: str = ""  # what gives the tag if there is none: `hubploy, from commit 0a1b2c3 of image/`
    names: tuple[str, ...] = ()  # of a tag without a name: the images that other files have at its path
    parsed: bool = True  # False: the file is not YAML or does not parse, and was read line by line

    def __hash__(self) -> int:
        """Hash the place alone: a reference has the names of thousands of hubs, and is in many sets."""
        return hash((self.file, self.line, self.path, self.tag))

    @cached_property
    def shape(self) -> Shape:
        """The tag format."""
        return shape_of(self.tag)

    @property
    def image(self) -> ImageRef | None:
        """Name, tag and digest; None if the name is not known."""
        return ImageRef(self.host, self.name, self.tag, self.digest) if self.name else None

    @property
    def repository(self) -> str:
        """The image without tag and digest, in its shortest spelling; empty if the name is not known."""
        return ImageRef(self.host, self.name).repository if self.name else ""

    @property
    def version(self) -> str:
        """The tag, or the digest if there is no tag, as people say it."""
        return self.tag or self.digest[:19] or (f"({self.tag_from})" if self.tag_from else "no tag")

    @property
    def written(self) -> str:
        """The text as the file has it: `name:tag`, or name and tag with a colon between them."""
        places = [place for place in (self.name_place, self.tag_place) if place]
        return ":".join(dict.fromkeys(place.value for place in places)) if self.invalid else str(self.image)

    @property
    def floats(self) -> bool:
        """True if the tag moves and no digest pins the image."""
        return self.shape.floats and not (self.digest or self.invalid or self.tag_from)

    @property
    def values_path(self) -> str:
        """The path as users of Helm write it: `singleuser.profileList[0].kubespawner_override.image`."""
        return dotted(self.path)

    def retagged(self, tag: str, digest: str = "", name: ImageRef | None = None) -> tuple[tuple[Place, str], ...]:
        """Return the scalars to change for another tag, and another name if given, each with its whole new value.

        A digest that is not given is removed. The name of an invalid reference is written without the mistake. Raises
        RefusedError if no scalar holds the tag, or none the name.
        """
        if self.tag_place is None:
            raise RefusedError(f"{self.file}:{self.line}: {self.repository} has no tag. Add one, then run this again")
        text = f"{tag}@{digest}" if digest and self.digest_place is None else tag
        parts = [(self.tag_place, self.tag_place.lead + text)]
        if self.digest_place is not None and digest != self.digest:
            parts.append((self.digest_place, digest))
        if name is None and self.invalid and self.name_place is not None and self.name:
            parts.append((self.name_place, self._name_without_mistake(self.name_place.text)))
        if name is not None:
            if self.name_place is None:
                raise RefusedError(
                    f"{self.file}:{self.line}: the name {self.repository} has several parts. Edit it by hand"
                )
            parts.append((self.name_place, name.name if self.registry_place else name.repository))
            if self.registry_place:
                parts.append((self.registry_place, name.host))
        return put_together(parts)

    def _name_without_mistake(self, text: str) -> str:
        """Return the name as it is written, if that is valid without blanks and capitals."""
        bare = text.strip(BLANKS).lower()
        try:
            read = ImageRef.parse(bare).at()
        except BadInputError:
            read = None
        whole = ImageRef(self.host, self.name)
        if self.registry_place is not None:
            return bare if read is not None and read.name == whole.name else whole.name
        return bare if read == whole and not ImageRef.parse(bare).tag else whole.repository

    def scalars(self, *, with_name: bool) -> set[tuple[str, int]]:
        """Return the scalars that hold the tag, and the name with `with_name`."""
        names = (self.name_place, self.registry_place) if with_name else ()
        return {place.scalar for place in (self.tag_place, *names) if place}


def put_together(parts: Sequence[tuple[Place, str]]) -> tuple[tuple[Place, str], ...]:
    """Return the whole new value of every scalar whose parts get these texts."""
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
    """A file, or one of its lines (from 1; 0 for the whole file), that was not read, and the reason."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True)
class Inventory:
    """The image references of a deployment repository, sorted by file and line, and what was not read."""

    references: tuple[Reference, ...]
    not_read: tuple[NotRead, ...]
    hubs: tuple[str, ...]  # all hubs of the repository, including those without a reference
    files: int  # number of files that were read
    placeholders: tuple[tuple[str, int], ...] = ()  # file and line of what a program fills in: `{value}`, empty tags
    other_kinds: Mapping[str, int] = field(default_factory=dict)  # suffix: number of files that were not read
    layouts: Mapping[str, str] = field(default_factory=dict)  # hub: what says that it is one
    guessed: tuple[str, ...] = ()  # hubs that are only guessed from the names of files
    comments: tuple["Comment", ...] = ()  # that say at which pace a place or a hub moves

    def of_image(self, image: ImageRef) -> tuple[Reference, ...]:
        """Return the references of one image, at any tag."""
        return tuple(each for each in self.references if (each.host, each.name) == (image.host, image.name))


def dotted(path: Path) -> str:
    """Return `a.b[0].c`; a key with a dot in it is quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = f'"{part}"' if "." in part or not part else part
            text += f".{shown}" if text else shown
    return text


def is_hub(name: str, selector: str) -> bool:
    """Return True if `--hub SELECTOR` selects this hub: by its whole name (`leap/prod`) or its cluster (`leap`)."""
    return name == selector or name.startswith(f"{selector}/")


def is_user_image(reference: Reference) -> bool:
    """Return True if users' servers run the image. A hub image goes back with its chart, not alone."""
    keys = {"singleuser", "profileList", "profile_list", "KubeSpawner"}
    steps = {str(step) for path in (reference.path, *reference.also) for step in path}
    return bool(keys & steps) or "SINGLEUSER" in reference.values_path or (
        reference.file.endswith(("hubploy.yaml", "hubploy.yml"))
    )  # fmt: skip
