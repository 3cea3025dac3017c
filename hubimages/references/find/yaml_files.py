"""Find the image references of one YAML text.

Keys decide, never the look of a value: a description may name an image, too. Aliases and merge keys are followed, so
that a scalar is found once, with all of its paths.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from hubimages.references import remarks
from hubimages.references.find.image_keys import is_image_mapping, is_meant, is_variable, may_be_image, tag_keys
from hubimages.references.find.profiles import profile_place
from hubimages.references.image_text import ImageText, is_picture, is_placeholder, read_image, read_tag
from hubimages.references.reference import Form, NotRead, Path, Place, Reference
from hubimages.yaml_text import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    Tree,
    Visits,
    data,
    effective,
    resolved,
)

NAMES = ("repository", "newName", "name")  # in this order: kustomize has `name` beside `newName`
TAGS = ("tag", "newTag")
SAYS_SOMETHING = re.compile(r"[\w./:@-]+")  # one word: no prose
BUILDS = ("chartpress.yaml", "chartpress.yml")  # their imageName is built, and no hub runs it


@dataclass
class Found:
    """What is found in one text."""

    references: list[Reference] = field(default_factory=list)
    placeholders: int = 0
    not_read: list[NotRead] = field(default_factory=list)


def find(file: str, tree: Tree) -> Found:
    """Return the references of all documents, in the order of their lines."""
    finder = _Finder(file, tree)
    for number, top in enumerate(tree.documents):
        finder.document = number
        finder.walk(top, (), "")
    references = [
        replace(each, also=tuple(finder.also[key])) if key in finder.also else each
        for key, each in finder.references.items()
    ]
    return Found(sorted(references, key=lambda each: each.line), len(finder.placeholders), finder.not_read)


Scalars = dict[str, ScalarNode]


class _Finder:
    """What is found so far; `references` by the identity of their scalars."""

    def __init__(self, file: str, tree: Tree) -> None:
        self.file = file
        self.tree = tree
        self.document = 0
        self.visits = Visits()
        self.references: dict[tuple[int, ...], Reference] = {}
        self.also: dict[tuple[int, ...], list[Path]] = {}
        self.placeholders: set[int] = set()
        self.seen: set[int] = set()
        self.not_read: list[NotRead] = []
        self.builds = file.rpartition("/")[2] in BUILDS

    def walk(self, node: Node, path: Path, parent: str) -> None:
        """Visit every node below; `parent` is the nearest key that is not a position."""
        self.visits.count(node)
        here = resolved(node)
        if isinstance(here, MappingNode):
            own: Scalars = {}
            deeper: list[tuple[str, Node]] = []
            for name, value in self.values_of(here).items():
                below = resolved(value)
                if isinstance(below, ScalarNode):
                    own[name] = below
                else:
                    deeper.append((name, below))
            if own:
                self.mapping(own, path)
            for name, node_below in deeper:
                self.walk(node_below, (*path, name), name)
        elif isinstance(here, SequenceNode):
            for number, item in enumerate(here.items):
                value = resolved(item)
                if isinstance(value, ScalarNode):
                    self.item(value, (*path, number), parent)
                else:
                    self.walk(value, (*path, number), parent)

    def values_of(self, node: MappingNode) -> dict[str, Node]:
        """Return the values of a mapping as Helm reads them."""
        plain = {key.value: value for key, value in node.pairs if isinstance(key, ScalarNode)}
        if len(plain) == len(node.pairs) and "<<" not in plain:
            return plain  # nearly every mapping, and much faster
        self.not_read += remarks.keys_twice(self.file, node)
        return {name: value for name, (_, value) in effective(node).items()}

    def mapping(self, own: Scalars, path: Path) -> None:
        """Find the references in the scalars of one mapping."""
        taken = set(self.pair(own, path)) if is_image_mapping(path) else set()
        for key, scalar in own.items():
            if scalar.style in remarks.BLOCKS and id(scalar) not in self.seen:
                self.seen.add(id(scalar))
                self.not_read += remarks.images_in_code(self.file, scalar, (*path, key))
            if key in taken or not may_be_image(key):
                continue
            if key != "value":
                if not self.split_keys(own, path, key):
                    self.string(key, scalar, (*path, key), Form.ENVIRONMENT if is_variable(key) else Form.STRING)
            elif "name" in own and is_variable(own["name"].value):
                self.string(own["name"].value, scalar, (*path, key), Form.ENVIRONMENT)

    def item(self, scalar: ScalarNode, path: Path, parent: str) -> None:
        """Find the reference in a list item: an image in `images`, or VARIABLE=image."""
        name, equals, text = scalar.value.partition("=")
        if equals and is_variable(name):
            read = read_image(text)
            if read and is_meant(name, read, text):
                shift = len(name) + 1
                part = (read.part[0] + shift, read.part[1] + shift)
                self.add_string(scalar, path, Form.ENVIRONMENT, replace(read, part=part, start=shift))
            elif is_placeholder(text):
                self.placeholders.add(id(scalar))
        elif parent.lower().endswith("images"):
            self.string("images", scalar, path, Form.STRING)

    def string(self, key: str, scalar: ScalarNode, path: Path, form: Form) -> None:
        """Find name:tag in one scalar."""
        if data(scalar) is None or (self.builds and key.lower().startswith("imagename")):
            return
        read = read_image(scalar.value)
        if read and is_meant(key, read, scalar.value):
            self.add_string(scalar, path, form, read)
        elif is_placeholder(scalar.value):
            self.placeholders.add(id(scalar))
        elif key == "image" and SAYS_SOMETHING.fullmatch(scalar.value) and not is_picture(scalar.value):
            self.not_read.append(NotRead(self.file, scalar.line, f"not an image reference ({scalar.value!r})"))

    def add_string(self, scalar: ScalarNode, path: Path, form: Form, read: ImageText) -> None:
        place = Place(
            self.file, scalar.line, scalar.start, scalar.end, scalar.value, read.part, read.lead, path, self.document
        )
        image, name_place = read.image, replace(place, part=read.name_part, lead="")
        self.add((id(scalar),), form, path, (image.host, image.name), (image.tag, image.digest), place, name_place)

    def pair(self, own: Scalars, path: Path) -> Iterator[str]:
        """Find name and tag, or one of them, as keys of one mapping. Yield the keys that are used."""
        name_key = next((key for key in NAMES if key in own and data(own[key]) not in (None, "")), None)
        tag_key = next((key for key in TAGS if key in own), None)
        name = own[name_key] if name_key else None
        tag = own[tag_key] if tag_key else None
        if name_key and name and not tag and name_key == "name" and _has_tag(name.value):
            self.string("image", name, (*path, name_key), Form.STRING)
            yield name_key
            return
        registry = own.get("registry") if name_key == "repository" else None
        self.two(name, tag, (*path, name_key or ""), (*path, tag_key or ""), own.get("digest"), registry)
        yield from (key for key in (name_key, tag_key) if key)

    def split_keys(self, own: Scalars, path: Path, key: str) -> bool:
        """Find `X_image_name` beside `X_image_tag`, in any spelling. Return True if this key is one of them."""
        tags = [other for other in own if other.lower().replace("-", "_") in tag_keys(key)]
        if not tags or _has_tag(own[key].value):
            return False
        self.two(own[key], own[tags[0]], (*path, key), (*path, tags[0]))
        return True

    def two(
        self,
        name: ScalarNode | None,
        tag: ScalarNode | None,
        name_path: Path,
        tag_path: Path,
        digest: ScalarNode | None = None,
        registry: ScalarNode | None = None,
    ) -> None:
        """Add a reference whose name and tag are in separate scalars."""
        if tag and data(tag) in (None, ""):
            self.placeholders.update({id(tag)} if name else ())
            if name:  # a program fills it in
                return
            tag = None
        if any(each and is_placeholder(each.value) for each in (name, tag, registry)):
            self.placeholders.add(id(tag or name))
            return
        if registry and data(registry) in (None, ""):
            registry = None
        named = read_image(f"{registry.value.rstrip('/')}/{name.value}" if registry else name.value) if name else None
        tagged = read_tag(tag.value) if tag else ("", "")
        if (name and (not named or named.image.tag)) or tagged is None or not (name or tag):
            return
        if not tag and named and not (name_path[-2:-1] == ("image",) or "/" in named.image.repository):
            return
        form = Form.PAIR if name and tag else Form.TAG_ONLY if tag else Form.NAME_ONLY
        digest_value = digest.value if digest and data(digest) is not None else ""
        name_place = self.whole(name, name_path) if name else None
        tag_place = self.whole(tag, tag_path) if tag else None
        host_and_name = (named.image.host, named.image.name) if named else ("", "")
        key = (id(tag), id(name)) if tag else (id(name),)
        self.add(
            key, form, tag_path if tag else name_path, host_and_name, (tagged[0], tagged[1] or digest_value),
            tag_place, name_place, self.whole(digest, (*tag_path[:-1], "digest")) if digest else None,
            self.whole(registry, (*name_path[:-1], "registry")) if registry else None,
            misread=_misread(tag) if tag else "",
        )  # fmt: skip

    def whole(self, scalar: ScalarNode, path: Path) -> Place:
        part = (0, len(scalar.value))
        return Place(
            self.file, scalar.line, scalar.start, scalar.end, scalar.value, part, path=path, document=self.document
        )

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
    ) -> None:
        """Add a reference, or one more path of a reference."""
        if key in self.references:
            self.also.setdefault(key, []).append(path)
            return
        place = tag_place or name_place
        assert place is not None
        where = profile_place(self.tree, self.document, path)
        self.references[key] = Reference(
            form, self.file, place.line, path, *name, *tag, tag_place, name_place, digest_place, registry_place,
            misread=misread, profile=where.profile, choice=where.choice, title=where.title,
        )  # fmt: skip


def _has_tag(text: str) -> bool:
    read = read_image(text)
    return read is not None and bool(read.image.tag or read.image.digest)


def _misread(tag: ScalarNode) -> str:
    """Return what Helm reads instead of the text of a tag; empty if it reads the text."""
    value = data(tag)
    if isinstance(value, str):
        return ""
    kind = "boolean" if isinstance(value, bool) else "number"
    return f"{kind} {str(value).lower() if isinstance(value, bool) else value}"
