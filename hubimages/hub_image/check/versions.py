"""Compare the chart's version with the base of the hub image, the lock file, and the chart's other images."""

from collections.abc import Sequence

from hubimages.errors import BadInputError
from hubimages.findings import WARNING
from hubimages.hub_image import lock
from hubimages.hub_image.check.agreement import Agreement, compare
from hubimages.hub_image.check.companions import companions
from hubimages.hub_image.check.freshness import State, freshness
from hubimages.hub_image.check.state import Check, read
from hubimages.hub_image.dependencies import Dependency
from hubimages.hub_image.dockerfile import Base, without_a_value
from hubimages.hub_image.layout import Chart, Image, Layout
from hubimages.hub_image.published import HUB
from hubimages.hub_image.reading import work_tree_reader


def check_versions(check: Check, image: Image) -> None:
    """Compare every hub image that the Dockerfile takes with the chart's version."""
    dependencies = list(dependencies_for(check.layout, image))
    if not dependencies:
        check.cannot_tell(f"{image.dockerfile}: no chart in {image.config} depends on jupyterhub, to compare it with")
    if image.bases is None:
        check.cannot_tell(
            f"{image.config}:{image.line}: {image.dockerfile}, which {image.name} is built from, is missing"
        )
    elif not (image.takes_hub or image.may_be_hub or image.own_bases):
        built_from = ", ".join(base.text for base in image.bases if not base.copied) or "no image"
        check.cannot_tell(
            f"{image.dockerfile}: it builds from {built_from}, which is not known as a hub image of Zero to JupyterHub "
            f"({', '.join(HUB)}, in any registry)"
        )
    for base in image.bases or ():
        if base.without_value:
            text = read(check.repo, image.dockerfile) or ""
            check.cannot_tell(without_a_value(image.dockerfile, base, text))
        elif base.is_hub:
            for dependency in dependencies:
                check_base(check, image, base, dependency)
        elif base.repository in image.own_bases:
            check_own_base(check, image, base)


def check_base(check: Check, image: Image, base: Base, dependency: Dependency) -> None:
    """Compare one hub image with one chart. What can be read is compared, whether or not a bump could edit it."""
    place = dependency.version
    where = f"{image.dockerfile}:{base.line}"
    try:
        tag = base.reference().tag
    except BadInputError as error:
        check.cannot_tell(f"{where}: FROM {error}")
        return
    told = f"{base.text} and the chart's version {place.scalar.value} ({place})"
    if not tag:
        check.cannot_tell(f"{where}: {told}: the image has no tag. Write {base.text}:{place.scalar.value}")
        return
    answer, why = compare(place.scalar.value, tag)
    if answer is Agreement.CANNOT_TELL:
        check.cannot_tell(f"{where}: {told}: {why}")
        return
    check.compared += 1
    if answer is Agreement.DIFFER:
        check.add(
            "versions-differ",
            image.dockerfile,
            base.line,
            f"{told} do not match: {why}",
            f"run hubimages bump-hub-image --chart-version {place.scalar.value}{option(check, image)} "
            "(or the version that you want)",
        )
    else:
        pair = f"{base.text} ({where}) and chart {place.scalar.value} ({place})"
        if pair not in check.agreeing:
            check.agreeing.append(pair)


def option(check: Check, image: Image) -> str:
    """Return the --image option that the command needs, with a space before it; empty if it needs none."""
    depending = [chart for chart in check.layout.charts if chart.dependencies]
    of_chart = [one for chart in depending for one in chart.images if one.is_hub and one.values_paths]
    if len(depending) > 1 or image.above_hub or not image.values_paths:
        return f" --image={check.name_of(image)}"
    shared = [one for one in of_chart if one != image and {*one.values_paths} & {*image.values_paths}]
    return f" --image={check.name_of(image)}" if shared else ""


def check_own_base(check: Check, image: Image, base: Base) -> None:
    """Find an image that builds from an outdated tag of another image of this repository."""
    below = next(one for one in check.layout.images if one.repository == base.repository)
    tag = base.reference().tag
    if not tag:
        check.cannot_tell(f"{image.dockerfile}:{base.line}: {base.text} has no tag")
        return
    found = freshness(check.repo, below, tag, image.dockerfile)
    if found.state is State.STALE:
        check.add(
            "base-stale",
            image.dockerfile,
            base.line,
            f"{base.text} is not built from the sources of {below.name} as they are: {found.reason}",
            f"run hubimages rebuild-hub-image --image={check.name_of(below)}, which also rebuilds {image.name}",
        )
    elif found.state is State.CANNOT_TELL:
        where = f"{image.dockerfile}:{base.line}"
        check.cannot_tell(f"{where}: whether {base.text} is built from its sources: {found.reason}")


def dependencies_for(layout: Layout, image: Image) -> Sequence[Dependency]:
    """Return the jupyterhub dependencies of the image's own chart, or else those of the other charts."""
    own = [chart for chart in layout.charts if (chart.name, chart.config) == (image.chart, image.config)]
    found = [dependency for chart in own for dependency in chart.dependencies]
    return found or [dependency for chart in layout.charts for dependency in chart.dependencies]


def check_lock(check: Check, chart: Chart) -> None:
    """Find a lock file of another version, and a chart in `charts/`, which is what Helm deploys."""
    if len(chart.dependencies) != 1:
        return
    dependency = chart.dependencies[0]
    version = dependency.version
    place = lock.locked(chart, work_tree_reader(check.repo))
    if place is not None and lock.contradicts(place, dependency):
        check.add(
            "lock-differs",
            place.file,
            place.scalar.line,
            f"the lock file has jupyterhub {place.scalar.value}, the chart {version.scalar.value} ({version})",
            f"run helm dependency update {chart.directory}",
        )
    for path, there in lock.vendored(check.repo, chart):
        if there.lstrip("v") != version.scalar.value.lstrip("v"):
            check.add(
                "vendored-chart",
                version.file,
                version.scalar.line,
                f"Helm deploys {path}, version {there or 'unknown'}, and not {version.scalar.value}",
                f"run helm dependency update {chart.directory}, or remove {path}",
            )


def check_companions(check: Check, chart: Chart) -> None:
    """Compare the other images of Zero to JupyterHub in the chart's values with the chart's version."""
    text = read(check.repo, chart.values_file)
    if len(chart.dependencies) != 1 or text is None:
        return
    dependency = chart.dependencies[0]
    version = dependency.version
    try:
        found = companions(text, [(dependency.section,)])
    except BadInputError as error:
        check.cannot_tell(f"{chart.values_file}: {error}")
        return
    for companion in found:
        answer, why = compare(version.scalar.value, companion.tag)
        told = f"{companion.name}:{companion.tag} and the chart's version {version.scalar.value} ({version})"
        if answer is Agreement.CANNOT_TELL:
            check.cannot_tell(f"{chart.values_file}:{companion.line}: {told}: {why}")
        elif answer is Agreement.DIFFER and companion.own:
            check.add(
                "companion-version",
                chart.values_file,
                companion.line,
                f"{told} do not match: {why}",
                f"write the tag {version.scalar.value}, or remove the lines to have the chart's own image",
            )
        elif answer is Agreement.DIFFER:
            check.add(
                "other-companion",
                chart.values_file,
                companion.line,
                f"{companion.name}:{companion.tag} is not of the chart's version {version.scalar.value} ({version})",
                "check that what uses it works with this version; the chart itself does not use it",
                WARNING,
            )
