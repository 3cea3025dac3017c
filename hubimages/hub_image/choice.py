"""Find the chart and the images that a request means."""

import posixpath
from collections.abc import Sequence

from hubimages.errors import BadInputError, RefusedError
from hubimages.hub_image.dependencies import CHART, Dependency
from hubimages.hub_image.layout import Chart, Image, Layout, shared_values_paths


def chart_of_hub(layout: Layout, asked: Sequence[str]) -> Chart:
    """Return the chart that depends on jupyterhub; of several, the one with the images that are asked for.

    Raises BadInputError where that is not exactly one.
    """
    depending = [chart for chart in layout.charts if chart.dependencies]
    if not depending:
        places = ", ".join(chart.chart_file for chart in layout.charts)
        raise BadInputError(
            f"no chart depends on {CHART} ({places}, and the requirements.yaml beside them). Add the dependency first"
        )
    if asked:
        chart = chart_of_images(layout, asked)
        if chart not in depending:
            raise BadInputError(
                f"{chart.chart_file} does not depend on {CHART}: name an image of {listed(depending)} "
                f"({', '.join(spell(image) for one in depending for image in one.images)})"
            )
        return chart
    if len(depending) > 1:
        raise BadInputError(
            f"{listed(depending)} depend on {CHART}. Choose one by its image, "
            f"--image={spell(depending[0].images[0]) if depending[0].images else 'CHART/NAME'} for example"
        )
    return depending[0]


def only_dependency(chart: Chart) -> Dependency:
    """Return the chart's jupyterhub dependency. Raises BadInputError if there are several."""
    if len(chart.dependencies) > 1:
        places = ", ".join(str(dependency.version) for dependency in chart.dependencies)
        raise BadInputError(
            f"chart {chart.name} depends on {CHART} {len(chart.dependencies)} times: {places}. Keep one"
        )
    return chart.dependencies[0]


def chart_of_images(layout: Layout, asked: Sequence[str]) -> Chart:
    """Return the chart that has all these images. Raises BadInputError if no chart has."""
    charts = {(image.config, image.chart) for name in asked for image in [find_image(layout, name)]}
    if len(charts) > 1:
        raise BadInputError(f"{', '.join(asked)} belong to several charts. Name the images of one chart")
    return next(chart for chart in layout.charts if (chart.config, chart.name) in charts)


def find_image(layout: Layout, name: str) -> Image:
    """Return the image called `name`, `chart/name` or `folder/chart/name`, with the folder of its chartpress.yaml.

    Raises BadInputError where that is not exactly one.
    """
    found = [image for image in layout.images if name in (image.name, spell(image), spell_whole(image))]
    if not found:
        known = ", ".join(image.name for image in layout.images) or "no image"
        raise BadInputError(f"chartpress.yaml has no image {name!r}. It has {known}")
    if len(found) > 1:
        names = list(map(spell, found))
        if len(set(names)) < len(names):
            names = list(map(spell_whole, found))
        raise BadInputError(f"several charts have an image {name!r}. Use --image={' or --image='.join(names)}")
    return found[0]


def asked_images(layout: Layout, chart: Chart, asked: Sequence[str]) -> tuple[Image, ...]:
    """Return the images of the chart that are asked for, or else its hub images with a values path.

    Raises RefusedError where images share a place in values.yaml and none is named, BadInputError where there is none.
    """
    if asked:
        images = tuple({spell(image): image for name in asked for image in [find_image(layout, name)]}.values())
    else:
        images = tuple(image for image in chart.images if image.is_hub and image.values_paths)
    for (file, path), sharing in shared_values_paths(images if asked else chart.images).items():
        if any(image in images for image in sharing):
            names = " and ".join(image.name for image in sharing)
            raise RefusedError(
                f"{names} have one place in {file}, {path} (valuesPath in {sharing[0].config}:{sharing[0].line}): "
                f"say which one is meant, --image={sharing[0].name} for example"
            )
    if not images:
        for image in chart.images:
            if image.values_paths:
                check_dockerfile(image)
        names = ", ".join(image.name for image in chart.images)
        raise BadInputError(
            f"none of the images of {chart.name} ({names or 'none'}) builds upon jupyterhub/k8s-hub and has a "
            "valuesPath: name one with --image"
        )
    for image in images:
        check_dockerfile(image)
    return images


def check_dockerfile(image: Image) -> None:
    """Raise BadInputError if the image has no Dockerfile."""
    if image.bases is None:
        raise BadInputError(
            f"{image.config}:{image.line} builds {image.name} from {image.dockerfile}, which does not exist"
        )


def spell(image: Image) -> str:
    """Return CHART/IMAGE."""
    return f"{image.chart}/{image.name}"


def spell_whole(image: Image) -> str:
    """Return FOLDER/CHART/IMAGE, for repositories where two chartpress.yaml have charts of one name."""
    return f"{posixpath.dirname(image.config) or '.'}/{spell(image)}"


def listed(charts: Sequence[Chart]) -> str:
    return " and ".join(chart.name for chart in charts)


def command_name(layout: Layout, image: Image) -> str:
    """Return the shortest name of the image that --image takes for it alone."""
    for name in (image.name, spell(image)):
        if sum(name in (one.name, spell(one)) for one in layout.images) == 1:
            return name
    return spell_whole(image)
