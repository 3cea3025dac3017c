"""Are the image that a Dockerfile builds upon, and those that values name by hand, of the chart's version?"""

from collections.abc import Sequence

from hubimages import yaml_text
from hubimages.errors import BadInputError
from hubimages.hub_image.check.agreement import Agreement, compare
from hubimages.hub_image.check.companions import companions
from hubimages.hub_image.check.state import Check, read
from hubimages.hub_image.dependencies import Dependency
from hubimages.hub_image.dockerfile import hub_bases
from hubimages.hub_image.layout import Chart, Image, Layout


def check_versions(check: Check, image: Image) -> None:
    """Is the image that the Dockerfile builds upon the one of the chart's version?"""
    try:
        bases = hub_bases(image.dockerfile, image.bases or ())
    except BadInputError as error:
        check.cannot_tell(str(error))
        return
    dependencies = list(dependencies_for(check.layout, image))
    if not dependencies:
        check.cannot_tell(f"{image.dockerfile}: no chart in {image.config} depends on jupyterhub, to compare it with")
    for base in bases:
        for dependency in dependencies:
            place = dependency.version
            tag = base.reference().tag
            answer, why = compare(place.scalar.value, tag)
            told = f"{base.text} and the chart's version {place.scalar.value} ({place})"
            if answer is Agreement.CANNOT_TELL:
                check.cannot_tell(f"{image.dockerfile}:{base.line}: {told}: {why}")
            elif answer is Agreement.DIFFER:
                check.add(
                    "versions-differ",
                    image.dockerfile,
                    base.line,
                    f"{told} do not belong together: {why}",
                    f"hubimages bump-hub-image --chart-version {place.scalar.value} (or the version that is wanted)",
                )


def dependencies_for(layout: Layout, image: Image) -> Sequence[Dependency]:
    """The jupyterhub dependencies that the image belongs to: those of its own chart, else those of the others."""
    own = [chart for chart in layout.charts if (chart.name, chart.config) == (image.chart, image.config)]
    found = [dependency for chart in own for dependency in chart.dependencies]
    return found or [dependency for chart in layout.charts for dependency in chart.dependencies]


def check_companions(check: Check, chart: Chart) -> None:
    """Are the other images of Zero to JupyterHub in the chart's values of the chart's version?"""
    text = read(check.repo, chart.values_file)
    if len(chart.dependencies) != 1 or text is None:
        return
    version = chart.dependencies[0].version
    try:
        found = sorted(companions(text), key=lambda one: one.line)
    except yaml_text.UnreadableYamlError as error:
        check.cannot_tell(f"{chart.values_file}: {error}")
        return
    for companion in found:
        answer, why = compare(version.scalar.value, companion.tag)
        told = f"{companion.name}:{companion.tag} and the chart's version {version.scalar.value} ({version})"
        if answer is Agreement.CANNOT_TELL:
            check.cannot_tell(f"{chart.values_file}:{companion.line}: {told}: {why}")
        elif answer is Agreement.DIFFER:
            check.add(
                "companion-version",
                chart.values_file,
                companion.line,
                f"{told} do not belong together: {why}",
                f"write {companion.name}:{version.scalar.value}, or take the line out to have the chart's own",
            )
