"""Find the image references of one YAML text.

Keys decide, never the look of a value: a description may name an image, too. Aliases and merge keys are followed, so
that a scalar is found once, with all of its paths. Text inside of a scalar is read as YAML, or as a program.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace

from hubimages.references import remarks
from hubimages.references.find import code, owners
from hubimages.references.find.embedded import BLOCKS, Inside, inside_of
from hubimages.references.find.gathering import Found, Gathering, Scalars, Text
from hubimages.references.find.image_keys import (
    SPLIT_KEY,
    is_image_mapping,
    is_meant,
    is_variable,
    may_be_image,
    names_image,
    tag_keys,
)
from hubimages.references.image_text import is_picture, is_placeholder, looks_like_image, read_image
from hubimages.references.reference import Form, Path, Place, dotted
from hubimages.yaml_text import (
    MappingNode,
    Node,
    ScalarNode,
    SequenceNode,
    UnreadableYamlError,
    Visits,
    compose,
    data,
    effective,
    pair_of,
    resolved,
)

NAMES = ("repository", "newName", "name", "repo")  # in this order: kustomize has `name` beside `newName`
TAGS = ("tag", "newTag")
DIGESTS = ("digest", "sha")
VERSION = "version"  # the tag of some charts, beside a name that can only be an image
LISTED = ("images", "allowed_images")  # a mapping of labels to images
WORKFLOW = re.compile(r"(^|/)\.github/workflows/[^/]+$")
BUILDS = ("chartpress.yaml", "chartpress.yml")  # their imageName is built, and no hub runs it
MAY_HOLD = re.compile(r"image|profileList|profile_list|\btag\b", re.IGNORECASE)
# A reference without one of these words, or an alias, in or above it is none. Each begins with a literal: that is fast.
WORDS = re.compile(r"image|Image|IMAGE|tag|Tag|TAG|repository|version|ontainers|rofile_?[lL]ist|\*[\w-]")
# Keys such as `docker_image_tag` and `appVersionTag`, and values that are versions.
LONE_TAG = re.compile(r".*[iI]mage[-_]?[tT]ag|[a-z]\w*[a-z]Tag")
VERSIONED = re.compile(r"latest|v?\d+\.\d[\w.-]*")
UPDATER = "ImageUpdater"  # the kind of Argo CD Image Updater
DEEPEST = 4  # texts inside of texts


def find(text: Text) -> Found:
    """Return the references of all documents, in the order of their lines."""
    found = _find(text, 0)
    if "$imagepolicy" in text.tree.text:
        found.references = list(owners.by_comment(found.references, text.tree.text))
    found.references.sort(key=lambda each: each.line)
    return found


def _find(text: Text, depth: int) -> Found:
    finder = _Finder(text, depth)
    for number, top in enumerate(text.tree.documents):
        finder.document = number
        if not (UPDATER in text.tree.text and _kind(top) == UPDATER):  # its images are patterns of what it changes
            finder.walk(top, (), "")
    found = Found([*finder.found()], list(finder.placeholders.values()), finder.not_read, finder.empty_tags)
    for inner in finder.inner:
        found.references += inner.references
        found.placeholders += inner.placeholders
        found.not_read += inner.not_read
        found.empty_tags += inner.empty_tags
    return found


def _kind(top: Node) -> str:
    """Return the kind of an object of Kubernetes."""
    node = resolved(top)
    pair = pair_of(node, "kind") if isinstance(node, MappingNode) else None
    value = resolved(pair[1]) if pair else None
    return value.value if isinstance(value, ScalarNode) else ""


class _Finder(Gathering):
    """Walks through one text."""

    def __init__(self, text: Text, depth: int) -> None:
        super().__init__(text)
        self.depth = depth
        self.visits = Visits()
        self.seen: set[int] = set()
        self.words = [matched.start() for matched in WORDS.finditer(text.tree.text)]
        self.taken: set[int] = set()  # values that a list of names and values has as an image already
        self.inner: list[Found] = []
        self.builds = self.file.rpartition("/")[2] in BUILDS

    def walk(self, node: Node, path: Path, parent: str, *, named: bool = False) -> None:
        """Visit the nodes below; `parent` is the nearest key that is not a position.

        What has none of the words that every reference needs is left out, unless it is `named` by a key above.
        """
        self.visits.count(node)
        here = resolved(node)
        named = named or node is not here or "mage" in parent or "MAGE" in parent
        if not named and not self.has_word(here):
            return
        if isinstance(here, MappingNode):
            own: Scalars = {}
            deeper: list[tuple[str, Node]] = []
            for name, value in self.values_of(here).items():
                below = value if isinstance(value, ScalarNode) else resolved(value)  # nearly all, without a call
                if isinstance(below, ScalarNode):
                    own[name] = below
                else:
                    deeper.append((name, below))
            if own:
                self.mapping(own, path)
            for name, node_below in deeper:
                self.walk(node_below, (*path, name), name, named=named)
        elif isinstance(here, SequenceNode):
            self.named_values(here, path)
            for number, item in enumerate(here.items):
                value = resolved(item)
                if isinstance(value, ScalarNode):
                    self.item(value, (*path, number), parent)
                else:
                    self.walk(value, (*path, number), parent, named=named)

    def has_word(self, node: MappingNode | SequenceNode | ScalarNode) -> bool:
        """Return True if the text of a node has a word that a reference needs, or an alias."""
        after = bisect_left(self.words, node.start)
        return after < len(self.words) and self.words[after] < node.end

    def values_of(self, node: MappingNode) -> dict[str, Node]:
        """Return the values of a mapping as Helm reads them."""
        plain = {key.value: value for key, value in node.pairs if isinstance(key, ScalarNode)}
        if len(plain) == len(node.pairs) and "<<" not in plain:
            return plain  # nearly every mapping, and much faster
        self.not_read += remarks.keys_twice(self.file, node, self.text.tree.text, self.line)
        return {name: value for name, (_, value) in effective(node).items()}

    def mapping(self, own: Scalars, path: Path) -> None:
        """Find the references in the scalars of one mapping."""
        taken = set(self.pair(own, path)) if is_image_mapping(path) else set(self.other_pair(own, path))
        listed = bool(path) and path[-1] in LISTED
        if "name" in own and "kind" in own and own["kind"].value == "DockerImage":  # of an ImageStream of OpenShift
            self.string("image", own["name"], (*path, "name"), Form.STRING, meant=True)
        for key, scalar in own.items():
            if scalar.style != "plain" and ("\n" in scalar.value or scalar.style in BLOCKS):
                self.text_in(scalar, (*path, key))
            if key in taken:
                continue
            if listed and looks_like_image(scalar.value):
                self.string("images", scalar, (*path, key), Form.STRING, meant=True)
            elif not may_be_image(key) or id(scalar) in self.taken:
                continue
            elif key != "value":
                if not self.split_keys(own, path, key):
                    self.keyed(key, scalar, (*path, key), Form.ENVIRONMENT if is_variable(key) else Form.STRING)
            elif "name" in own and is_variable(own["name"].value):
                self.keyed(own["name"].value, scalar, (*path, key), Form.ENVIRONMENT)
            elif path and isinstance(path[-1], str) and is_variable(path[-1]):
                self.keyed(path[-1], scalar, (*path, key), Form.ENVIRONMENT)
        self.lone_tags(own, path)

    def lone_tags(self, own: Scalars, path: Path) -> None:
        """Name the keys that can only be the tag of an image, and that no name goes with."""
        for key, scalar in own.items():
            alone = key[-3:] in ("tag", "Tag") and LONE_TAG.fullmatch(key) and VERSIONED.fullmatch(scalar.value)
            if alone and not any(id(scalar) in parts for parts in self.references):
                self.name(scalar.line, f"tag that no name goes with ({dotted((*path, key))}: {scalar.value})")

    def text_in(self, scalar: ScalarNode, path: Path) -> None:
        """Read the text of a scalar that has several lines."""
        if id(scalar) in self.seen or not MAY_HOLD.search(scalar.value) or self.depth >= DEEPEST:
            return
        self.seen.add(id(scalar))
        base = (*self.text.base, *path)
        document = self.text.document if self.text.base else self.document
        inside = inside_of(scalar, self.text.tree.text, self.text.inside)
        try:
            tree = compose(scalar.value)
        except UnreadableYamlError:
            tree = None
        if tree is None or not any(isinstance(top, MappingNode | SequenceNode) for top in tree.documents):
            self.program(scalar, path, inside, base, document)
        elif inside is None:
            found = _find(Text(self.file, tree), DEEPEST)
            for each in found.references:
                self.name(scalar.line, f"image in text ({dotted(path)}: {each.image or each.tag}; edit it by hand)")
        else:
            self.inner.append(_find(Text(self.file, tree, inside, base, document), self.depth + 1))

    def program(self, scalar: ScalarNode, path: Path, inside: Inside | None, base: Path, document: int) -> None:
        """Read the text of a scalar as a program."""
        found = code.find(self.file, scalar.value)
        if inside is None:
            for each in found.references:
                self.name(scalar.line, f"image in text ({dotted(path)}: {each.image or each.tag}; edit it by hand)")
            return

        def moved(place: Place | None) -> Place | None:
            if place is None:
                return None
            start, line = inside.at(place.start), inside.line(place.line)
            length = place.end - place.start
            return replace(
                place, start=start, end=start + length, line=line, path=base, document=document, inside="raw"
            )

        references = [
            replace(
                each, form=Form.CODE, path=base, line=inside.line(each.line), parsed=True,
                tag_place=moved(each.tag_place), name_place=moved(each.name_place),
            )
            for each in found.references
        ]  # fmt: skip
        not_read = [replace(each, line=inside.line(each.line)) for each in found.not_read]
        placeholders = [inside.line(line) for line in found.placeholders]
        self.inner.append(Found(references, placeholders, not_read))

    def named_values(self, sequence: SequenceNode, path: Path) -> None:
        """Find names and tags in a list of `name` and `value`: parameters of Argo CD, `set` of Helmfile, variables."""
        values: dict[str, tuple[ScalarNode, Path]] = {}
        for number, item in enumerate(sequence.items):
            node = resolved(item)
            if not isinstance(node, MappingNode):
                return
            pairs = {key.value: resolved(value) for key, value in node.pairs if isinstance(key, ScalarNode)}
            name, value = pairs.get("name"), pairs.get("value")
            pointer = pairs.get("path") if "op" in pairs else None  # a JSON patch
            if isinstance(pointer, ScalarNode) and isinstance(value, ScalarNode):
                values[pointer.value.strip("/").replace("/", ".")] = (value, (*path, number, "value"))
            elif isinstance(name, ScalarNode) and isinstance(value, ScalarNode):
                values[name.value] = (value, (*path, number, "value"))
        for key, (scalar, where) in values.items():
            stem, _, last = key.rpartition(".")
            if last in NAMES and is_image_mapping(tuple(stem.split("."))):
                self.taken.add(id(scalar))
                self.two((scalar, where), None, form=Form.NAME_ONLY)
            elif last in TAGS and is_image_mapping(tuple(stem.split("."))):
                self.taken.add(id(scalar))
                self.two(None, (scalar, where), form=Form.TAG_ONLY)
            elif stem and names_image(last):
                self.taken.add(id(scalar))
                self.string("image", scalar, where, Form.STRING, meant=True)
            elif is_variable(key) and not _has_tag(scalar.value):
                tag = _first(values, key)
                if tag is not None:
                    self.taken.update((id(scalar), id(tag[0])))
                    self.two((scalar, where), tag, sure=False)

    def item(self, scalar: ScalarNode, path: Path, parent: str) -> None:
        """Find the reference in a list item: an image in `images`, or VARIABLE=image."""
        name, equals, text = scalar.value.partition("=")
        option = name.startswith("--") and names_image(name)  # an argument: --exposer-image=a/b:1
        if equals and (option or is_variable(name)):
            read = read_image(text)
            if read and is_meant(name, read, text) and (not option or "/" in text):
                shift = len(name) + 1
                part = (read.part[0] + shift, read.part[1] + shift)
                self.add_string(scalar, path, Form.ENVIRONMENT, replace(read, part=part, start=shift))
            elif is_placeholder(text):
                self.placeholders[id(scalar)] = self.line(scalar.line)
        elif parent.lower().endswith("images"):
            read = read_image(scalar.value)
            self.string(
                "images", scalar, path, Form.STRING, meant=read is not None and _is_listed(read.image.tag, scalar)
            )
        elif scalar.style in BLOCKS:
            self.text_in(scalar, path)

    def keyed(self, key: str, scalar: ScalarNode, path: Path, form: Form) -> None:
        """Find name:tag in the scalar of a key that may hold an image."""
        if data(scalar) is None or (self.builds and key.lower().startswith("imagename")) or is_picture(scalar.value):
            return
        read = read_image(scalar.value)
        if read and read.lead and not read.image.digest and path[-2:-1] == ("with",) and WORKFLOW.search(self.file):
            return  # what a step builds, as the input of an action
        self.string(key, scalar, path, form, meant=read is not None and is_meant(key, read, scalar.value))

    def pair(self, own: Scalars, path: Path) -> Iterator[str]:
        """Find name and tag, or one of them, as keys of one mapping. Yield the keys that are used."""
        name_key = next((key for key in NAMES if key in own and data(own[key]) not in (None, "")), None)
        tag_key = next((key for key in TAGS if key in own), None)
        if name_key is None and tag_key and "image" in own and not _has_tag(own["image"].value):
            name_key = "image"
        if name_key and tag_key is None and VERSION in own and "/" in own[name_key].value:
            tag_key = VERSION
        digest_key = next((key for key in DIGESTS if key in own), None)
        name = (own[name_key], (*path, name_key)) if name_key else None
        tag = (own[tag_key], (*path, tag_key)) if tag_key else None
        if name_key and name and not tag and name_key == "name" and _has_tag(name[0].value):
            self.string("image", name[0], name[1], Form.STRING, meant=True)
            yield name_key
            return
        if name and not tag and not self.is_name(name[0], path):
            return
        registry = (own["registry"], (*path, "registry")) if "registry" in own and name_key else None
        digest = (own[digest_key], (*path, digest_key)) if digest_key else None
        self.two(name, tag, digest, registry, sure=bool(path) and path[-1] == "image")
        yield from (key for key in (name_key, tag_key) if key)

    def is_name(self, name: ScalarNode, path: Path) -> bool:
        """Return True if a name without a tag beside it is an image's."""
        return path[-1:] == ("image",) or "/" in name.value

    def other_pair(self, own: Scalars, path: Path) -> Iterator[str]:
        """Find a name and a tag under a key that says nothing of an image: `quotaEnforcer: {repository, tag}`."""
        tag_key = next((key for key in (*TAGS, VERSION) if key in own and data(own[key]) not in (None, "")), None)
        if tag_key is None:
            return
        name_key = next((key for key in NAMES if key in own and "/" in own[key].value), None)
        if name_key is None:
            return
        read = read_image(own[name_key].value)
        if read is None or not read.lead or read.image.digest:
            return
        host = "." in own[name_key].value.partition("/")[0] or "registry" in own
        if host or (name_key == "repository" and tag_key != VERSION):
            registry = (own["registry"], (*path, "registry")) if "registry" in own else None
            self.two((own[name_key], (*path, name_key)), (own[tag_key], (*path, tag_key)), None, registry)
            yield from (name_key, tag_key)
        elif tag_key != VERSION:
            where = dotted((*path, name_key))
            self.name(own[tag_key].line, f"two keys that look like a name and a tag ({where}: {own[name_key].value})")

    def split_keys(self, own: Scalars, path: Path, key: str) -> bool:
        """Find `X_image_name` beside `X_image_tag`, in any spelling. Return True if this key is one of them."""
        if _has_tag(own[key].value) or (self.builds and SPLIT_KEY.fullmatch(key)):
            return False
        keys = tag_keys(key)
        tags = [other for other in own if other != key and other.lower().replace("-", "_") in keys]
        if not tags or (key != "image" and "/" not in own[key].value and not SPLIT_KEY.fullmatch(key)):
            return False
        registry = (own["registry"], (*path, "registry")) if key == "image" and "registry" in own else None
        self.two(
            (own[key], (*path, key)), (own[tags[0]], (*path, tags[0])), None, registry,
            sure=key == "image", form=None,
        )  # fmt: skip
        return True


def _first(values: Mapping[str, tuple[ScalarNode, Path]], key: str) -> tuple[ScalarNode, Path] | None:
    """Return the value of the tag that belongs to a variable with a name."""
    upper = (other.upper() for other in tag_keys(key))
    return next((values[other] for other in upper if other in values and other != key), None)


def _is_listed(tag: str, scalar: ScalarNode) -> bool:
    """Return True for an item of a list of images that is one: it has a tag, or a path."""
    return bool(tag) or "/" in scalar.value or "@" in scalar.value


def _has_tag(text: str) -> bool:
    read = read_image(text)
    return read is not None and bool(read.image.tag or read.image.digest)
