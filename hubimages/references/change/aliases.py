"""Values outside of image references that change along with a tag, since they are aliases of its anchor."""

from collections.abc import Iterator, Mapping
from pathlib import Path as File

from hubimages.references.change.retag import Target
from hubimages.references.reference import Path, Reference, dotted
from hubimages.repository.file_edit import read_text
from hubimages.yaml_text import (
    AliasNode,
    MappingNode,
    Node,
    ScalarNode,
    UnreadableYamlError,
    Visits,
    compose,
    effective,
)


def also_changed(root: File, targets: Mapping[Reference, Target]) -> list[str]:
    """Return `FILE:LINE path` of every value that is no part of these references and gets another text with them."""
    starts: dict[str, set[int]] = {}
    known: dict[str, set[Path]] = {}
    for reference, target in targets.items():
        if not target.changes(reference):
            continue
        for place, _ in reference.retagged(target.tag, target.digest, target.name):
            if place.path:
                starts.setdefault(place.file, set()).add(place.start)
                paths = (place.path, reference.path, *reference.also)
                known.setdefault(place.file, set()).update(each[:-1] for each in paths)
                known[place.file].update(paths)
    found = []
    for file, wanted in starts.items():
        text = read_text(root, file)
        if "&" not in text or "*" not in text:
            continue
        try:
            documents = compose(text).documents
            for top in documents:
                for line, path in _through_aliases(top, (), 0, wanted, Visits()):
                    if path not in known[file] and path[:-1] not in known[file]:
                        found.append(f"{file}:{line} {dotted(path)}")
        except UnreadableYamlError:
            continue
    return list(dict.fromkeys(found))


def _through_aliases(node: Node, path: Path, line: int, wanted: set[int], visits: Visits) -> Iterator[tuple[int, Path]]:
    """Yield the line and path of every alias by which one of the scalars is reached."""
    visits.count(node)
    while isinstance(node, AliasNode):
        line, node = node.line, node.target
    if isinstance(node, ScalarNode):
        if line and node.start in wanted:
            yield line, path
    elif isinstance(node, MappingNode):
        for name, (_, value) in effective(node).items():
            yield from _through_aliases(value, (*path, name), line, wanted, visits)
    else:
        for number, item in enumerate(node.items):
            yield from _through_aliases(item, (*path, number), line, wanted, visits)
