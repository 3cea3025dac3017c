"""Find an image's name and tag in values.yaml, and change nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hubimages import yaml_text
from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.dependencies import parse
from hubimages.hub_image.entries import text_of
from hubimages.hub_image.layout import Image
from hubimages.yaml_text import MappingNode, Path, Scalar, ScalarNode, SequenceNode, Tree

NUMBER = re.compile(r"[0-9]{1,9}")
NAME_KEYS = ("name", "repository")  # chartpress sets each of them that is there


@dataclass(frozen=True)
class ImageValue:
    """The image at one values path of values.yaml.

    Either `whole` is the scalar `name:tag`, or `names` and `tag` are those of a mapping; `tag` is None where the
    mapping has no such key yet.
    """

    file: str
    path: Path
    line: int
    names: tuple[Scalar, ...] = ()
    tag: Scalar | None = None
    whole: Scalar | None = None

    @property
    def current_name(self) -> str:
        """Return the image's name without tag; empty if nothing is written yet."""
        if self.whole is not None:
            return split_whole(self.whole.value)[0]
        return next((known(scalar) for scalar in self.names if known(scalar)), "")

    @property
    def current_tag(self) -> str:
        """Return the image's tag; empty if nothing is written yet."""
        if self.whole is not None:
            return split_whole(self.whole.value)[1]
        return known(self.tag) if self.tag else ""


def image_values(image: Image, content: str) -> tuple[ImageValue, ...]:
    """Return the image's places in the text of its values.yaml, one for each of its values paths.

    Raises BadInputError if a values path does not exist, as chartpress would, and RefusedError if the text belongs to
    an anchor, so that an edit would change more.
    """
    if not image.values_paths:
        return ()
    tree = parse(image.values_file, content)
    written = {scalar.path: scalar for scalar in yaml_text.scalars(content) if not scalar.document}
    return tuple(find(image, dotted, tree, written) for dotted in image.values_paths)


def find(image: Image, dotted: str, tree: Tree, written: dict[Path, Scalar]) -> ImageValue:
    """One place; see `image_values`."""
    path = values_path(dotted)
    node = tree.find(path)
    where = f"{image.values_file}: {dotted} (valuesPath of {image.name} in {image.config}:{image.line})"
    if isinstance(node, MappingNode):
        keys = dict(parts(tree, path))
        names = tuple(own(where, (*path, key), written) for key in NAME_KEYS if key in keys)
        if not names:
            raise BadInputError(f"{where} has neither `name` nor `repository`. Add `name:` there")
        tag = own(where, (*path, "tag"), written) if "tag" in keys else None
        return ImageValue(image.values_file, path, node.line, names, tag)
    if isinstance(node, ScalarNode) and text_of(node):
        return ImageValue(image.values_file, path, node.line, whole=own(where, path, written))
    raise BadInputError(
        f"{where} {'is empty' if node else 'does not exist'}. Add `name:` and `tag:` under it, "
        "or correct the valuesPath"
    )


def parts(tree: Tree, path: Path) -> Iterator[tuple[str, object]]:
    node = tree.find(path)
    if isinstance(node, MappingNode):
        for name, (_, value) in yaml_text.effective(node).items():
            if not isinstance(yaml_text.resolved(value), SequenceNode | MappingNode):
                yield name, value


def own(where: str, path: Path, written: dict[Path, Scalar]) -> Scalar:
    """Return the scalar at the path, if no other path shares it."""
    scalar = written.get(path)
    if scalar is None or scalar.also:
        raise RefusedError(
            f"{where} is shared through an anchor, so an edit would change other places too. Write the value out"
        )
    return scalar


def known(scalar: Scalar) -> str:
    """Return the scalar's text; empty for null."""
    return "" if scalar.style == "plain" and scalar.value in ("", "~", "null") else scalar.value


def split_whole(reference: str) -> tuple[str, str]:
    """Return name and tag of `name:tag`; the tag is empty if there is none."""
    name, colon, tag = reference.partition("@")[0].rpartition(":")
    return (name, tag) if colon and "/" not in tag else (reference.partition("@")[0], "")


def values_path(dotted: str) -> Path:
    """Split a dotted path as chartpress does: numbers are positions in lists."""
    return tuple(int(part) if NUMBER.fullmatch(part) else part for part in dotted.split("."))


def with_image(content: str, place: ImageValue, name: str, tag: str) -> str:
    """Return the text of values.yaml with this name and tag at this place; Helm reads the tag as text.

    Raises RefusedError if the text does not allow such an edit.
    """
    if place.whole is not None:
        return yaml_text.replace(content, {place.whole: f"{name}:{tag}"})
    new = {scalar: name for scalar in place.names if scalar.value != name}
    if place.tag is not None:
        new[place.tag] = tag
    content = yaml_text.replace(content, new)
    return content if place.tag is not None else yaml_text.add_key(content, place.path, "tag", tag)
