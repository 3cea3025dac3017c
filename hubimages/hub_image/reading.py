"""Read chartpress.yaml as chartpress does, wherever it lies, and the charts and Dockerfiles that it names.

The defaults are chartpress's own (https://github.com/jupyterhub/chartpress, `chartpress.py`).
"""

import posixpath
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.hub_image.dependencies import Reader, parse, read_dependencies
from hubimages.hub_image.dockerfile import bases
from hubimages.hub_image.entries import items, pairs, text, text_of
from hubimages.hub_image.layout import RESET_TAG, Chart, Image, Layout
from hubimages.references import files_from
from hubimages.repository.file_edit import read_text
from hubimages.repository.git import Repo
from hubimages.yaml_text import Node, Path, Tree

CONFIG = "chartpress.yaml"
BUILD_ARG = re.compile(r"(?P<option>--build-arg[= ])?(?P<name>\w+)=(?P<value>.*)", re.DOTALL)


def read_layout(repo: Repo, read: Reader | None = None, config: str = "") -> Layout:
    """Return the layout of the files as they are in the work tree, or as `read` gives them.

    Raises BadInputError if git tracks no chartpress.yaml, and, with file and line, if one cannot be read.
    """
    assert repo.work_tree is not None
    entries = repo.read("ls-files", "-t", "-z").decode(errors="surrogateescape").split("\0")[:-1]
    files = frozenset(entry[2:] for entry in entries)
    if config:
        (config,) = files_from(repo.directory, [config], "--config")
    configs = chartpress_files(files, config)
    if not configs:
        raise BadInputError(
            f"no {config or CONFIG} among the files that git tracks in {repo.work_tree}. Name a clone of the "
            "repository with the hub's chart with --repo, or a chartpress configuration of another name with --config"
        )
    reader = with_all_files(read or work_tree_reader(repo), {entry[2:] for entry in entries if entry.startswith("S ")})
    return layout_of(configs, reader)


def chartpress_files(files: Collection[str], config: str = "") -> list[str]:
    """Return the chartpress configurations among the files of a repository: all chartpress.yaml, or the one named."""
    if config:
        return [file for file in (posixpath.normpath(config),) if file in files]
    return sorted(file for file in files if file == CONFIG or file.endswith(f"/{CONFIG}"))


def layout_of(configs: Sequence[str], read: Reader) -> Layout:
    """Return the layout of these configurations. Raises BadInputError with file and line."""
    charts = [chart for config in configs for chart in read_config(config, read)]
    images = iter(connected([image for chart in charts for image in chart.images]))
    return Layout(tuple(replace(chart, images=tuple(next(images) for _ in chart.images)) for chart in charts))


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
    """Return one chart. Raises BadInputError with file and line."""
    options = pairs(entry, config, "a chart")
    name = text(options, "name")
    if not name:
        raise BadInputError(f"{config}:{entry.line}: a chart without `name`")
    directory = below(config, text(options, "chartPath") or name)
    values_file = posixpath.join(directory, "values.yaml")
    prefix = text(options, "imagePrefix")
    reset = text(options, "resetTag") or RESET_TAG
    images = []
    if "images" in options:
        for image, given in pairs(options["images"], config, "images").items():
            path: Path = ("charts", index, "images", image)
            settings = pairs(given, config, f"the image {image}")
            made = read_image(image, name, prefix, config, path, given.line, settings, values_file, read)
            images.append(replace(made, placeholder=reset))
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
    build_args, places = read_arguments(name, config, entry, options)
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
        argument_places=places,
        has_build_options="extraBuildCommandOptions" in options,
        bases=None if dockerfile_text is None else bases(dockerfile_text, build_args),
    )


def read_arguments(
    name: str, config: str, entry: Path, options: Mapping[str, Node]
) -> tuple[dict[str, str], dict[str, tuple[Path, int]]]:
    """Return the build arguments of an image, and their places: of `buildArgs`, and of `extraBuildCommandOptions`."""
    arguments: dict[str, str] = {}
    places: dict[str, tuple[Path, int]] = {}
    given_args = pairs(options["buildArgs"], config, f"buildArgs of {name}") if "buildArgs" in options else {}
    for key, value in given_args.items():
        arguments[key], places[key] = text_of(value), ((*entry, "buildArgs", key), 0)
    what = f"extraBuildCommandOptions of {name}"
    extra = (
        [text_of(item) for item in items(options["extraBuildCommandOptions"], config, what)]
        if ("extraBuildCommandOptions" in options)
        else []
    )
    for number, option in enumerate(extra):
        given = BUILD_ARG.fullmatch(option)
        if given and (given["option"] or (number and extra[number - 1] == "--build-arg")):
            arguments[given["name"]] = given["value"]
            places[given["name"]] = ((*entry, "extraBuildCommandOptions", number), given.start("value"))
    return arguments, places


def below(config: str, path: str) -> str:
    """Return a path of chartpress.yaml, which is relative to its folder, from the top of the repository."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(config), path))


def connected(images: Sequence[Image]) -> tuple[Image, ...]:
    """Return the images with what they build from in this repository."""
    known = {image.repository: image for image in images}

    def own_bases(image: Image) -> tuple[str, ...]:
        names = [base.repository for base in image.bases or () if not base.copied]
        return tuple(name for name in names if name in known and name != image.repository)

    def reaches_hub(image: Image, seen: frozenset[str]) -> bool:
        return any(
            known[name].takes_hub or reaches_hub(known[name], seen | {name})
            for name in own_bases(image)
            if name not in seen
        )

    return tuple(
        replace(image, own_bases=own_bases(image), above_hub=reaches_hub(image, frozenset())) for image in images
    )
