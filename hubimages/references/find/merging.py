"""Find the hubs that run each reference, and join names and tags that are in different values files of a hub.

Helm merges values files key by key. A later file overrides an earlier one: a list, or any value that is not a mapping,
replaces the earlier value as a whole, and null removes it (https://helm.sh/docs/chart_template_guide/values_files/).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hubimages.references.find.gathering import TWO_TAGS, has_host, whole_name
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.values import Values
from hubimages.references.find.yaml_files import DIGESTS, NAMES, TAGS
from hubimages.references.image_text import is_placeholder, read_broken, read_image, read_tag, why_no_tag
from hubimages.references.reference import Form, Path, Place, Reference
from hubimages.yaml_text import MappingNode, ScalarNode, SequenceNode, data, pair_of, resolved

REGISTRY = ("registry",)
SEPARATE = (Form.PAIR, Form.TAG_ONLY, Form.NAME_ONLY)
Reader = tuple[Hub, Layer, list[Layer]]  # with the later layers of the hub that can override what the layer has


@dataclass(frozen=True)
class _Other:
    """A part of a reference that is in another file."""

    place: Place
    text: str


@dataclass(frozen=True)
class _Parts:
    """The parts of a reference that a hub takes from other files."""

    name: _Other | None = None
    tag: _Other | None = None
    digest: _Other | None = None
    registry: _Other | None = None


NOTHING = _Parts()


def assign(references: Sequence[Reference], hubs: Sequence[Hub], values: Values) -> list[Reference]:
    """Return the references with their hubs; one for each image if hubs read different images from one scalar."""
    readers: dict[str, list[Reader]] = {each.file: [] for each in references}
    for hub in hubs:
        for number, layer in enumerate(hub.layers):
            if layer.file in readers:
                later = [other for other in hub.layers[number + 1 :] if values.can_override(other)]
                readers[layer.file].append((hub, layer, later))
    result: list[Reference] = []
    for reference in references:
        result += _with_hubs(reference, readers[reference.file], values)
    joined = {_scalars(each) for each in result if each.form is Form.TAG_ONLY}
    result = [each for each in result if each.form is not Form.NAME_ONLY or _scalars(each) not in joined]
    return sorted(result, key=lambda each: (each.file, each.line, each.path == (), str(each.path), each.repository))


def _scalars(reference: Reference) -> tuple[object, ...]:
    return tuple((place.file, place.start) if place else None for place in (reference.name_place, reference.tag_place))


def _with_hubs(reference: Reference, readers: Sequence[Reader], values: Values) -> Iterator[Reference]:
    """Yield the reference once for each image that hubs read from it; at least once."""
    place = reference.tag_place or reference.name_place
    document = place.document if place else 0
    read_by: dict[str, None] = {}
    variants: dict[_Parts, list[str]] = {}
    set_at: dict[Path, None] = {}  # paths of values that the file does not have as keys
    places = (reference.path, *reference.also)
    for hub, layer, later in readers:
        paths = [path for path in places if layer.has(path, document)]
        if not paths:
            continue
        if hub.is_hub:
            read_by[hub.name] = None
        names = [hub.name] if hub.is_hub else []
        if layer.sets and layer.sets != reference.path:
            set_at[layer.sets] = None
        if layer.is_whole and any(other.sets and other.holds(reference.file, reference.path) for other in hub.layers):
            continue  # it is one of the values that this program sets
        if not reference.path or (not reference.parsed and layer.sets is None):
            variants.setdefault(NOTHING, []).extend(names)
            continue
        counting = [path for path in paths if _survives(reference, path, layer, later, values)]
        if not counting:
            variants.setdefault(NOTHING, [])
            continue
        variants.setdefault(_parts(reference, layer.whole(counting[0]), hub, values), []).extend(names)
    if len(variants) > 1 and not variants.get(NOTHING, [""]):
        del variants[NOTHING]  # no hub runs it like this
    for parts, hubs in (variants or {NOTHING: []}).items():
        whole = _put_together(reference, parts) if parts != NOTHING else reference
        whole = replace(whole, also=(*whole.also, *set_at)) if set_at else whole
        yield replace(whole, hubs=tuple(dict.fromkeys(hubs)), read_by=tuple(read_by)) if hubs or read_by else whole


def _parts(reference: Reference, whole: Path, hub: Hub, values: Values) -> _Parts:
    """Return the parts of a reference that the hub takes from other files."""
    if reference.form not in SEPARATE or not whole or whole[-1] not in (*NAMES, *TAGS):
        return NOTHING
    above = whole[:-1]
    name = last(hub, above, NAMES, values) if reference.name_place is None else None
    tag = last(hub, above, TAGS, values) if reference.tag_place is None else None
    digest = last(hub, above, DIGESTS, values) if reference.digest_place is None else None
    registry = None
    text = name.text if name else reference.name_place.text if reference.name_place else ""
    if reference.registry_place is None and text and not has_host(text):
        registry = last(hub, above, REGISTRY, values)
    return _Parts(name, tag, digest, registry)


def _put_together(reference: Reference, parts: _Parts) -> Reference:
    invalid = reference.invalid
    changed = reference
    if parts.name or parts.registry:
        place = parts.name.place if parts.name else reference.name_place
        text = whole_name(place.value if place else "", parts.registry.text if parts.registry else "")
        if is_placeholder(text):
            return reference
        read = read_image(text)
        if read is None or read.image.tag:
            broken = read_broken(text)
            read = read or (broken.read if broken else None)
            invalid = invalid or (broken.why if broken else TWO_TAGS)
        if read is None:
            return replace(reference, invalid=invalid)
        registry = parts.registry.place if parts.registry else reference.registry_place
        changed = replace(
            changed, host=read.image.host, name=read.image.name, name_place=place, registry_place=registry
        )
    if parts.tag:
        if is_placeholder(parts.tag.text):
            return changed
        tagged = read_tag(parts.tag.text)
        invalid = invalid or ("" if tagged else why_no_tag(parts.tag.text))
        tag, digest = tagged or (parts.tag.text.strip(), "")
        changed = replace(changed, tag=tag, digest=digest or changed.digest, tag_place=parts.tag.place)
    if parts.digest:
        changed = replace(changed, digest=parts.digest.text, digest_place=parts.digest.place)
    return replace(changed, invalid=invalid)


def _survives(reference: Reference, path: Path, layer: Layer, later: Sequence[Layer], values: Values) -> bool:
    """Return True if no later layer of the hub overrides the path, or the path of the name beside it."""
    place = reference.tag_place or reference.name_place
    if layer.hidden and place and any((place.document, path[:end]) in layer.hidden for end in range(len(path) + 1)):
        return False
    if not later:
        return True  # most often, and quickly
    paths = [_by_name(reference, layer.whole(path)) if layer.by_name else layer.whole(path)]
    if reference.form is Form.PAIR and reference.name_place and reference.name_place.path and layer.sets is None:
        paths.append(layer.whole((*path[:-1], reference.name_place.path[-1])))
    return not any(overrides(other, each, values) for other in later for each in paths)


def _by_name(reference: Reference, path: Path) -> Path:
    """Return the path of a variable in a list, `NAME=image`, with its name in place of its position."""
    place = reference.tag_place or reference.name_place
    name, equals, _ = place.value.partition("=") if place else ("", "", "")
    return (*path[:-1], name) if equals and name.isidentifier() and isinstance(path[-1], int) else path


def overrides(layer: Layer, path: Path, values: Values) -> bool:
    """Return True if a layer replaces or removes what earlier layers have at a path."""
    if layer.sets is not None:
        return path[: len(layer.sets)] == layer.sets
    elsewhere = layer.document is None or (layer.prefix and path[: len(layer.prefix)] != layer.prefix)
    node = top = None if elsewhere else values.top(layer)
    if node is None:
        return False
    for step in path[len(layer.prefix) :]:
        if layer.by_name and isinstance(node, SequenceNode):
            items = (resolved(item) for item in node.items)
            named = {item.value.partition("=")[0] for item in items if isinstance(item, ScalarNode)}
            return isinstance(step, int) or step in named
        if not isinstance(node, MappingNode):
            return node is not top  # a file that is empty, or has only comments, overrides nothing
        pair = pair_of(node, str(step))
        if pair is None:
            return False
        node = resolved(pair[1])
    return True


def last(hub: Hub, path: Path, keys: Sequence[str], values: Values) -> _Other | None:
    """Return the scalar that the merged values of the hub have under one of the keys of a mapping."""
    for layer in reversed(hub.layers):
        if layer.document is None:
            continue
        if layer.sets is not None:
            if layer.sets[:-1] == path and layer.sets[-1] in keys:
                node = values.top(layer)
                if isinstance(node, ScalarNode) and data(node) not in (None, ""):
                    return _Other(values.place(layer, node, layer.root), node.value)
            continue
        if path[: len(layer.prefix)] != layer.prefix:
            continue
        node = values.top(layer)
        local = path[len(layer.prefix) :]
        for step in local:
            pair = pair_of(node, str(step)) if isinstance(node, MappingNode) else None
            node = resolved(pair[1]) if pair else None
        if isinstance(node, MappingNode):
            taken_away = False
            for key in keys:
                pair = pair_of(node, key)
                scalar = resolved(pair[1]) if pair else None
                if isinstance(scalar, ScalarNode) and data(scalar) not in (None, ""):
                    return _Other(values.place(layer, scalar, (*layer.root, *local, key)), scalar.value)
                taken_away = taken_away or isinstance(scalar, ScalarNode)
            if taken_away:
                return None
        elif overrides(layer, (*path, keys[0]), values):
            return None
    return None
