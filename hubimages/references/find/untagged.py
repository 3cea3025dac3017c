"""Say what gives the tag of an image that has none, and the name of a tag that has none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from hubimages.references.find import merging
from hubimages.references.find.gathering import EmptyTag
from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.hubploy import HUBPLOY
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View, join
from hubimages.references.find.yaml_files import BUILDS, TAGS
from hubimages.references.reference import Form, NotRead, Path, Reference, dotted
from hubimages.repository.git import Repo
from hubimages.yaml_text import Node

MOST_NAMES = 4


def empty_tags(found: Sequence[EmptyTag], hubs: Sequence[Hub], view: View) -> Iterator[NotRead]:
    """Yield for each empty tag what sets it; without a name only if chartpress sets both, as charts have many."""
    built = dict(_built(view)) if found else {}
    for each in found:
        place = each.place
        where = built.get((place.file, place.path[:-1]))
        if where or each.image:
            said = f"chartpress sets it, see {where}" if where else _set_by(each, hubs, view)
            yield NotRead(place.file, place.line, f"empty tag ({each.image or dotted(place.path[:-1])}: {said})")


def _built(view: View) -> Iterator[tuple[tuple[str, Path], str]]:
    """Yield values file and path of the images that chartpress sets, with the file that says so."""
    for file in view.files:
        if file.rpartition("/")[2] in BUILDS:
            folder = PurePosixPath(file).parent
            for chart in nodes.items(view.first(file), "charts"):
                values = join(folder, nodes.text(chart, "path") or nodes.text(chart, "name")) + "/values.yaml"
                for image in nodes.keys(chart, "images").values():
                    for path in [nodes.text(image, "valuesPath"), *nodes.texts(image, "valuesPath")]:
                        if path:
                            yield (values, nodes.path_of(path)), file


def _set_by(each: EmptyTag, hubs: Sequence[Hub], view: View) -> str:
    names = []
    for hub in hubs:
        for layer in hub.layers:
            if layer.file == each.place.file and layer.has(each.place.path, each.place.document):
                other = merging.last(hub, layer.whole(each.place.path)[:-1], TAGS, view.values)
                if other is not None:
                    names.append((hub.name, other.place.file))
    if names:
        more = f" and {len(names) - 1} more hubs" if len(names) > 1 else ""
        return f"{names[0][0]}{more} set it, in {names[0][1]}"
    return "nothing in this repository sets it, and the chart decides"


def named(references: Sequence[Reference]) -> Iterator[Reference]:
    """Yield the references; a tag without a name gets the names that other files have at the end of its path."""
    nameless = [
        each for each in references if not each.name and each.form is Form.TAG_ONLY and each.path and each.parsed
    ]
    names: dict[tuple[str, ...], dict[str, None]] = {}
    if nameless:
        for each in references:
            if each.name and each.path and each.parsed and each.form in (Form.PAIR, Form.NAME_ONLY):
                names.setdefault(_end(each.path), {})[each.repository] = None
    for each in references:
        known = names.get(_end(each.path), {}) if not each.name and each.path and each.parsed else {}
        yield replace(each, names=tuple(known)[:MOST_NAMES]) if known else each


def _end(path: Path) -> tuple[str, ...]:
    """Return the last two keys above a tag or name: `singleuser.image`, whatever chart it is in."""
    return tuple(str(step) for step in path[:-1][-2:])


def hubploys(references: Sequence[Reference], view: View, repo: Repo | None) -> Iterator[Reference]:
    """Yield the references; hubploy tags an image without a tag by the last commit in its directory."""
    for each in references:
        by_hubploy = each.file.rpartition("/")[2] in HUBPLOY and each.path[:1] == ("images",)
        if not by_hubploy or each.tag or each.digest or each.invalid:
            yield each
            continue
        below = nodes.text(_document(view, each.file), *each.path[:-1], "path") or "image"
        folder = join(PurePosixPath(each.file).parent, below)
        commit = repo.text("log", "-n1", "--format=%h", "--", folder) if repo is not None else ""
        given = f"commit {commit} of {folder}" if commit else f"the last commit in {folder}"
        yield replace(each, tag_from=f"hubploy: {given}")


def _document(view: View, file: str) -> Node | None:
    return view.values.top(Layer(file))
