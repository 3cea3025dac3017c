"""What layouts see of a repository: its files, their documents, and what the scan has seen in them."""

import posixpath
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from hubimages.references.find.layouts import nodes
from hubimages.references.find.layouts.model import Layer
from hubimages.references.find.values import Values
from hubimages.references.reference import NotRead, Path
from hubimages.yaml_text import MappingNode, Node, Tree, resolved

YAML = (".yaml", ".yml")
HUB_KEYS = ("singleuser", "hub", "jupyterhub", "basehub", "daskhub", "binderhub", "prePuller")
HUB_CHARTS = ("jupyterhub", "binderhub", "daskhub", "basehub", "binderhub-service")
INDEX = re.compile(r"\{\{-?\s*index\s+\.(?P<name>[\w.]+)\s+(?P<number>\d+)\s*-?\}\}")
TEMPLATE = re.compile(r"\{\{-?\s*+`?\{?\{?\s*+\.?(?P<name>[\w.\[\]-]+)\s*+\}?\}?`?\s*+-?\}\}")


@dataclass
class View:
    """A repository. `signs` has the files in which the scan saw a text, by that text."""

    files: Sequence[str]
    tree: Callable[[str], Tree | None]
    text: Callable[[str], str | None]
    with_images: Collection[str]  # files that may hold or override a reference
    signs: Mapping[str, Sequence[str]]
    not_read: list[NotRead] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known = frozenset(self.files)
        self.values = Values(self.tree)
        of_charts = [file for file in self.files if file.rpartition("/")[2] == "Chart.yaml"]
        self.charts = {PurePosixPath(file).parent.name: file for file in of_charts}
        self.charted = {str(PurePosixPath(file).parent) for file in of_charts}

    def documents(self, file: str) -> tuple[Node, ...]:
        """Return the documents of a file; none if it cannot be read."""
        tree = self.tree(file)
        return tuple(resolved(each) for each in tree.documents) if tree else ()

    def first(self, file: str) -> Node | None:
        """Return the first document of a file."""
        return next(iter(self.documents(file)), None)

    def marked(self, sign: str, kinds: Collection[str]) -> Iterator[tuple[str, int, Node]]:
        """Yield file, number and document of the Kubernetes objects of these kinds."""
        for file in self.signs.get(sign, ()):
            if file.endswith(YAML) and "/templates/" not in f"/{file}":  # a chart's own, which only Helm can read
                for number, document in enumerate(self.documents(file)):
                    if nodes.text(document, "kind") in kinds:
                        yield file, number, document

    def chart_layers(self, chart: str | None, prefix: Path = ()) -> tuple[Layer, ...]:
        """Return the values of a chart in the repository (its Chart.yaml), after those of the charts it depends on."""
        if chart is None or len(prefix) > 5:
            return ()
        folder = PurePosixPath(chart).parent
        layers: list[Layer] = []
        for entry in self.dependencies(chart):
            repository = nodes.text(entry, "repository")
            if repository.startswith("file://"):
                below = join(folder, repository.removeprefix("file://")) + "/Chart.yaml"
                if below in self.known:
                    name = nodes.text(entry, "alias") or nodes.text(entry, "name")
                    layers += self.chart_layers(below, (*prefix, name))
        values = str(folder / "values.yaml")
        return (*layers, Layer(values, prefix)) if values in self.known else tuple(layers)

    def dependencies(self, chart: str) -> Iterator[Node]:
        """Yield what a chart in the repository depends on: by Chart.yaml, or by requirements.yaml as in Helm 2."""
        for file in (chart, str(PurePosixPath(chart).with_name("requirements.yaml"))):
            if file in self.known:
                yield from nodes.items(self.first(file), "dependencies")

    def hub_chart(self, chart: str | None) -> bool:
        """Return True if a chart in the repository is a hub's: it depends on JupyterHub's or BinderHub's."""
        if chart is None:
            return False
        if PurePosixPath(chart).parent.name in HUB_CHARTS:
            return True
        return bool(self.sections(chart, HUB_CHARTS))

    def is_hubs(self, layer: Layer) -> bool:
        """Return True if values are a hub's by their keys."""
        return self.has_hub_keys(self.values.top(layer))

    @staticmethod
    def has_hub_keys(top: Node | None) -> bool:
        """Return True if one of the keys that only hubs have leads to a mapping."""
        return any(isinstance(nodes.at(top, key), MappingNode) for key in HUB_KEYS)

    def is_for(self, file: str, chart: str | None) -> bool:
        """Return True if a file has values for a hub's chart, or for one of the charts it depends on."""
        top = self.first(file)
        sections = self.sections(chart) if chart else []
        return self.has_hub_keys(top) or any(isinstance(nodes.at(top, key), MappingNode) for key in sections)

    def sections(self, chart: str, of: Collection[str] = ()) -> list[str]:
        """Return the keys that a chart has the values of its dependencies under; only of the charts in `of`, if any."""
        named = [(nodes.text(one, "name"), nodes.text(one, "alias")) for one in self.dependencies(chart)]
        return [alias or name for name, alias in named if name and (not of or name in of)]

    def named(self, chart: str, chart_file: str | None, layers: Sequence[Layer]) -> bool:
        """Return True if a release is a hub: by its chart, or by its values."""
        if chart.rpartition("/")[2] in HUB_CHARTS or self.hub_chart(chart_file):
            return True
        return any(self.is_hubs(layer) for layer in layers)

    def values_file(self, path: str, said_by: str, line: int) -> tuple[Layer, ...]:
        """Return the layer of a values file; none, with a remark, if the repository does not have it."""
        if path in self.known:
            return (Layer(path),)
        self.not_read.append(NotRead(said_by, line, f"values file that is not in this repository ({path})"))
        return ()


def join(folder: PurePosixPath | str, path: str) -> str:
    """Return a path that is relative to a folder as a path from the top of the repository."""
    whole = posixpath.normpath(posixpath.join(str(folder), path))
    while whole.startswith("../"):
        whole = whole[3:]
    return whole.lstrip("/")


def filled(template: str, parameters: Mapping[str, str]) -> str:
    """Return a text with the parameters that it names put in: `{{ name }}` or `{{ .name }}`."""

    def value(matched: "re.Match[str]") -> str:
        return parameters.get(matched["name"], matched[0])

    if "{{" not in template:
        return template
    return TEMPLATE.sub(value, INDEX.sub(r"{{ \g<name>[\g<number>] }}", template))
