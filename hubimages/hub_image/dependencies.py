"""The `jupyterhub` dependency of a chart, in Chart.yaml (Helm 3) or requirements.yaml (Helm 2)."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.hub_image.entries import pairs, text, text_of
from hubimages.yaml_text import Scalar, Tree

CHART = "jupyterhub"  # the dependency's name

# Returns the text of a file of the repository, None if there is no such file.
Reader = Callable[[str], str | None]


@dataclass(frozen=True)
class ScalarPlace:
    """A scalar in one of the repository's YAML files."""

    file: str
    scalar: Scalar

    def __str__(self) -> str:
        return f"{self.file}:{self.scalar.line}"


@dataclass(frozen=True)
class Dependency:
    """The `jupyterhub` entry among a chart's dependencies."""

    version: ScalarPlace
    repository: str  # address of the Helm repository; may be `oci://...`, `file://...`, `@name` or empty
    alias: str = ""

    @property
    def section(self) -> str:
        """Return the key of the chart's values that the dependency's values are under."""
        return self.alias or CHART


def read_dependencies(directory: str, chart_file: str, read: Reader) -> tuple[tuple[Dependency, ...], str | None]:
    """Return the jupyterhub dependencies of a chart, and the lock file beside them.

    Helm 3 reads Chart.yaml where it says `apiVersion: v2`, and requirements.yaml for `v1`
    (https://helm.sh/docs/topics/charts/#the-apiversion-field). If one has nothing, the other counts.
    """
    chart_text = read(chart_file)
    if chart_text is None:
        return (), None
    tree = parse(chart_file, chart_text)
    places = [(chart_file, "Chart.lock"), (posixpath.join(directory, "requirements.yaml"), "requirements.lock")]
    version = tree.find(("apiVersion",))
    if version is not None and text_of(version) == "v1":
        places.reverse()
    for file, lock in places:
        content = read(file)
        found = dependencies_in(file, content) if content is not None else ()
        if found:
            lock_file = posixpath.join(directory, lock)
            return found, lock_file if read(lock_file) is not None else None
    return (), None


def dependencies_in(file: str, content: str) -> tuple[Dependency, ...]:
    """Return the entries called jupyterhub. Raises BadInputError for one without a version."""
    listed = parse(file, content).find(("dependencies",))
    if not isinstance(listed, yaml_text.SequenceNode):
        return ()
    written = {scalar.path: scalar for scalar in yaml_text.scalars(content) if not scalar.document}
    found = []
    for index, item in enumerate(listed.items):
        options = pairs(item, file, "a dependency")
        if text(options, "name") != CHART:
            continue
        version = written.get(("dependencies", index, "version"))
        if version is None or not version.value:
            raise BadInputError(f"{file}:{item.line}: dependency {CHART} has no version. Write one")
        found.append(Dependency(ScalarPlace(file, version), text(options, "repository"), text(options, "alias")))
    return tuple(found)


def parse(file: str, content: str) -> Tree:
    """Return the tree of a YAML file. Raises BadInputError with file and line."""
    try:
        return yaml_text.compose(content)
    except yaml_text.UnreadableYamlError as error:
        raise BadInputError(f"{file}: {error}") from error
