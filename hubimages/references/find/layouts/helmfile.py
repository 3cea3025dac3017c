"""Helmfile: the releases of a helmfile.yaml, for each of its environments.

The files and the inline values of a release count in the order in which they are listed, `set` counts last:
https://helmfile.readthedocs.io/en/latest/#configuration
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Hub, Layer
from hubimages.references.find.layouts.view import View, join
from hubimages.references.find.templates import HELMFILE
from hubimages.references.reference import NotRead
from hubimages.yaml_text import Node, ScalarNode

EXPRESSION = re.compile(r"\{\{-?(?P<inner>(?:(?!-?\}\}|\{\{).){0,1000})-?\}\}", re.DOTALL)
NAMED = re.compile(r"[`\"]?(?:\{\{)?\s*\.(?P<name>[\w.]+)(?:\s*\|.*)?\s*(?:\}\})?[`\"]?")
DEFAULT = "default"


def hubs(view: View) -> Iterator[Hub]:
    """Yield the hubs, and other releases, of all helmfiles."""
    for file in view.files:
        if HELMFILE.fullmatch(file):
            yield from _of_file(view, file)


def _of_file(view: View, file: str) -> Iterator[Hub]:
    documents = view.documents(file)
    environments: dict[str, dict[str, str]] = {}
    for document in documents:
        for name, body in nodes.keys(document, "environments").items():
            environments.setdefault(name, {}).update(_environment(view, file, body))
    several = len(environments) > 1
    for number, document in enumerate(documents):
        for each, release in enumerate(nodes.items(document, "releases")):
            made: dict[tuple[Layer, ...], tuple[list[str], bool]] = {}
            for name, values in (environments or {DEFAULT: {}}).items():
                known = {**values, "Environment.Name": name}
                known["Release.Name"] = filled(_said(view, file, nodes.at(release, "name")), known)
                known["Release.Namespace"] = filled(_said(view, file, nodes.at(release, "namespace")), known)
                if _is_off(view, file, release, known):
                    continue
                layers = tuple(_layers(view, file, number, each, release, known))
                chart = filled(_said(view, file, nodes.at(release, "chart")), known)
                local = join(PurePosixPath(file).parent, f"{chart}/Chart.yaml")
                local = local if local in view.known else ""
                layers = (*view.chart_layers(local or None), *layers)
                is_hub = view.named(chart, local or None, layers)
                made.setdefault(layers, ([], is_hub))[0].append(name)
            for layers, (names, is_hub) in made.items():
                release_name = filled(_said(view, file, nodes.at(release, "name")), {"Environment.Name": names[0]})
                for environment in names if several and len(made) > 1 else names[:1]:
                    shown = f"{environment}/{release_name}" if several and len(made) > 1 else release_name
                    yield Hub(shown, layers, is_hub=is_hub, layout=f"Helmfile ({file})")


def _said(view: View, file: str, node: Node | None) -> str:
    """Return the text of a scalar with the template language in it, which the tree has not."""
    text = view.text(file) or ""
    return text[node.start : node.end].strip("'\"") if isinstance(node, ScalarNode) else ""


def _is_off(view: View, file: str, release: Node, known: Mapping[str, str]) -> bool:
    """Return True for a release that is not installed."""
    condition = nodes.text(release, "condition")
    return filled(_said(view, file, nodes.at(release, "installed")), known) == "false" or (
        bool(condition) and known.get(f"Values.{condition}") == "false"
    )


def _environment(view: View, file: str, body: Node) -> Iterator[tuple[str, str]]:
    """Yield the values of an environment that are texts, as a template names them."""
    for entry in nodes.items(body, "values"):
        if not isinstance(entry, ScalarNode):
            yield from ((f"Values.{name}", value) for name, value in nodes.flat(entry))
            continue
        path = join(PurePosixPath(file).parent, _said(view, file, entry))
        if path in view.known:
            yield from ((f"Values.{name}", value) for name, value in nodes.flat(view.first(path)))


def _layers(
    view: View, file: str, document: int, each: int, release: Node, known: Mapping[str, str]
) -> Iterator[Layer]:
    folder = PurePosixPath(file).parent
    for key in ("values", "secrets"):
        for number, entry in enumerate(nodes.items(release, key)):
            if not isinstance(entry, ScalarNode):
                yield Layer(file, root=("releases", each, key, number), document=document)
                continue
            path = filled(_said(view, file, entry), known)
            whole = join(folder, path)
            if whole in view.known:
                yield Layer(whole)
            elif "{{" in path:
                view.not_read.append(NotRead(file, entry.line, f"values file whose name only Helmfile knows ({path})"))
            elif not nodes.text(release, "missingFileHandler"):
                yield from view.values_file(whole, file, entry.line)
    for number, entry in enumerate(nodes.items(release, "set")):
        root = ("releases", each, "set", number, "value")
        yield Layer(file, root=root, document=document, sets=nodes.path_of(nodes.text(entry, "name")))


def filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with the values in it that are known without running the template."""

    def value(matched: "re.Match[str]") -> str:
        named = NAMED.fullmatch(matched["inner"].strip())
        return known.get(named["name"], matched[0]) if named else matched[0]

    return EXPRESSION.sub(value, text)
