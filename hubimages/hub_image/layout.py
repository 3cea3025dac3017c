"""Read where a deployment repository keeps its hub image and its chart, from its `chartpress.yaml`.

No folder needs a certain name. Paths are relative to the top of the repository, with `/`; the defaults
are chartpress's own (https://github.com/jupyterhub/chartpress, `chartpress.py`).
"""

import posixpath
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.hub_image.dependencies import Dependency, Reader, parse, read_dependencies
from hubimages.hub_image.dockerfile import Base, bases
from hubimages.hub_image.entries import items, pairs, text, text_of
from hubimages.repository.file_edit import read_text
from hubimages.repository.git import Repo
from hubimages.yaml_text import Node, Path, Tree

CONFIG = "chartpress.yaml"


@dataclass(frozen=True)
class Image:
    """One entry under `images` in a chartpress.yaml."""

    name: str
    chart: str
    repository: str  # what is pushed, without the tag
    config: str  # the chartpress.yaml
    entry: Path  # where in it the entry stands
    line: int
    context: str
    dockerfile: str
    paths: tuple[str, ...]  # what chartpress makes the tag from; the config among them, the context unless switched off
    values_paths: tuple[str, ...]  # dotted; none where chartpress writes no value
    values_file: str
    build_args: Mapping[str, str]
    has_build_options: bool  # extraBuildCommandOptions, which may name any file
    bases: tuple[Base, ...] | None  # None where there is no Dockerfile

    @property
    def sources(self) -> tuple[str, ...]:
        """Return what the image is built from: its paths without the chartpress.yaml that all images share."""
        return tuple(path for path in self.paths if path != self.config)

    @property
    def is_hub(self) -> bool:
        """Whether it builds upon the hub image of Zero to JupyterHub; a `FROM` that cannot be read may."""
        return any(base.is_hub or base.without_value for base in self.bases or ())


@dataclass(frozen=True)
class Chart:
    """One entry under `charts` in a chartpress.yaml."""

    name: str
    config: str
    index: int  # among the charts of the config
    directory: str
    chart_file: str
    values_file: str
    images: tuple[Image, ...]
    dependencies: tuple[Dependency, ...]  # those that are called jupyterhub
    lock_file: str | None


@dataclass(frozen=True)
class Layout:
    """All charts of all chartpress.yaml in a repository."""

    charts: tuple[Chart, ...]

    @property
    def images(self) -> tuple[Image, ...]:
        return tuple(image for chart in self.charts for image in chart.images)


def read_layout(repo: Repo, read: Reader | None = None) -> Layout:
    """Return the layout of the files as they are in the work tree, or as `read` gives them.

    Raises BadInputError if git tracks no chartpress.yaml, and, with file and line, if one cannot be read.
    """
    assert repo.work_tree is not None
    entries = repo.read("ls-files", "-t", "-z").decode(errors="surrogateescape").split("\0")[:-1]
    files = frozenset(entry[2:] for entry in entries)
    configs = sorted(file for file in files if file == CONFIG or file.endswith(f"/{CONFIG}"))
    if not configs:
        raise BadInputError(
            f"no {CONFIG} among the files that git tracks in {repo.work_tree}: --repo names a clone of the "
            "repository with the hub's chart"
        )
    reader = with_all_files(read or work_tree_reader(repo), {entry[2:] for entry in entries if entry.startswith("S ")})
    return Layout(tuple(chart for config in configs for chart in read_config(config, reader)))


def with_all_files(read: Reader, left_out: Collection[str]) -> Reader:
    """Return a reader that raises BadInputError for files that a sparse checkout leaves out."""

    def read_or_raise(path: str) -> str | None:
        content = read(path)
        if content is None and path in left_out:
            raise BadInputError(
                f"{path} is not in this sparse checkout. Run "
                f"git sparse-checkout add {shlex.quote(posixpath.dirname(path) or '.')}, or git sparse-checkout disable"
            )
        return content

    return read_or_raise


def work_tree_reader(repo: Repo) -> Reader:
    """Return a reader of the files as they are now."""
    work_tree = repo.work_tree
    assert work_tree is not None
    return lambda path: read_text(work_tree, path) if (work_tree / path).is_file() else None


def read_config(config: str, read: Reader) -> tuple[Chart, ...]:
    """Return the charts of one chartpress.yaml. Raises BadInputError with file and line."""
    tree = parse(config, read(config) or "")
    charts = tree.find(("charts",))
    if charts is None or not isinstance(charts, yaml_text.SequenceNode):
        raise BadInputError(f"{config} has no list of `charts`. chartpress needs one")
    return tuple(
        read_chart(config, index, entry, read, tree) for index, entry in enumerate(items(charts, config, "charts"))
    )


def read_chart(config: str, index: int, entry: Node, read: Reader, tree: Tree) -> Chart:
    """One chart. Raises BadInputError with file and line."""
    options = pairs(entry, config, "a chart")
    name = text(options, "name")
    if not name:
        raise BadInputError(f"{config}:{entry.line}: a chart without `name`")
    directory = below(config, text(options, "chartPath") or name)
    values_file = posixpath.join(directory, "values.yaml")
    prefix = text(options, "imagePrefix")
    images = []
    if "images" in options:
        for image, given in pairs(options["images"], config, "images").items():
            path: Path = ("charts", index, "images", image)
            settings = pairs(given, config, f"the image {image}")
            images.append(read_image(image, name, prefix, config, path, given.line, settings, values_file, read))
    chart_file = posixpath.join(directory, "Chart.yaml")
    dependencies, lock_file = read_dependencies(directory, chart_file, read)
    return Chart(name, config, index, directory, chart_file, values_file, tuple(images), dependencies, lock_file)


def read_image(
    name: str,
    chart: str,
    prefix: str,
    config: str,
    entry: Path,
    line: int,
    options: Mapping[str, Node],
    values_file: str,
    read: Reader,
) -> Image:
    """Return one image, with chartpress's defaults."""
    context = text(options, "contextPath") or f"images/{name}"
    dockerfile = below(config, text(options, "dockerfilePath") or f"{context}/Dockerfile")
    paths = [config]
    if text(options, "rebuildOnContextPathChanges").lower() != "false":
        paths.append(below(config, context))
    paths.append(dockerfile)
    if "paths" in options:
        paths += [below(config, text_of(path)) for path in items(options["paths"], config, f"paths of {name}")]
    values_path = options.get("valuesPath")
    if isinstance(values_path, yaml_text.SequenceNode):
        values_paths = tuple(text_of(path) for path in items(values_path, config, f"valuesPath of {name}"))
    else:
        values_paths = tuple(filter(None, [text(options, "valuesPath")]))
    arguments = pairs(options["buildArgs"], config, f"buildArgs of {name}") if "buildArgs" in options else {}
    build_args = {key: text_of(value) for key, value in arguments.items()}
    dockerfile_text = read(dockerfile)
    return Image(
        name=name,
        chart=chart,
        repository=text(options, "imageName") or prefix + name,
        config=config,
        entry=entry,
        line=line,
        context=below(config, context),
        dockerfile=dockerfile,
        paths=tuple(dict.fromkeys(paths)),
        values_paths=values_paths,
        values_file=values_file,
        build_args=build_args,
        has_build_options="extraBuildCommandOptions" in options,
        bases=None if dockerfile_text is None else bases(dockerfile_text, build_args),
    )


def below(config: str, path: str) -> str:
    """Return a path of chartpress.yaml, which is relative to its folder, from the top of the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(config), path))


def shared_values_paths(images: Sequence[Image]) -> dict[tuple[str, str], list[Image]]:
    """Return every (values file, values path) of more than one image: chartpress writes the last image there."""
    users: dict[tuple[str, str], list[Image]] = {}
    for image in images:
        for path in image.values_paths:
            users.setdefault((image.values_file, path), []).append(image)
    return {place: sharing for place, sharing in users.items() if len(sharing) > 1}
