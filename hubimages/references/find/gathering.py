"""Gather the references of one YAML text: a name and a tag in one scalar, or in several scalars of one mapping."""

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from hubimages.errors import BadInputError
from hubimages.references.find.embedded import Inside
from hubimages.references.find.profiles import profile_place
from hubimages.references.image_text import (
    ImageText,
    is_placeholder,
    looks_like_image,
    read_broken,
    read_image,
    read_tag,
    why_no_tag,
)
from hubimages.references.reference import Form, NotRead, Path, Place, Reference, dotted
from hubimages.yaml_text import ScalarNode, Tree, data

Scalars = dict[str, ScalarNode]
TWO_TAGS = "the name has a tag, and there is a tag beside it"


@dataclass(frozen=True)
class EmptyTag:
    """A tag that is empty, and the image beside it, if one is named."""

    place: Place
    image: str


@dataclass
class Found:
    """What is found in one text."""

    references: list[Reference] = field(default_factory=list)
    placeholders: list[int] = field(default_factory=list)  # the line of each
    not_read: list[NotRead] = field(default_factory=list)
    empty_tags: list[EmptyTag] = field(default_factory=list)


@dataclass(frozen=True)
class Text:
    """One YAML text: a file, or the text of a scalar in it, at `base` in a document of the file."""

    file: str
    tree: Tree
    inside: Inside | None = None
    base: Path = ()
    document: int = 0


class Gathering:
    """The references so far, by the identity of their scalars."""

    def __init__(self, text: Text) -> None:
        self.text = text
        self.file = text.file
        self.document = 0  # of this text
        self.references: dict[tuple[int, ...], Reference] = {}
        self.also: dict[tuple[int, ...], list[Path]] = {}
        self.placeholders: dict[int, int] = {}  # identity of the scalar: line in the file
        self.not_read: list[NotRead] = []
        self.empty_tags: list[EmptyTag] = []
        self.offering: dict[int, bool] = {}  # lists of profiles

    def line(self, number: int) -> int:
        """Return the line in the file of a line of this text."""
        return self.text.inside.line(number) if self.text.inside else number

    def name(self, line: int, reason: str) -> None:
        """Name something that is not read."""
        self.not_read.append(NotRead(self.file, self.line(line), reason))

    def place(self, scalar: ScalarNode, path: Path, part: tuple[int, int] | None = None, lead: str = "") -> Place:
        """Return the place of a scalar, or of a part of it. Raises BadInputError if it cannot be edited."""
        text, start, end = self.text, scalar.start, scalar.end
        document = self.document
        style = ""
        if text.inside is not None:
            written = text.inside.text[start:end]
            quotes = 1 if scalar.style in ("single", "double") else 0
            span = text.inside.span(start, end)
            if span is None or written[quotes : len(written) - quotes] != scalar.value:
                raise BadInputError("it has several lines, or escapes")
            (start, end), style = span, scalar.style
            document = text.document if text.base else self.document  # a template has no base
        whole = (0, len(scalar.value))
        return Place(
            self.file, self.line(scalar.line), start, end, scalar.value, part or whole, lead,
            (*text.base, *path), document, style,
        )  # fmt: skip

    def string(self, key: str, scalar: ScalarNode, path: Path, form: Form, *, meant: bool) -> None:
        """Add name:tag in one scalar; `meant` if the key says that it is an image."""
        read = read_image(scalar.value)
        if read is not None:
            if meant:
                self.add_string(scalar, path, form, read)
        elif is_placeholder(scalar.value):
            self.placeholders[id(scalar)] = self.line(scalar.line)
        elif key == "image" or looks_like_image(scalar.value):
            self.broken(scalar, path, form)

    def broken(self, scalar: ScalarNode, path: Path, form: Form) -> None:
        """Add a scalar that is meant as an image and is not valid."""
        value = data(scalar)
        broken = read_broken(scalar.value)
        if isinstance(value, bool) or broken is None:
            self.name(scalar.line, f"not an image (`{scalar.value}` at {dotted(path)})")
            return
        if broken.read is not None:
            self.add_string(scalar, path, form, broken.read, broken.why)
            return
        try:
            place = self.place(scalar, path)
        except BadInputError as error:
            self.name(scalar.line, f"image in text ({scalar.value.strip()}; cannot be edited: {error})")
            return
        self.add((id(scalar),), form, path, ("", ""), ("", ""), None, place, invalid=broken.why)

    def add_string(self, scalar: ScalarNode, path: Path, form: Form, read: ImageText, invalid: str = "") -> None:
        """Add the reference that was read in one scalar."""
        try:
            place, name_place = self.place(scalar, path, read.part, read.lead), self.place(scalar, path, read.name_part)
        except BadInputError as error:
            self.name(scalar.line, f"image in text ({read.image}; cannot be edited: {error})")
            return
        image = read.image
        self.add(
            (id(scalar),), form, path, (image.host, image.name), (image.tag, image.digest), place, name_place,
            invalid=invalid,
        )  # fmt: skip

    def two(
        self,
        name: tuple[ScalarNode, Path] | None,
        tag: tuple[ScalarNode, Path] | None,
        digest: tuple[ScalarNode, Path] | None = None,
        registry: tuple[ScalarNode, Path] | None = None,
        *,
        sure: bool = True,
        form: Form | None = None,
    ) -> None:
        """Add a reference whose name and tag are in separate scalars, each given with its path.

        With `sure` the keys leave no doubt, so that a value that is no image is a mistake.
        """
        if registry and (data(registry[0]) in (None, "") or (name is not None and has_host(name[0].value))):
            registry = None
        if tag and data(tag[0]) in (None, ""):
            if name:  # a program fills it in
                self.empty(name, tag, registry)
                return
            with contextlib.suppress(BadInputError):  # a place that cannot be edited
                self.empty_tags.append(EmptyTag(self.place(*tag), ""))
            tag = None
        parts = [each[0] for each in (name, tag, registry) if each]
        if any(is_placeholder(each.value) for each in parts):
            first = (tag or name or registry or ())[:1]
            self.placeholders.update((id(each), self.line(each.line)) for each in first)
            return
        text = whole_name(name[0].value, registry[0].value if registry else "") if name else ""
        named = read_image(text) if name else None
        invalid = ""
        host_and_name = (named.image.host, named.image.name) if named else ("", "")
        if name and (named is None or named.image.tag):
            broken = read_broken(text)
            invalid = broken.why if broken else TWO_TAGS
            if not sure and not (tag or looks_like_image(text)):
                return
            read = named or (broken.read if broken else None)
            host_and_name = (read.image.host, read.image.name) if read else ("", "")
        tagged = read_tag(tag[0].value) if tag else ("", "")
        if tagged is None and tag:
            invalid = ", and ".join(filter(None, (invalid, why_no_tag(tag[0].value))))
            tagged = (tag[0].value.strip(), "")
        self.put(name, tag, digest, registry, host_and_name, tagged or ("", ""), invalid, form)

    def put(
        self,
        name: tuple[ScalarNode, Path] | None,
        tag: tuple[ScalarNode, Path] | None,
        digest: tuple[ScalarNode, Path] | None,
        registry: tuple[ScalarNode, Path] | None,
        host_and_name: tuple[str, str],
        tagged: tuple[str, str],
        invalid: str,
        form: Form | None,
    ) -> None:
        """Add the reference of separate scalars."""
        main = tag or name
        if main is None:
            return
        digest_value = digest[0].value if digest and data(digest[0]) is not None else ""
        kind = form or (Form.PAIR if name and tag else Form.TAG_ONLY if tag else Form.NAME_ONLY)
        try:
            tag_place, name_place, digest_place, registry_place = (
                self.place(*each) if each else None for each in (tag, name, digest, registry)
            )
        except BadInputError as error:
            self.name(main[0].line, f"image in text ({dotted(main[1])}; cannot be edited: {error})")
            return
        key = (id(tag[0]), id(name[0] if name else None)) if tag else (id(main[0]),)
        self.add(
            key, kind, main[1], host_and_name, (tagged[0], tagged[1] or digest_value),
            tag_place, name_place, digest_place, registry_place,
            misread=_misread(tag[0]) if tag else "", invalid=invalid,
        )  # fmt: skip

    def empty(
        self, name: tuple[ScalarNode, Path], tag: tuple[ScalarNode, Path], registry: tuple[ScalarNode, Path] | None
    ) -> None:
        """Note an empty tag beside a name."""
        if id(tag[0]) in self.placeholders:
            return
        self.placeholders[id(tag[0])] = self.line(tag[0].line)
        image = whole_name(name[0].value, registry[0].value if registry else "")
        if name[0].value and not is_placeholder(image):
            try:
                self.empty_tags.append(EmptyTag(self.place(*tag), image))
            except BadInputError:
                self.name(tag[0].line, f"empty tag ({image})")

    def add(
        self,
        key: tuple[int, ...],
        form: Form,
        path: Path,
        name: tuple[str, str],
        tag: tuple[str, str],
        tag_place: Place | None,
        name_place: Place | None,
        digest_place: Place | None = None,
        registry_place: Place | None = None,
        misread: str = "",
        invalid: str = "",
    ) -> None:
        """Add a reference, or one more path of a reference."""
        if key in self.references:
            self.also.setdefault(key, []).append((*self.text.base, *path))
            return
        place = tag_place or name_place
        assert place is not None
        where = profile_place(self.text.tree, self.document, path, self.offering)
        self.references[key] = Reference(
            form, self.file, place.line, (*self.text.base, *path), *name, *tag,
            tag_place, name_place, digest_place, registry_place,
            misread=misread, profile=where.profile, choice=where.choice, title=where.title,
            beside_default=where.beside_default, invalid=invalid,
        )  # fmt: skip

    def found(self) -> Iterable[Reference]:
        """Return the references with all of their paths."""
        for key, each in self.references.items():
            yield replace(each, also=tuple(self.also[key])) if key in self.also else each


def whole_name(name: str, registry: str) -> str:
    """Return a name with its registry in front, if that is in another key."""
    return f"{registry.rstrip('/')}/{name.lstrip('/')}" if registry else name


def has_host(name: str) -> bool:
    """Return True for a name that begins with a registry."""
    first, slash, _ = name.partition("/")
    return bool(slash) and ("." in first or ":" in first or first == "localhost")


def _misread(tag: ScalarNode) -> str:
    """Return what Helm reads instead of the text of a tag; empty if it reads the text."""
    value = data(tag)
    if isinstance(value, str):
        return ""
    kind = "boolean" if isinstance(value, bool) else "number"
    return f"{kind} {str(value).lower() if isinstance(value, bool) else value}"
