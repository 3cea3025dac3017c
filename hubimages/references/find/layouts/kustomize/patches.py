"""What the patches and `images` of kustomizations override in the objects that they take in.

https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Layer
from hubimages.references.find.layouts.view import View
from hubimages.references.image_text import read_image
from hubimages.references.reference import Path
from hubimages.yaml_text import MappingNode, Node, ScalarNode, SequenceNode, data

Object = tuple[str, Path, int, Node]  # file, path of the object in it, document, and the object itself
Patch = tuple[str, Path, Node]  # file, path of the patch in it, and its entry in the kustomization
Hidden = dict[str, set[tuple[int, Path]]]


def hide(view: View, kustomization: str, patches: Sequence[Patch], objects: list[Object], hidden: Hidden) -> None:
    """Add what one kustomization overrides to `hidden`, and its own patches to the objects."""
    made: list[Object] = []
    for file, root, entry in patches:
        tops = [view.values.top(Layer(file, root=root))] if root else view.documents(file)
        for number, top in enumerate(tops):
            if top is None:
                continue
            target = nodes.at(entry, "target")
            for there in objects:
                if _is_for(top, target, there[3]):
                    for path in _replaced(top, there[3]):
                        _put(hidden, there, path)
            if isinstance(top, MappingNode):
                made.append((file, root, number, top))
    objects += made
    for number, entry in enumerate(nodes.items(view.first(kustomization), "images")):
        if nodes.text(entry, "newTag") or nodes.text(entry, "digest"):
            for there in objects:
                for path in _images(there[3], nodes.text(entry, "name"), ()):
                    _put(hidden, there, path)
            before = ("images", number)
            objects.append((kustomization, before, 0, entry))


def _put(hidden: Hidden, there: Object, path: Path) -> None:
    file, root, number, _ = there
    hidden.setdefault(file, set()).add((0 if root else number, (*root, *path)))


def _is_for(patch: Node, target: Node | None, there: Node) -> bool:
    """Return True if a patch is for an object: by the target of its entry, or by its own kind and name."""
    kind, name = nodes.text(there, "kind"), nodes.text(there, "metadata", "name")
    if not kind:
        return False
    if isinstance(target, MappingNode):
        wanted_kind, wanted_name = nodes.text(target, "kind"), nodes.text(target, "name")
        selectors = [
            (nodes.text(target, f"{key}Selector"), dict(nodes.flat(nodes.at(there, "metadata", f"{key}s"))))
            for key in ("label", "annotation")
        ]
        try:
            named = wanted_kind in ("", kind) and (not wanted_name or re.fullmatch(wanted_name, name) is not None)
            return named and all(selects(text, labels) for text, labels in selectors)
        except re.error:
            return False
    return (nodes.text(patch, "kind"), nodes.text(patch, "metadata", "name")) == (kind, name)


def selects(selector: str, labels: Mapping[str, str]) -> bool:
    """Return True if a label selector, as kubectl takes it, selects these labels; an empty one selects all.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    for part in re.split(r",(?![^()]{0,300}\))", selector):
        text = part.strip()
        listed = re.fullmatch(r"(?P<key>\S+)\s+(?P<no>not)?in\s*\((?P<values>[^)]*)\)", text)
        equal = re.fullmatch(r"(?P<key>[^=!\s]+)\s*(?P<sign>==?|!=)\s*(?P<value>\S*)", text)
        if listed:
            inside = labels.get(listed["key"]) in [value.strip() for value in listed["values"].split(",")]
            fits = inside != bool(listed["no"])
        elif equal:
            fits = (labels.get(equal["key"]) == equal["value"]) != (equal["sign"] == "!=")
        else:
            fits = not text or (text.lstrip("!") in labels) != text.startswith("!")
        if not fits:
            return False
    return True


def _replaced(patch: Node, there: Node) -> Iterator[Path]:
    """Yield the paths of an object that a patch replaces or removes."""
    if isinstance(patch, SequenceNode):
        for operation in nodes.items(patch):
            pointer = nodes.text(operation, "path")
            if nodes.text(operation, "op") in ("replace", "remove", "add") and not pointer.endswith("/-"):
                yield _pointed(pointer, there)
    elif isinstance(patch, MappingNode):
        yield from _merged(patch, there, ())


def _pointed(pointer: str, there: Node) -> Path:
    """Return the path of a JSON pointer."""
    path: list[str | int] = []
    for part in pointer.split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        inside = nodes.at(there, *path)
        path.append(int(step) if isinstance(inside, SequenceNode) and nodes.NUMBER.fullmatch(step) else step)
    return tuple(path)


def _merged(patch: Node, there: Node | None, path: Path) -> Iterator[Path]:
    """Yield what a strategic merge replaces: scalars, whole lists, and items of lists with the same name."""
    if there is None or path in (("kind",), ("apiVersion",), ("metadata",)):
        return
    if isinstance(patch, MappingNode) and isinstance(there, MappingNode):
        if nodes.text(patch, "$patch") in ("delete", "replace"):
            yield path
            return
        for key, value in nodes.keys(patch).items():
            yield from _merged(value, nodes.at(there, key), (*path, key))
    elif isinstance(patch, SequenceNode) and isinstance(there, SequenceNode) and _by_name(patch) and _by_name(there):
        places = {nodes.text(item, "name"): number for number, item in enumerate(nodes.items(there))}
        for item in nodes.items(patch):
            number = places.get(nodes.text(item, "name"))
            if number is not None:
                yield from _merged(item, nodes.at(there, number), (*path, number))
    elif not isinstance(patch, ScalarNode) or path[-1:] != ("name",) or data(patch) is None:
        yield path


def _by_name(items: SequenceNode) -> bool:
    return all(isinstance(nodes.at(item, "name"), ScalarNode) for item in nodes.items(items))


def _images(node: Node, name: str, path: Path) -> Iterator[Path]:
    """Yield the paths of the containers' images that have a name, and of another entry for it in `images`."""
    if isinstance(node, MappingNode):
        image = nodes.text(node, "image")
        read = read_image(image) if image else None
        wanted = read_image(name) if name else None
        if read is not None and wanted is not None and read.image.repository == wanted.image.repository:
            yield (*path, "image")
        if not path and nodes.text(node, "newTag") and nodes.text(node, "newName") in ("", name):
            yield from ((),) if nodes.text(node, "name") == name else ()
        for key, value in nodes.keys(node).items():
            yield from _images(value, name, (*path, key))
    elif isinstance(node, SequenceNode):
        for number, item in enumerate(nodes.items(node)):
            yield from _images(item, name, (*path, number))
