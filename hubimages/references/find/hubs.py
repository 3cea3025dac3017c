"""Find the hubs that run each reference, and join names and tags that are in different values files of a hub.

Helm merges values files key by key. A later file overrides an earlier one: a list, or any value that is not a mapping,
replaces the earlier value as a whole, and null removes it (https://helm.sh/docs/chart_template_guide/values_files/).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hubimages.references.find.layout import Hub, Layer
from hubimages.references.find.yaml_files import NAMES, TAGS
from hubimages.references.image_text import read_image, read_tag
from hubimages.references.reference import Form, Path, Place, Reference
from hubimages.yaml_text import MappingNode, ScalarNode, Tree, data, pair_of, resolved

Trees = Mapping[str, Tree]


@dataclass(frozen=True)
class _Other:
    """The half of a reference that is in another file."""

    place: Place
    text: str


def assign(references: Sequence[Reference], hubs: Sequence[Hub], trees: Trees) -> list[Reference]:
    """Return the references with their hubs; one for each image if hubs read different images from one scalar."""
    readers: dict[str, list[tuple[Hub, int]]] = {}
    for hub in hubs:
        for number, layer in enumerate(hub.layers):
            readers.setdefault(layer.file, []).append((hub, number))
    result: list[Reference] = []
    for reference in references:
        result += _with_hubs(reference, readers.get(reference.file, []), trees)
    joined = {_scalars(each) for each in result if each.form is Form.TAG_ONLY}
    result = [each for each in result if each.form is not Form.NAME_ONLY or _scalars(each) not in joined]
    return sorted(result, key=lambda each: (each.file, each.line, each.path == (), str(each.path), each.repository))


def _scalars(reference: Reference) -> tuple[object, ...]:
    return tuple((place.file, place.start) if place else None for place in (reference.name_place, reference.tag_place))


def _with_hubs(reference: Reference, readers: Sequence[tuple[Hub, int]], trees: Trees) -> Iterator[Reference]:
    """Yield the reference once for each image that hubs read from it; at least once."""
    read_by = tuple(hub.name for hub, _ in readers if hub.is_hub)
    variants: dict[_Other | None, list[str]] = {}
    for hub, number in readers:
        paths = [path for path in (reference.path, *reference.also) if _counts(reference, path, hub, number, trees)]
        if not paths or not reference.parsed:
            variants.setdefault(None, []).extend([hub.name] if not reference.parsed and hub.is_hub else [])
            continue
        other = None
        if reference.form in (Form.TAG_ONLY, Form.NAME_ONLY):
            keys = NAMES if reference.form is Form.TAG_ONLY else TAGS
            other = _last(hub, (*hub.layers[number].prefix, *paths[0][:-1]), keys, trees)
        variants.setdefault(other, []).extend([hub.name] if hub.is_hub else [])
    known = [other for other in variants if other is not None]
    if None in variants and not variants[None] and known:
        del variants[None]  # no hub runs it like this
    for other, names in (variants or {None: []}).items():
        whole = _put_together(reference, other) if other else reference
        yield replace(whole, hubs=tuple(names), read_by=read_by)


def _put_together(reference: Reference, other: _Other) -> Reference:
    if reference.form is Form.TAG_ONLY:
        named = read_image(other.text)
        if named is None:
            return reference
        return replace(reference, host=named.image.host, name=named.image.name, name_place=other.place)
    tagged = read_tag(other.text)
    if tagged is None:
        return reference
    return replace(reference, tag=tagged[0], digest=tagged[1], tag_place=other.place)


def _counts(reference: Reference, path: Path, hub: Hub, number: int, trees: Trees) -> bool:
    """Return True if no later layer of the hub overrides the path, or the path of the name beside it."""
    prefix = hub.layers[number].prefix
    paths = [path]
    if reference.form is Form.PAIR and reference.name_place and reference.name_place.path:
        paths.append((*path[:-1], reference.name_place.path[-1]))
    return not any(_overrides(layer, (*prefix, *each), trees) for layer in hub.layers[number + 1 :] for each in paths)


def _overrides(layer: Layer, path: Path, trees: Trees) -> bool:
    """Return True if a layer replaces or removes what earlier layers have at a path."""
    tree = trees.get(layer.file)
    if tree is None or not tree.documents or path[: len(layer.prefix)] != layer.prefix:
        return False
    node = resolved(tree.documents[0])
    for step in path[len(layer.prefix) :]:
        if not isinstance(node, MappingNode):
            # a file that is empty, or has only comments, overrides nothing
            return node is not resolved(tree.documents[0])
        pair = pair_of(node, str(step))
        if pair is None:
            return False
        node = resolved(pair[1])
    return True


def _last(hub: Hub, path: Path, keys: Sequence[str], trees: Trees) -> _Other | None:
    """Return the scalar that the merged values of the hub have under one of the keys of a mapping."""
    for layer in reversed(hub.layers):
        tree = trees.get(layer.file)
        if tree is None or path[: len(layer.prefix)] != layer.prefix:
            continue
        local = path[len(layer.prefix) :]
        node = tree.find(local)
        if isinstance(node, MappingNode):
            for key in keys:
                pair = pair_of(node, key)
                scalar = resolved(pair[1]) if pair else None
                if isinstance(scalar, ScalarNode) and data(scalar) not in (None, ""):
                    part = (0, len(scalar.value))
                    place = Place(
                        layer.file, scalar.line, scalar.start, scalar.end, scalar.value, part, path=(*local, key)
                    )
                    return _Other(place, scalar.value)
        elif _overrides(layer, (*path, keys[0]), trees):
            return None
    return None
