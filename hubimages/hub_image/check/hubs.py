"""Check every hub: the image that it runs, and the chart that it deploys."""

from collections.abc import Iterator

from hubimages import console
from hubimages.errors import BadInputError
from hubimages.hub_image.check.agreement import Agreement, compare
from hubimages.hub_image.check.freshness import State, commit_of, commit_that_wrote, freshness
from hubimages.hub_image.check.sources import image_at
from hubimages.hub_image.check.state import Check
from hubimages.hub_image.hubs import DeployedChart, HubImages, deployed_charts, hub_images, some, tracked_files
from hubimages.hub_image.layout import Image
from hubimages.hub_image.published import is_hub_image
from hubimages.hub_image.reading import work_tree_reader
from hubimages.references import Inventory, Reference
from hubimages.repository.git import Repo


def check_hubs(check: Check, inventory: Inventory) -> None:
    """Compare what each hub runs with the sources, and with the chart that it deploys."""
    repo, layout = check.repo, check.layout
    charts = deployed_charts(tracked_files(repo), work_tree_reader(repo), layout, inventory.hubs)
    unknown: dict[str, list[HubImages]] = {}
    for used in hub_images(inventory, layout):
        if used.image is not None and not is_values_place(used.image, used.reference):
            reason = check_tag_of_hubs(check, used, used.image)
            if reason:
                unknown.setdefault(f"whether {used.reference.image} is built from its sources: {reason}", []).append(
                    used
                )
        check_charts(check, used, {hub: chart for hub, chart in charts.items() if not is_judged(used, chart)})
    for reason, places in unknown.items():
        hubs = sorted({hub for used in places for hub in used.hubs})
        check.cannot_tell(f"{places[0].place}: {reason}; {console.count(len(hubs), 'hub')} run it: {some(hubs)}")


def is_judged(used: HubImages, chart: DeployedChart) -> bool:
    """Return True for a chart and its own image, which the check of the chart compares."""
    return used.image is not None and not chart.overrides and is_values_place(used.image, used.reference)


def is_values_place(image: Image, reference: Reference) -> bool:
    """Return True for the place in the chart's values.yaml that chartpress writes."""
    dotted = [path.split(".") for path in image.values_paths]
    return reference.file == image.values_file and any(
        [str(part) for part in reference.path][: len(path)] == path for path in dotted
    )


def check_tag_of_hubs(check: Check, used: HubImages, image: Image) -> str:
    """Find hubs that run an image built before its sources changed; return why that is unknown, if it is."""
    reference = used.reference
    if not reference.tag or reference.tag == image.placeholder:
        return ""
    found = freshness(check.repo, image, reference.tag, reference.file)
    if found.state is State.STALE:
        check.add(
            "hub-image-stale",
            reference.file,
            reference.line,
            f"{some(used.hubs)}: {reference.image} is not built from the sources as they are: {found.reason}",
            f"run hubimages rebuild-hub-image --image={check.name_of(image)}, which also writes the new tag here"
            if not image.values_paths
            else "remove these lines to run the image of all hubs, or write its tag here",
        )
    return found.reason if found.state is State.CANNOT_TELL else ""


def check_charts(check: Check, used: HubImages, charts: dict[str, DeployedChart]) -> None:
    """Find hubs whose chart and hub image are of different versions."""
    deployed: dict[DeployedChart, list[str]] = {}
    for hub in used.hubs:
        if hub in charts:
            deployed.setdefault(charts[hub], []).append(hub)
    tags = list(base_tags(check.repo, used))
    for chart, hubs in deployed.items():
        if chart.dependency is None:
            continue
        version = chart.dependency.version
        for tag in tags:
            answer, _ = compare(version.scalar.value, tag)
            if answer is not Agreement.DIFFER:
                continue
            where = chart.overrides
            check.add(
                "hub-out-of-step",
                chart.file if where else used.reference.file,
                version.scalar.line if where else used.reference.line,
                f"{some(hubs)}: the chart {version.scalar.value} ({version}) and {used.reference.image} "
                f"({used.place}), built from k8s-hub {tag}, do not match",
                f"write version: {tag} there, or give these hubs an image built from {version.scalar.value}"
                if where
                else remedy(check, used, version.scalar.value),
            )


def remedy(check: Check, used: HubImages, version: str) -> str:
    """Return what brings the image of these hubs in step with their chart."""
    if used.image is None:
        return f"write the tag {version} there, or take the line out to run the chart's own image"
    if any(base.is_hub and base.repository and base.reference().tag == version for base in used.image.bases or ()):
        return f"run hubimages rebuild-hub-image --image={check.name_of(used.image)}, then deploy these hubs"
    return f"run hubimages bump-hub-image --chart-version {version} --image={check.name_of(used.image)}"


def base_tags(repo: Repo, used: HubImages) -> Iterator[str]:
    """Yield the tags of the published hub image that the image of a hub was built from, as far as known."""
    reference = used.reference
    if used.image is None:
        if is_hub_image(reference.repository) and reference.tag:
            yield reference.tag
        return
    commit = commit_of(repo, reference.tag)[0] or commit_that_wrote(repo, reference.file, reference.tag)
    then = image_at(repo, used.image, commit) if commit else None
    for base in (then.bases or ()) if then else ():
        try:
            if base.is_hub and not base.copied and (tag := base.reference().tag):
                yield tag
        except BadInputError:
            continue
